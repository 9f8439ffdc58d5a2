// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/record_store_caller.hpp>

#include <gtest/gtest.h>

#include <ostream>

namespace quarry::sdk::testing {
namespace {

void expect_ok(const Failure& answer) {
  EXPECT_TRUE(answer.status.ok()) << "code " << static_cast<int>(answer.status.code) << ": " << answer.text;
}

/// A request whose views point into a Query.
class QueryView {
 public:
  explicit QueryView(const Query& query) : where(conditions_of(query.where)) {
    for (const OwnedValue& value : query.after) { after_.push_back(value.view()); }
    request.limit = query.limit;
    request.collection = query.collection;
    request.where = where.conditions;
    request.order = query.order;
    request.after = after_;
  }

  struct Conditions {
    std::deque<std::vector<Value>> values;
    std::vector<Condition> conditions;
  };
  static Conditions conditions_of(const std::vector<Where>& where) {
    Conditions all;
    for (const Where& one : where) {
      std::vector<Value>& values = all.values.emplace_back();
      for (const OwnedValue& value : one.values) { values.push_back(value.view()); }
      all.conditions.push_back({one.field, one.match, values});
    }
    return all;
  }

  Conditions where;
  FindRecords request;

 private:
  std::vector<Value> after_;
};

class Records final : public RecordSink {
 public:
  bool add(const RecordView& record) noexcept override {
    all.emplace_back(record);
    return true;
  }
  std::vector<KeptRecord> all;
};
class WriteOutcomes final : public WriteSink {
 public:
  void add(const WriteOutcome& outcome) noexcept override { all.push_back(outcome); }
  std::vector<WriteOutcome> all;
};
class Specs final : public CollectionSink {
 public:
  bool add(const CollectionSpec& collection) noexcept override {
    all.emplace_back(collection);
    return true;
  }
  std::vector<OwnedCollection> all;
};

Failure send(RecordStore& store, BasicContext& ctx, const std::vector<Write>& writes, WriteSink& outcomes) {
  std::deque<std::vector<Assignment>> values;
  std::vector<RecordWrite> views;
  for (const Write& write : writes) {
    std::vector<Assignment>& mine = values.emplace_back();
    for (const auto& [field, value] : write.values) { mine.push_back({field, 0, value.view()}); }
    RecordWrite& view = views.emplace_back();
    view.kind = write.kind;
    view.collection = write.collection;
    view.id = write.id;
    view.expected_version = write.expected_version;
    view.key = write.key;
    view.values = mine;
  }
  const Status status = store.write(ctx, views, outcomes);
  return ctx.failure(status, "");
}

}  // namespace

OwnedValue integer(std::int64_t number) {
  OwnedValue value;
  value.kind = Value::Kind::integer;
  value.integer = number;
  return value;
}
OwnedValue real(double number) {
  OwnedValue value;
  value.kind = Value::Kind::real;
  value.real = number;
  return value;
}
OwnedValue text(std::string_view text) {
  OwnedValue value;
  value.kind = Value::Kind::text;
  value.text = text;
  return value;
}
OwnedValue boolean(bool yes) {
  OwnedValue value;
  value.kind = Value::Kind::boolean;
  value.integer = yes ? 1 : 0;
  return value;
}

KeptRecord::KeptRecord(const RecordView& view)
    : id(view.id),
      version(view.version),
      created_at_ms(view.created_at_ms),
      updated_at_ms(view.updated_at_ms),
      values(view.values.begin(), view.values.end()) {}

bool operator==(const KeptRecord& a, const KeptRecord& b) {
  return a.id == b.id && a.version == b.version && a.created_at_ms == b.created_at_ms &&
         a.updated_at_ms == b.updated_at_ms && a.values == b.values;
}
std::ostream& operator<<(std::ostream& out, const KeptRecord& record) {
  out << "record " << record.id << " version " << record.version << " made " << record.created_at_ms << " updated "
      << record.updated_at_ms << " {";
  for (const OwnedValue& value : record.values) { out << ' ' << value.shown(); }
  return out << " }";
}

Write insertion(std::string collection, Write::Values values) {
  return {WriteKind::insert, std::move(collection), 0, -1, kNoField, std::move(values)};
}
Write update(std::string collection, std::int64_t id, Write::Values values, std::int64_t expected) {
  return {WriteKind::update, std::move(collection), id, expected, kNoField, std::move(values)};
}
Write upsert(std::string collection, std::int32_t key, Write::Values values, std::int64_t expected) {
  return {WriteKind::upsert, std::move(collection), 0, expected, key, std::move(values)};
}
Write removal(std::string collection, std::int64_t id, std::int64_t expected) {
  return {WriteKind::remove, std::move(collection), id, expected, kNoField, {}};
}

Failure RecordCaller::try_declare(const std::vector<OwnedCollection>& collections) {
  std::deque<record_rules::SpecView> views;
  std::vector<CollectionSpec> specs;
  for (const OwnedCollection& collection : collections) { specs.push_back(views.emplace_back(collection).spec()); }
  BasicContext ctx = context();
  const Status status = store_->declare(ctx, specs);
  return ctx.failure(status, "");
}
void RecordCaller::declare(const std::vector<OwnedCollection>& collections) { expect_ok(try_declare(collections)); }

std::int64_t RecordCaller::schema_version() {
  BasicContext ctx = context();
  std::int64_t version = -1;
  const Status status = store_->schema_version(ctx, version);
  expect_ok(ctx.failure(status, ""));
  return version;
}
Failure RecordCaller::try_change_schema(std::int64_t version, const std::vector<SchemaStep>& steps) {
  BasicContext ctx = context();
  const Status status = store_->change_schema(ctx, version, steps);
  return ctx.failure(status, "");
}
void RecordCaller::change_schema(std::int64_t version, const std::vector<SchemaStep>& steps) {
  expect_ok(try_change_schema(version, steps));
}
std::vector<OwnedCollection> RecordCaller::collections() {
  BasicContext ctx = context();
  Specs specs;
  const Status status = store_->collections(ctx, specs);
  expect_ok(ctx.failure(status, ""));
  return specs.all;
}

std::vector<WriteOutcome> RecordCaller::write(const std::vector<Write>& writes) {
  BasicContext ctx = context();
  WriteOutcomes outcomes;
  expect_ok(send(*store_, ctx, writes, outcomes));
  EXPECT_EQ(outcomes.all.size(), writes.size());
  outcomes.all.resize(writes.size());
  return outcomes.all;
}
WriteOutcome RecordCaller::write(const Write& write) { return this->write(std::vector{write}).at(0); }
Failure RecordCaller::try_write(const std::vector<Write>& writes) {
  BasicContext ctx = context();
  WriteOutcomes outcomes;
  return send(*store_, ctx, writes, outcomes);
}
std::int64_t RecordCaller::made(const Write& write) {
  const WriteOutcome outcome = this->write(write);
  EXPECT_EQ(outcome.result, WriteResult::applied);
  EXPECT_EQ(outcome.created, 1);
  EXPECT_GT(outcome.id, 0);
  return outcome.id;
}

KeptRecord RecordCaller::get(std::string_view collection, std::int64_t id) {
  BasicContext ctx = context();
  Records records;
  const Status status = store_->get(ctx, collection, id, records);
  EXPECT_TRUE(status.ok() || status.code == Code::not_found) << ctx.text();
  EXPECT_EQ(records.all.size(), status.ok() ? 1U : 0U);
  return records.all.empty() ? KeptRecord() : records.all.front();
}
std::vector<KeptRecord> RecordCaller::find(const Query& query) {
  BasicContext ctx = context();
  Records records;
  const Status status = store_->find(ctx, QueryView(query).request, records);
  expect_ok(ctx.failure(status, ""));
  return records.all;
}
Failure RecordCaller::try_find(const Query& query) {
  BasicContext ctx = context();
  Records records;
  const Status status = store_->find(ctx, QueryView(query).request, records);
  return ctx.failure(status, "");
}
std::vector<std::int64_t> RecordCaller::find_ids(const Query& query) {
  std::vector<std::int64_t> ids;
  for (const KeptRecord& record : find(query)) { ids.push_back(record.id); }
  return ids;
}
std::int64_t RecordCaller::count(std::string_view collection, const std::vector<Where>& where) {
  BasicContext ctx = context();
  std::int64_t count = -1;
  const Status status = store_->count(ctx, collection, QueryView::conditions_of(where).conditions, count);
  expect_ok(ctx.failure(status, ""));
  return count;
}
Failure RecordCaller::try_count(std::string_view collection, const std::vector<Where>& where) {
  BasicContext ctx = context();
  std::int64_t count = -1;
  const Status status = store_->count(ctx, collection, QueryView::conditions_of(where).conditions, count);
  return ctx.failure(status, "");
}

}  // namespace quarry::sdk::testing
