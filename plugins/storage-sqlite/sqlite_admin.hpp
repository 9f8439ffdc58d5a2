// SPDX-License-Identifier: MIT
// quarry.storage_admin/1 for one SQLite file.
#pragma once

#include "connection.hpp"
#include "file_guard.hpp"
#include "row_mover.hpp"

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/abi/storage_admin.hpp>
#include <quarry/sdk/helpers/config.hpp>

#include <memory>
#include <string>

namespace quarry::storage_sqlite {

class SqliteAdmin final : public sdk::StorageAdmin {
 public:
  /// Touches no file. Throws sdk::Error(invalid) for an unusable path.
  SqliteAdmin(sdk::HostServices& services, const sdk::Config& config);
  SqliteAdmin(const SqliteAdmin&) = delete;
  SqliteAdmin& operator=(const SqliteAdmin&) = delete;
  virtual ~SqliteAdmin() = default;

  sdk::Status status(sdk::CallContext& ctx, sdk::StorageStatus& out) noexcept override;
  sdk::Status open(sdk::CallContext& ctx) noexcept override;
  sdk::Status backup(sdk::CallContext& ctx, std::string_view path, sdk::ProgressSink& progress) noexcept override;
  sdk::Status restore(sdk::CallContext& ctx, std::string_view path, sdk::ProgressSink& progress) noexcept override;
  sdk::Status check(sdk::CallContext& ctx, sdk::FindingSink& findings, sdk::ProgressSink& progress) noexcept override;
  sdk::Status tables(sdk::CallContext& ctx, sdk::TableSink& tables) noexcept override;
  sdk::Status collections(sdk::CallContext& ctx, sdk::CollectionSink& collections) noexcept override;
  sdk::Status read_rows(sdk::CallContext& ctx, std::string_view table, const sdk::Value& after, std::int32_t limit,
                        sdk::RowSink& rows) noexcept override;
  sdk::Status begin_copy(sdk::CallContext& ctx, std::string_view source, std::int64_t record_version,
                         std::span<const sdk::CollectionSpec> collections) noexcept override;
  sdk::Status write_rows(sdk::CallContext& ctx, std::string_view table, std::span<const std::string_view> columns,
                         std::span<const sdk::Value> rows) noexcept override;
  sdk::Status last_key(sdk::CallContext& ctx, std::string_view table, sdk::RowSink& key) noexcept override;
  sdk::Status finish_copy(sdk::CallContext& ctx, std::span<const sdk::UsedNumbers> used) noexcept override;

 private:
  /// What exists while the file is open, in the order in which it is made.
  struct Opened {
    Opened(const std::string& file, Synchronous synchronous, const sdk::Clock& clock);
    FileGuard guard;
    Connection connection;
    RowMover rows;
  };

  template <class Body>
  sdk::Status guarded(sdk::CallContext& ctx, const Body& body) noexcept;
  /// Runs `body(rows)` on the opened file.
  template <class Body>
  sdk::Status moving(sdk::CallContext& ctx, const Body& body) noexcept;

  const std::string file_;  ///< absolute
  const sdk::Clock& clock_;
  std::unique_ptr<Opened> opened_;
};

}  // namespace quarry::storage_sqlite
