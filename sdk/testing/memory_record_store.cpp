// SPDX-License-Identifier: MIT
#include "memory_record_store_writes.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <algorithm>

namespace quarry::sdk::testing {

using record_rules::OwnedCollection;
using record_rules::OwnedField;
using record_rules::OwnedValue;

namespace {

OwnedValue number(std::int64_t n) {
  OwnedValue value;
  value.kind = Value::Kind::integer;
  value.integer = n;
  return value;
}
OwnedValue value_of(const OwnedCollection& collection, const HeldRecord& record, std::int32_t place) {
  switch (place) {
    case kFieldId:
      return number(record.id);
    case kFieldVersion:
      return number(record.version);
    case kFieldCreatedAt:
      return number(record.created_at_ms);
    case kFieldUpdatedAt:
      return number(record.updated_at_ms);
    default:
      return record.values.at(collection.fields[static_cast<std::size_t>(place)].name);
  }
}

bool matches(const OwnedValue& value, const Condition& condition) {
  if (condition.match == Match::is_null) { return value.is_null(); }
  if (value.is_null()) { return false; }
  if (condition.match == Match::not_null) { return true; }
  if (condition.match == Match::in) {
    return std::any_of(condition.values.begin(), condition.values.end(),
                       [&](const Value& one) { return value == OwnedValue(one); });
  }
  const OwnedValue wanted(condition.values.front());
  if (condition.match == Match::prefix) { return value.text.starts_with(wanted.text); }
  const std::weak_ordering order = record_rules::compare(value, wanted);
  if (condition.match == Match::equal) { return std::is_eq(order); }
  return condition.match == Match::at_least ? std::is_gteq(order) : std::is_lt(order);
}

/// By what a record is sorted: the values of the fields of the order, then its id.
std::vector<OwnedValue> sort_key(const OwnedCollection& collection, const HeldRecord& record,
                                 std::span<const SortField> order) {
  std::vector<OwnedValue> key;
  for (const SortField& field : order) { key.push_back(value_of(collection, record, field.field)); }
  key.push_back(number(record.id));
  return key;
}
bool comes_before(const std::vector<OwnedValue>& a, const std::vector<OwnedValue>& b,
                  std::span<const SortField> order) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool last = i == order.size();
    const bool descending = order.empty() ? false : order[last ? i - 1 : i].descending != 0;
    const std::weak_ordering compared = record_rules::compare(a[i], b[i]);
    if (std::is_neq(compared)) { return descending ? std::is_gt(compared) : std::is_lt(compared); }
  }
  return false;
}

/// A record as a process sees it that knows only some of the fields. It outlives the lock.
struct Shown {
  Shown(const OwnedCollection& collection, const HeldRecord& record) : head(record) {
    for (const OwnedField& field : collection.fields) { texts.push_back(record.values.at(field.name)); }
  }
  bool give(RecordSink& sink) const {
    std::vector<Value> values;
    for (const OwnedValue& value : texts) { values.push_back(value.view()); }
    RecordView view;
    view.id = head.id;
    view.version = head.version;
    view.created_at_ms = head.created_at_ms;
    view.updated_at_ms = head.updated_at_ms;
    view.values = values;
    return sink.add(view);
  }
  HeldRecord head;
  std::vector<OwnedValue> texts;
};

/// Throws when two records agree in the fields of a new unique index.
void check_unique(const OwnedCollection& held, const MemoryRecords::Table& table,
                  const record_rules::CollectionChange& change) {
  for (const record_rules::OwnedIndex& index : change.indexes) {
    for (const auto& [id, record] : table.records) {
      if (!index.unique || holder(table, record, index.fields) == 0) { continue; }
      throw Error(Code::conflict, "collection \"" + held.name + "\", index \"" + index.name +
                                      "\": this host declares it unique, the storage holds records that agree");
    }
  }
}
void make(const record_rules::CollectionChange& change, MemoryRecords::Content& content) {
  MemoryRecords::Table& table = content.tables[change.collection];
  record_rules::apply(change, content.specs);
  for (auto& [id, record] : table.records) {
    for (const OwnedField& field : change.fields) { record.values[field.name] = field.initial; }
  }
  check_unique(content.specs.at(change.collection), table, change);
}
/// The values follow the declarations.
void make(const SchemaStep& step, MemoryRecords::Content& content) {
  if (!record_rules::apply(step, content.specs)) { return; }
  if (step.kind == SchemaStepKind::drop_collection) {
    content.tables.erase(content.tables.find(step.collection));
    return;
  }
  for (auto& [id, record] : content.tables.find(step.collection)->second.records) {
    auto value = record.values.extract(record.values.find(step.field));
    if (step.kind == SchemaStepKind::drop_field) { continue; }
    value.key() = step.to;
    record.values.insert(std::move(value));
  }
}

}  // namespace

const OwnedCollection& MemoryRecordStore::declared(std::string_view name) const {
  if (!has_declared_) { throw Error(Code::invalid, "declare() comes before the first request"); }
  const OwnedCollection& mine = record_rules::find_declared(declared_, name);
  const auto held = records_->content.specs.find(mine.name);
  const bool whole = held != records_->content.specs.end() &&
                     std::all_of(mine.fields.begin(), mine.fields.end(),
                                 [&](const OwnedField& field) { return held->second.field(field.name) != nullptr; });
  if (!whole) {
    throw Error(Code::conflict, "collection \"" + mine.name +
                                    "\": another host has dropped or renamed parts of it; "
                                    "start this one anew");
  }
  return mine;
}

Status MemoryRecordStore::open(CallContext&) noexcept { return {}; }

Status MemoryRecordStore::declare(CallContext& ctx, std::span<const CollectionSpec> collections) noexcept {
  return guard(ctx, [&] {
    check_cancelled(ctx);
    record_rules::check_declaration(collections);
    const std::lock_guard lock(records_->mutex);
    MemoryRecords::Content after = records_->content;
    const record_rules::Collections wanted = record_rules::owned(collections);
    const auto has_records = [&](const OwnedCollection& held) { return !after.tables.at(held.name).records.empty(); };
    for (const auto& change : record_rules::difference(after.specs, wanted, has_records)) { make(change, after); }
    records_->content = std::move(after);
    declared_ = wanted;
    has_declared_ = true;
  });
}
Status MemoryRecordStore::schema_version(CallContext& ctx, std::int64_t& version) noexcept {
  return guard(ctx, [&] {
    check_cancelled(ctx);
    const std::lock_guard lock(records_->mutex);
    version = records_->content.schema_version;
  });
}
Status MemoryRecordStore::change_schema(CallContext& ctx, std::int64_t version,
                                        std::span<const SchemaStep> steps) noexcept {
  return guard(ctx, [&] {
    check_cancelled(ctx);
    record_rules::check_steps(version, steps);
    const std::lock_guard lock(records_->mutex);
    const std::int64_t now = records_->content.schema_version;
    if (now >= version) { return; }
    if (now < version - 1) {
      throw Error(Code::conflict, "the storage is at version " + std::to_string(now) + ", the change to version " +
                                      std::to_string(version) + " leaves some out");
    }
    MemoryRecords::Content after = records_->content;
    for (const SchemaStep& step : steps) { make(step, after); }
    after.schema_version = version;
    records_->content = std::move(after);
  });
}
Status MemoryRecordStore::collections(CallContext& ctx, CollectionSink& collections) noexcept {
  return guard(ctx, [&] {
    check_cancelled(ctx);
    std::unique_lock lock(records_->mutex);
    const record_rules::Collections held = records_->content.specs;
    lock.unlock();
    for (const auto& [name, collection] : held) {
      if (!collections.add(record_rules::SpecView(collection).spec())) { return; }
    }
  });
}

Status MemoryRecordStore::get(CallContext& ctx, std::string_view collection, std::int64_t id,
                              RecordSink& record) noexcept {
  return guard(ctx, [&] {
    check_cancelled(ctx);
    std::unique_lock lock(records_->mutex);
    const OwnedCollection& mine = declared(collection);
    const auto& records = records_->content.tables.at(mine.name).records;
    const auto it = records.find(id);
    if (it == records.end()) {
      throw Error(Code::not_found, "collection \"" + mine.name + "\" has no record " + std::to_string(id));
    }
    const Shown shown(mine, it->second);
    lock.unlock();
    shown.give(record);
  });
}

std::vector<const HeldRecord*> MemoryRecordStore::matching(const OwnedCollection& mine,
                                                           std::span<const Condition> where) const {
  std::vector<const HeldRecord*> found;
  for (const auto& [id, record] : records_->content.tables.at(mine.name).records) {
    const bool all = std::all_of(where.begin(), where.end(), [&](const Condition& condition) {
      return matches(value_of(mine, record, condition.field), condition);
    });
    if (all) { found.push_back(&record); }
  }
  return found;
}
Status MemoryRecordStore::find(CallContext& ctx, const FindRecords& request, RecordSink& records) noexcept {
  return guard(ctx, [&] {
    check_cancelled(ctx);
    std::unique_lock lock(records_->mutex);
    const OwnedCollection& mine = declared(request.collection);
    record_rules::check(mine, request);
    std::vector<const HeldRecord*> found = matching(mine, request.where);
    const auto key = [&](const HeldRecord* record) { return sort_key(mine, *record, request.order); };
    if (!request.after.empty()) {
      const std::vector<OwnedValue> after(request.after.begin(), request.after.end());
      std::erase_if(found, [&](const HeldRecord* one) { return !comes_before(after, key(one), request.order); });
    }
    std::sort(found.begin(), found.end(),
              [&](const HeldRecord* a, const HeldRecord* b) { return comes_before(key(a), key(b), request.order); });
    found.resize(std::min(found.size(), static_cast<std::size_t>(request.limit)));
    std::vector<Shown> page;
    for (const HeldRecord* record : found) { page.emplace_back(mine, *record); }
    lock.unlock();
    for (const Shown& record : page) {
      if (!record.give(records)) { return; }
    }
  });
}
Status MemoryRecordStore::count(CallContext& ctx, std::string_view collection, std::span<const Condition> where,
                                std::int64_t& count) noexcept {
  return guard(ctx, [&] {
    check_cancelled(ctx);
    const std::lock_guard lock(records_->mutex);
    const OwnedCollection& mine = declared(collection);
    record_rules::check_where(mine, where);
    count = static_cast<std::int64_t>(matching(mine, where).size());
  });
}

Status MemoryRecordStore::write(CallContext& ctx, std::span<const RecordWrite> writes, WriteSink& outcomes) noexcept {
  return guard(ctx, [&] {
    check_cancelled(ctx);
    std::vector<WriteOutcome> done(writes.size());
    {
      const std::lock_guard lock(records_->mutex);
      if (!writes.empty()) { static_cast<void>(declared(writes.front().collection)); }
      record_rules::check(declared_, writes);
      auto before = records_->content.tables;
      RecordWriter writer(*records_, clock_.wall_ms());
      for (std::size_t i = 0; i < writes.size(); ++i) {
        done[i] = writer.write(declared(writes[i].collection), writes[i]);
        if (done[i].result == WriteResult::applied) { continue; }
        records_->content.tables = std::move(before);
        std::fill_n(done.begin(), i, WriteOutcome());
        break;
      }
    }
    for (const WriteOutcome& outcome : done) { outcomes.add(outcome); }
  });
}

void link(MemoryQueueStore& queue, MemoryRecordStore& records) {
  const std::shared_ptr<MemoryRecords> held = records.records();
  held->referred_by_queue = [&queue](std::int64_t id) { return queue.refers_to_movie(id); };
  queue.set_movies({[held] { return std::unique_lock(held->mutex); },
                    [held](std::int64_t id) {
                      for (const auto& [name, spec] : held->content.specs) {
                        if ((spec.flags & kQueueRefersTo) != 0) {
                          return held->content.tables.at(name).records.contains(id);
                        }
                      }
                      return true;  // films are kept elsewhere
                    }});
}

}  // namespace quarry::sdk::testing
