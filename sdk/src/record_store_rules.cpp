// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/record_store_rules.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace quarry::sdk::record_rules {
namespace {

constexpr std::string_view kRecordFields[] = {"id", "version", "created_at_ms", "updated_at_ms"};
constexpr std::uint32_t kFieldFlags = kRequired | kUnique | kIndexed;

void check_that(bool good, const std::string& where, std::string_view otherwise) {
  if (!good) { throw Error(Code::invalid, where + ": " + std::string(otherwise)); }
}
std::string in_collection(std::string_view name) { return "collection \"" + std::string(name) + '"'; }
template <class Enum>
bool within(Enum value, Enum last) {
  return static_cast<std::int32_t>(value) >= 0 && value <= last;
}

/// A value that a field of this type can have. The text of a value is never shown: it may be a secret.
void check_kind(const std::string& where, const Value& value, FieldType type) {
  check_that(value.kind == kind_of(type), where,
             "a value of another kind; the field is " + std::string(to_string(type)));
  if (type == FieldType::real) { check_that(std::isfinite(value.real), where, "the number is not finite"); }
  if (type == FieldType::boolean) {
    check_that(value.integer == 0 || value.integer == 1, where, "a boolean is 0 or 1");
  }
  if (type == FieldType::text) {
    check_that(value.text.size() <= kMaxText, where, "the text is longer than 1 MiB");
    check_that(is_text(value.text), where, "the text is not UTF-8 without NUL");
  }
}

void check_allowed(const std::string& where, const FieldSpec& field) {
  std::set<std::string_view> seen;
  for (const std::string_view value : field.allowed) {
    check_that(field.type == FieldType::text, where, "only a text field has allowed values");
    check_that(is_text(value), where, "an allowed value is not UTF-8 without NUL");
    check_that(seen.insert(value).second, where, "an allowed value is named twice");
  }
  const bool takes_initial =
      field.initial.kind == Value::Kind::null || field.allowed.empty() || seen.find(field.initial.text) != seen.end();
  check_that(takes_initial, where, "the initial value is none of the allowed");
}
void check_reference(const std::string& where, const FieldSpec& field, const std::set<std::string_view>& names) {
  check_that(within(field.on_delete, OnDelete::set_null), where, "unknown on_delete");
  if (field.references.empty()) { return; }
  check_that(names.contains(field.references), where,
             "refers to the collection \"" + std::string(field.references) + "\", which is not declared");
  check_that(field.type == FieldType::integer, where, "a reference is an integer field");
  check_that(field.initial.kind == Value::Kind::null, where, "a reference has no initial value");
  check_that(field.on_delete != OnDelete::set_null || (field.flags & kRequired) == 0, where,
             "a required reference cannot become null: on_delete is restrict_it or cascade");
}
void check_field(std::string_view collection, const FieldSpec& field, const std::set<std::string_view>& names) {
  const std::string where = place_name(collection, field.name);
  check_that(is_name(field.name), where, "a name is [a-z][a-z0-9_]{0,39}");
  check_that(std::find(std::begin(kRecordFields), std::end(kRecordFields), field.name) == std::end(kRecordFields),
             where, "every record has a field of this name");
  check_that(within(field.type, FieldType::boolean), where, "unknown type");
  check_that((field.flags & ~kFieldFlags) == 0, where, "unknown flag");
  if (field.initial.kind != Value::Kind::null) {
    check_kind(where + ", initial value", field.initial, field.type);
    check_that((field.flags & kUnique) == 0, where, "a unique field has no initial value");
  }
  check_allowed(where, field);
  check_reference(where, field, names);
}
void check_index(std::string_view collection, const IndexSpec& index, std::size_t fields) {
  const std::string where = in_collection(collection) + ", index \"" + std::string(index.name) + '"';
  check_that(is_name(index.name), where, "a name is [a-z][a-z0-9_]{0,39}");
  check_that(index.unique == 0 || index.unique == 1, where, "unique is 0 or 1");
  check_that(index.fields.size() >= kMinIndexFields && index.fields.size() <= kMaxIndexFields, where,
             "an index has 2 to 4 fields");
  std::set<std::int32_t> places;
  for (const std::int32_t place : index.fields) {
    check_that(place >= 0 && static_cast<std::size_t>(place) < fields, where,
               "there is no field at place " + std::to_string(place));
    check_that(places.insert(place).second, where, "a field is named twice");
  }
}
void check_collection(const CollectionSpec& collection, const std::set<std::string_view>& names) {
  const std::string where = in_collection(collection.name);
  check_that((collection.flags & ~std::uint32_t{kQueueRefersTo}) == 0, where, "unknown flag");
  check_that(!collection.fields.empty() && collection.fields.size() <= kMaxFields, where,
             "a collection has 1 to 100 fields");
  check_that(collection.indexes.size() <= kMaxIndexes, where, "a collection has at most 20 indexes");
  std::set<std::string_view> fields;
  for (const FieldSpec& field : collection.fields) {
    check_field(collection.name, field, names);
    check_that(fields.insert(field.name).second, place_name(collection.name, field.name), "declared twice");
  }
  std::set<std::string_view> indexes;
  for (const IndexSpec& index : collection.indexes) {
    check_index(collection.name, index, collection.fields.size());
    check_that(indexes.insert(index.name).second, where, "index \"" + std::string(index.name) + "\" is declared twice");
  }
}

/// Where a place of a request is; throws when there is none.
std::string where_of(const OwnedCollection& collection, std::int32_t place) {
  const bool known = place >= kFieldUpdatedAt && place < static_cast<std::int32_t>(collection.fields.size());
  check_that(known, in_collection(collection.name), "there is no field at place " + std::to_string(place));
  return place_name(collection.name, name_of(collection, place));
}
void check_condition(const OwnedCollection& collection, const Condition& condition) {
  const std::string where = where_of(collection, condition.field);
  check_that(within(condition.match, Match::not_null), where, "unknown kind of match");
  const FieldType type = type_of(collection, condition.field);
  const std::size_t values = condition.values.size();
  const bool no_value = condition.match == Match::is_null || condition.match == Match::not_null;
  if (no_value) {
    check_that(values == 0, where, "is_null and not_null take no value");
  } else if (condition.match == Match::in) {
    check_that(values >= 1 && values <= kMaxIn, where, "in takes 1 to 500 values");
  } else {
    check_that(values == 1, where, "this kind of match takes one value");
  }
  for (const Value& value : condition.values) { check_kind(where, value, type); }
  if (condition.match == Match::prefix) {
    check_that(type == FieldType::text, where, "prefix is for text");
    check_that(!condition.values.front().text.empty(), where, "a prefix is not empty");
  }
}
void check_after(const OwnedCollection& collection, const FindRecords& request) {
  if (request.after.empty()) { return; }
  const std::string where = in_collection(collection.name) + ", after";
  check_that(request.after.size() == request.order.size() + 1, where,
             "it has a value for each field of order, and the id");
  for (std::size_t i = 0; i < request.order.size(); ++i) {
    const std::int32_t place = request.order[i].field;
    const Value& value = request.after[i];
    if (place < 0 || value.kind != Value::Kind::null) {
      check_kind(where_of(collection, place) + ", after", value, type_of(collection, place));
    }
  }
  check_kind(where, request.after.back(), FieldType::integer);
}

const Assignment* assignment_of(const RecordWrite& write, std::int32_t place) {
  const auto it = std::find_if(write.values.begin(), write.values.end(),
                               [&](const Assignment& assignment) { return assignment.field == place; });
  return it == write.values.end() ? nullptr : &*it;
}
void check_key(const OwnedCollection& collection, const RecordWrite& write) {
  check_that(write.key >= 0, in_collection(collection.name), "an upsert needs a key: the place of a unique field");
  const std::string where = where_of(collection, write.key);
  check_that(collection.fields[static_cast<std::size_t>(write.key)].has(kUnique), where,
             "the key of an upsert is a unique field");
  const Assignment* key = assignment_of(write, write.key);
  check_that(key != nullptr && key->value.kind != Value::Kind::null, where, "an upsert assigns a value to its key");
}
void check_write(const OwnedCollection& collection, const RecordWrite& write) {
  const std::string where = in_collection(collection.name);
  check_that(within(write.kind, WriteKind::remove), where, "unknown kind of write");
  check_that(write.expected_version >= -1, where, "expected_version is -1 or a version");
  check_that(write.kind != WriteKind::remove || write.values.empty(), where, "a removal assigns nothing");
  std::set<std::int32_t> places;
  for (const Assignment& assignment : write.values) {
    const std::string at = where_of(collection, assignment.field);
    check_that(assignment.field >= 0, at, "it is the store that sets this field");
    check_that(places.insert(assignment.field).second, at, "assigned twice in one write");
    if (assignment.value.kind != Value::Kind::null) {
      check_kind(at, assignment.value, type_of(collection, assignment.field));
    }
  }
  if (write.kind == WriteKind::upsert) { check_key(collection, write); }
}

}  // namespace

bool is_name(std::string_view name) noexcept {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto other = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= kMaxName && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), other);
}
bool is_text(std::string_view text) noexcept {
  return text.size() <= kMaxText && text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

void check_declaration(std::span<const CollectionSpec> collections) {
  std::set<std::string_view> names;
  int for_queue = 0;
  for (const CollectionSpec& collection : collections) {
    const std::string where = in_collection(collection.name);
    check_that(is_name(collection.name), where, "a name is [a-z][a-z0-9_]{0,39}");
    check_that(names.insert(collection.name).second, where, "declared twice");
    for_queue += (collection.flags & kQueueRefersTo) != 0 ? 1 : 0;
    check_that(for_queue <= 1, where, "downloads refer to another collection already");
  }
  for (const CollectionSpec& collection : collections) { check_collection(collection, names); }
}

void check_steps(std::int64_t version, std::span<const SchemaStep> steps) {
  check_that(version >= 1, "change_schema", "a version is at least 1");
  for (const SchemaStep& step : steps) {
    const std::string where = in_collection(step.collection);
    check_that(within(step.kind, SchemaStepKind::drop_collection), where, "unknown kind of step");
    check_that(is_name(step.collection), where, "a name is [a-z][a-z0-9_]{0,39}");
    if (step.kind == SchemaStepKind::drop_collection) { continue; }
    check_that(is_name(step.field), place_name(step.collection, step.field), "a name is [a-z][a-z0-9_]{0,39}");
    const bool bad_target = step.kind == SchemaStepKind::rename_field &&
                            (!is_name(step.to) || std::find(std::begin(kRecordFields), std::end(kRecordFields),
                                                            step.to) != std::end(kRecordFields));
    check_that(!bad_target, place_name(step.collection, step.field),
               "it cannot be renamed to \"" + std::string(step.to) + '"');
  }
}

const OwnedCollection& find_declared(const Collections& declared, std::string_view name) {
  const auto it = declared.find(name);
  check_that(it != declared.end(), in_collection(name), "this process has not declared it");
  return it->second;
}

void check_where(const OwnedCollection& collection, std::span<const Condition> where) {
  check_that(where.size() <= kMaxConditions, in_collection(collection.name), "at most 8 conditions");
  for (const Condition& condition : where) { check_condition(collection, condition); }
}
void check(const OwnedCollection& collection, const FindRecords& request) {
  const std::string where = in_collection(collection.name);
  check_that(request.limit >= 1 && request.limit <= kMaxPage, where, "a page has 1 to 1000 records");
  check_where(collection, request.where);
  check_that(request.order.size() <= kMaxOrder, where, "an order has at most 4 fields");
  std::set<std::int32_t> places;
  for (const SortField& field : request.order) {
    const std::string at = where_of(collection, field.field);
    check_that(field.descending == 0 || field.descending == 1, at, "descending is 0 or 1");
    check_that(places.insert(field.field).second, at, "named twice in one order");
  }
  check_after(collection, request);
}
void check(const Collections& declared, std::span<const RecordWrite> writes) {
  check_that(!writes.empty() && writes.size() <= kMaxWrites, "write", "a batch has 1 to 500 writes");
  for (const RecordWrite& write : writes) { check_write(find_declared(declared, write.collection), write); }
}

WriteOutcome judge_values(const OwnedCollection& collection, const RecordWrite& write, bool inserts) {
  WriteOutcome outcome;
  outcome.result = WriteResult::applied;
  for (std::int32_t place = 0; place < static_cast<std::int32_t>(collection.fields.size()); ++place) {
    const OwnedField& field = collection.fields[static_cast<std::size_t>(place)];
    const Assignment* assignment = assignment_of(write, place);
    if (assignment == nullptr && !inserts) { continue; }
    const Value value = assignment != nullptr ? assignment->value : field.initial.view();
    const bool is_null = value.kind == Value::Kind::null;
    const bool allowed = is_null || field.allowed.empty() ||
                         std::find(field.allowed.begin(), field.allowed.end(), value.text) != field.allowed.end();
    if (allowed && !(is_null && field.has(kRequired))) { continue; }
    outcome.result = allowed ? WriteResult::missing : WriteResult::not_allowed;
    outcome.field = place;
    return outcome;
  }
  return outcome;
}

WriteOutcome judge_version(const RecordWrite& write, std::int64_t version) noexcept {
  WriteOutcome outcome;
  outcome.result = WriteResult::applied;
  const bool by_id = write.kind == WriteKind::update || write.kind == WriteKind::remove;
  if (by_id && version == 0) {
    outcome.result = WriteResult::not_found;
  } else if (write.kind != WriteKind::insert && write.expected_version >= 0 && write.expected_version != version) {
    outcome.result = WriteResult::stale_version;
    outcome.version = version;
  }
  return outcome;
}

FieldType type_of(const OwnedCollection& collection, std::int32_t place) noexcept {
  return place < 0 ? FieldType::integer : collection.fields[static_cast<std::size_t>(place)].type;
}
std::string_view name_of(const OwnedCollection& collection, std::int32_t place) noexcept {
  return place < 0 ? kRecordFields[static_cast<std::size_t>(-place - 1)]
                   : std::string_view(collection.fields[static_cast<std::size_t>(place)].name);
}
Value::Kind kind_of(FieldType type) noexcept {
  switch (type) {
    case FieldType::integer:
      return Value::Kind::integer;
    case FieldType::real:
      return Value::Kind::real;
    case FieldType::text:
      return Value::Kind::text;
    case FieldType::boolean:
      return Value::Kind::boolean;
  }
  return Value::Kind::null;
}

}  // namespace quarry::sdk::record_rules
