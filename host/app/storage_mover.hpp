// SPDX-License-Identifier: MIT
// Everything of one storage into another, through storage_admin/1 alone.
#pragma once

#include "app/managed_storage.hpp"
#include "app/row_block.hpp"
#include "app/storage_progress.hpp"

#include <quarry/sdk/abi/storage_admin.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace quarry::app {

/// A table that was copied and read back.
struct CopiedTable {
  std::string name;
  std::int64_t rows = 0;
  std::string sum;  ///< of all its rows in their order: the same on both sides
};

/// Runs one call of a storage, with the failure's sentence.
using StorageCall = std::function<sdk::Done(const std::function<sdk::Status(sdk::StorageAdmin&, sdk::CallContext&)>&)>;

/// Both storages are open, and nobody else works on them.
class StorageMover {
 public:
  StorageMover(StorageCall from, StorageCall to, StorageProgress& progress)
      : from_(std::move(from)), to_(std::move(to)), progress_(progress) {}

  /// Copies, reads back, compares, and only then lets hosts use the target. `source` names the one to copy from; a copy
  /// that was cut off goes on when it is the same. Failures: those of the storages, and `internal` when what was read
  /// back is not what was written: the sentence names the table and the first range of keys that differs.
  [[nodiscard]] sdk::Result<std::vector<CopiedTable>> run(const std::string& source, std::int64_t record_version);
  /// The target takes a copy of this source: before that, run() has changed nothing.
  [[nodiscard]] bool begun() const noexcept { return begun_; }

 private:
  /// What some rows that follow each other came to.
  struct Part {
    RowKey first;
    RowKey last;
    std::size_t rows = 0;
    std::uint64_t sum = 0;
  };
  struct Table {
    std::string name;
    std::vector<std::string> columns;
    std::int64_t rows = 0;
    std::int64_t last_number = 0;
    std::vector<Part> parts;
    RowSum sum;
  };
  class Tables;
  class Collections;
  class OneKey;

  [[nodiscard]] std::vector<Table> tables_of(const StorageCall& storage);
  [[nodiscard]] RowKey last_key(const std::string& table);
  void read_block(const StorageCall& storage, const std::string& table, const RowKey& after, RowBlock& block);
  void copy(Table& table);
  void write_new(const Table& table, const RowBlock& block, const RowKey& arrived);
  void compare(const Table& table, const Table& there);
  void step(std::size_t rows);

  const StorageCall from_;
  const StorageCall to_;
  StorageProgress& progress_;
  bool begun_ = false;
  std::int64_t done_ = 0;
  std::int64_t total_ = 0;
};

}  // namespace quarry::app
