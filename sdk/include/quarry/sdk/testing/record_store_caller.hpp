// SPDX-License-Identifier: MIT
// Pleasant calls of a record store, for tests: values in, values out, and everything owns its texts.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>
#include <quarry/sdk/helpers/record_spec.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quarry::sdk::testing {

using record_rules::OwnedCollection;
using record_rules::OwnedField;
using record_rules::OwnedIndex;
using record_rules::OwnedValue;

[[nodiscard]] inline OwnedValue null_value() { return {}; }
[[nodiscard]] OwnedValue integer(std::int64_t number);
[[nodiscard]] OwnedValue real(double number);
[[nodiscard]] OwnedValue text(std::string_view text);
[[nodiscard]] OwnedValue boolean(bool yes);

/// A record as a store gave it.
struct KeptRecord {
  KeptRecord() = default;
  explicit KeptRecord(const RecordView& view);

  std::int64_t id = 0;  ///< 0: there is none
  std::int64_t version = 0;
  std::int64_t created_at_ms = 0;
  std::int64_t updated_at_ms = 0;
  std::vector<OwnedValue> values;
};
[[nodiscard]] bool operator==(const KeptRecord& a, const KeptRecord& b);
std::ostream& operator<<(std::ostream& out, const KeptRecord& record);

/// One write of a batch.
struct Write {
  using Values = std::vector<std::pair<std::int32_t, OwnedValue>>;

  WriteKind kind = WriteKind::insert;
  std::string collection;
  std::int64_t id = 0;
  std::int64_t expected_version = -1;
  std::int32_t key = kNoField;
  Values values;
};
[[nodiscard]] Write insertion(std::string collection, Write::Values values);
[[nodiscard]] Write update(std::string collection, std::int64_t id, Write::Values values, std::int64_t expected = -1);
[[nodiscard]] Write upsert(std::string collection, std::int32_t key, Write::Values values, std::int64_t expected = -1);
[[nodiscard]] Write removal(std::string collection, std::int64_t id, std::int64_t expected = -1);

struct Where {
  std::int32_t field = 0;
  Match match = Match::equal;
  std::vector<OwnedValue> values;
};
struct Query {
  std::string collection;
  std::vector<Where> where;
  std::vector<SortField> order;
  std::vector<OwnedValue> after;
  std::int32_t limit = 1000;
};

/// Each call fails the running GoogleTest when the Status is not ok, but the try_ ones, which answer it. Store and
/// clock must outlive it.
class RecordCaller {
 public:
  RecordCaller(RecordStore& store, ManualClock& clock) : store_(&store), clock_(&clock) {}

  [[nodiscard]] BasicContext context() const { return {*clock_, 30'000, "contract"}; }

  void declare(const std::vector<OwnedCollection>& collections);
  [[nodiscard]] Failure try_declare(const std::vector<OwnedCollection>& collections);
  [[nodiscard]] std::int64_t schema_version();
  void change_schema(std::int64_t version, const std::vector<SchemaStep>& steps);
  [[nodiscard]] Failure try_change_schema(std::int64_t version, const std::vector<SchemaStep>& steps);
  [[nodiscard]] std::vector<OwnedCollection> collections();

  std::vector<WriteOutcome> write(const std::vector<Write>& writes);
  WriteOutcome write(const Write& write);
  [[nodiscard]] Failure try_write(const std::vector<Write>& writes);
  /// The id of a record made by a write that must be applied.
  std::int64_t made(const Write& write);

  /// The record, or one with id 0.
  [[nodiscard]] KeptRecord get(std::string_view collection, std::int64_t id);
  [[nodiscard]] std::vector<KeptRecord> find(const Query& query);
  [[nodiscard]] Failure try_find(const Query& query);
  [[nodiscard]] std::vector<std::int64_t> find_ids(const Query& query);
  [[nodiscard]] std::int64_t count(std::string_view collection, const std::vector<Where>& where = {});
  [[nodiscard]] Failure try_count(std::string_view collection, const std::vector<Where>& where);

 private:
  RecordStore* store_;
  ManualClock* clock_;
};

}  // namespace quarry::sdk::testing
