// SPDX-License-Identifier: MIT
// One write after the other on what a MemoryRecordStore holds.
#pragma once

#include <quarry/sdk/testing/memory_record_store.hpp>

#include <set>
#include <string>
#include <utility>

namespace quarry::sdk::testing {

/// The record, other than `record`, that agrees with it in all of these fields (null agrees with nothing); 0 when there
/// is none.
[[nodiscard]] std::int64_t holder(const MemoryRecords::Table& table, const HeldRecord& record,
                                  const std::vector<std::string>& fields);

/// Carries out the writes of one batch. Whoever makes it keeps a copy of the tables, and puts that back when a write
/// could not be applied.
class RecordWriter {
 public:
  RecordWriter(MemoryRecords& records, std::int64_t now_ms) : records_(records), now_(now_ms) {}

  /// `mine`: the write's collection as this process declared it.
  [[nodiscard]] WriteOutcome write(const record_rules::OwnedCollection& mine, const RecordWrite& write);

 private:
  using Key = std::pair<std::string, std::int64_t>;  ///< collection, id

  [[nodiscard]] WriteOutcome save(const record_rules::OwnedCollection& mine, const RecordWrite& write, HeldRecord* old);
  [[nodiscard]] WriteOutcome remove(const record_rules::OwnedCollection& mine, std::int64_t id);
  [[nodiscard]] HeldRecord* find(const record_rules::OwnedCollection& mine, const RecordWrite& write);
  /// The outcome when another record has the same unique values; else `applied`.
  [[nodiscard]] WriteOutcome judge_unique(const record_rules::OwnedCollection& mine, const HeldRecord& record) const;
  [[nodiscard]] WriteOutcome judge_references(const record_rules::OwnedCollection& mine,
                                              const HeldRecord& record) const;
  [[nodiscard]] std::set<Key> with_cascades(const Key& first) const;
  [[nodiscard]] bool referred(const std::set<Key>& doomed) const;
  void set_null(const std::set<Key>& doomed);

  MemoryRecords& records_;
  std::int64_t now_;
};

}  // namespace quarry::sdk::testing
