// SPDX-License-Identifier: MIT
// What the cases of storage_admin/1 stand on: a storage under test, and sinks that keep what they are given.
#pragma once

#include <quarry/sdk/abi/storage_admin.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace quarry::sdk::testing {

/// One storage, and the two ways to work on it.
class StorageUnderTest {
 public:
  virtual ~StorageUnderTest() = default;
  /// New instances, not opened.
  virtual std::shared_ptr<QueueStore> store() = 0;
  virtual std::shared_ptr<StorageAdmin> admin() = 0;
  /// The records beside an opened store; lives as long as that does.
  virtual std::shared_ptr<RecordStore> records(QueueStore& store) = 0;
  /// The storage is as it was before anybody used it.
  virtual void forget_everything() = 0;
  FakeHost host;
};

struct StorageMaker {
  std::string name;
  std::function<std::unique_ptr<StorageUnderTest>()> make;
  std::function<std::string()> missing = [] { return std::string(); };
};

/// For GoogleTest, which would print the bytes.
inline void PrintTo(const StorageMaker& maker, std::ostream* out) { *out << maker.name; }

struct OwnedValue {
  Value value;
  std::string text;
  bool operator==(const OwnedValue& other) const {
    return value.kind == other.value.kind && text == other.text && value.integer == other.value.integer &&
           value.real == other.value.real;
  }
  [[nodiscard]] Value view() const {
    Value made = value;
    made.text = text;
    return made;
  }
};
using OwnedValues = std::vector<OwnedValue>;

class RowsKept final : public RowSink {
 public:
  bool add(std::span<const Value> row) noexcept override {
    OwnedValues& kept = rows.emplace_back();
    for (const Value& value : row) {
      kept.push_back({value, std::string(value.text)});
      kept.back().value.text = {};
    }
    return true;
  }
  std::vector<OwnedValues> rows;
};

struct TableKept final : TableSink {
  struct One {
    std::string name;
    std::vector<std::string> columns;
    std::int64_t last_number = 0;
    std::vector<OwnedValues> rows;
  };
  bool add(const StorageTable& table) noexcept override {
    all.push_back({std::string(table.name), {table.columns.begin(), table.columns.end()}, table.last_number, {}});
    told.push_back(table.rows);
    return true;
  }
  std::vector<One> all;
  std::vector<std::int64_t> told;
};

struct NoProgress final : ProgressSink {
  bool step(std::int64_t, std::int64_t) noexcept override { return true; }
};
struct FindingsKept final : FindingSink {
  bool add(const Finding& finding) noexcept override {
    all.push_back(std::string(finding.where) + ": " + std::string(finding.text));
    return true;
  }
  std::vector<std::string> all;
};

}  // namespace quarry::sdk::testing
