// SPDX-License-Identifier: MIT
#include "record_writer.hpp"

#include <algorithm>

namespace quarry::storage_sql {
namespace {

namespace rules = sdk::record_rules;
using rules::OwnedCollection;
using rules::OwnedField;
using rules::OwnedIndex;
using rules::OwnedValue;
using sdk::FieldType;
using sdk::Value;
using sdk::WriteOutcome;
using sdk::WriteResult;

WriteOutcome outcome_of(WriteResult result) {
  WriteOutcome outcome;
  outcome.result = result;
  return outcome;
}
template <class Set>
bool touches(const Set& written, const OwnedIndex& index) {
  return std::any_of(index.fields.begin(), index.fields.end(),
                     [&](const std::string& field) { return written.contains(field); });
}

}  // namespace

WriteOutcome RecordWriter::write(const OwnedCollection& mine, const sdk::RecordWrite& write) {
  WriteOutcome outcome = try_write(mine, write);
  // An upsert that found no record, and then its key in use: another host made the record in between.
  const bool overtaken =
      write.kind == sdk::WriteKind::upsert && outcome.result == WriteResult::conflict && outcome.field == write.key;
  return overtaken ? try_write(mine, write) : outcome;
}

WriteOutcome RecordWriter::try_write(const OwnedCollection& mine, const sdk::RecordWrite& write) {
  const auto [id, version] = look(mine, write);
  const WriteOutcome judged = rules::judge_version(write, version);
  if (judged.result != WriteResult::applied) { return judged; }
  if (write.kind == sdk::WriteKind::remove) { return remove(mine, id); }
  Draft draft{mine, catalog_.held.find(mine.name)->second, id, version, {}, {}};
  return save(draft, write);
}

std::pair<std::int64_t, std::int64_t> RecordWriter::look(const OwnedCollection& mine, const sdk::RecordWrite& write) {
  if (write.kind == sdk::WriteKind::insert) { return {0, 0}; }
  std::string column = column_of("id");
  Value key = value_of(write.id);
  if (write.kind == sdk::WriteKind::upsert) {
    column = column_of(rules::name_of(mine, write.key));
    key = std::find_if(write.values.begin(), write.values.end(), [&](const sdk::Assignment& assignment) {
            return assignment.field == write.key;
          })->value;
  }
  std::pair<std::int64_t, std::int64_t> found{0, 0};
  constexpr FieldType kColumns[] = {FieldType::integer, FieldType::integer};
  session_.run("SELECT \"id\", \"version\" FROM " + table_of(mine.name) + " WHERE " + column + " = " + parameter(1) +
                   dialect_.lock_row,
               std::span(&key, 1), kColumns, [&](RecordSession::Row row) {
                 found = {row[0].integer, row[1].integer};
                 return true;
               });
  return found;
}

WriteOutcome RecordWriter::save(Draft& draft, const sdk::RecordWrite& write) {
  const bool is_new = draft.id == 0;
  const WriteOutcome values = rules::judge_values(draft.mine, write, is_new);
  if (values.result != WriteResult::applied) { return values; }
  for (const OwnedField& field : draft.held.fields) {
    if (!is_new) { break; }
    const bool unseen = draft.mine.field(field.name) == nullptr;
    if (unseen && field.has(sdk::kRequired) && field.initial.is_null()) { return outcome_of(WriteResult::missing); }
    draft.values[field.name] = field.initial;
    draft.written.insert(field.name);
  }
  for (const sdk::Assignment& assignment : write.values) {
    const std::string& name = draft.mine.fields[static_cast<std::size_t>(assignment.field)].name;
    draft.values[name] = OwnedValue(assignment.value);
    draft.written.insert(name);
  }
  if (!is_new) { complete(draft); }
  WriteOutcome outcome = judge_unique(draft);
  if (outcome.result != WriteResult::applied) { return outcome; }
  outcome = judge_references(draft);
  if (outcome.result != WriteResult::applied) { return outcome; }
  is_new ? insert(draft) : update(draft);
  outcome.id = draft.id;
  outcome.version = draft.version;
  outcome.created = is_new ? 1 : 0;
  return outcome;
}

void RecordWriter::complete(Draft& draft) {
  std::vector<const OwnedField*> needed;
  std::string columns;
  std::vector<FieldType> types;
  for (const OwnedIndex& index : draft.held.indexes) {
    if (!index.unique || !touches(draft.written, index)) { continue; }
    for (const std::string& name : index.fields) {
      if (draft.values.contains(name)) { continue; }
      const OwnedField* field = draft.held.field(name);
      draft.values[name] = OwnedValue();
      needed.push_back(field);
      columns += (columns.empty() ? "" : ", ") + column_of(name);
      types.push_back(field->type);
    }
  }
  if (needed.empty()) { return; }
  const Value id = value_of(draft.id);
  session_.run("SELECT " + columns + " FROM " + table_of(draft.mine.name) + " WHERE \"id\" = " + parameter(1),
               std::span(&id, 1), types, [&](RecordSession::Row row) {
                 for (std::size_t i = 0; i < needed.size(); ++i) { draft.values[needed[i]->name] = OwnedValue(row[i]); }
                 return true;
               });
}

WriteOutcome RecordWriter::judge_unique(const Draft& draft) {
  // By this process's declaration first, as it counts places; then by what only others know of.
  for (const OwnedCollection* spec : {&draft.mine, &draft.held}) {
    const bool others = spec != &draft.mine;
    for (const OwnedField& field : spec->fields) {
      if (!field.has(sdk::kUnique) || !draft.written.contains(field.name)) { continue; }
      if (others && draft.mine.field(field.name) != nullptr) { continue; }
      const std::int64_t other = holder(draft, {field.name});
      if (other == 0) { continue; }
      WriteOutcome outcome = outcome_of(WriteResult::conflict);
      outcome.existing_id = other;
      outcome.field = draft.mine.place_of(field.name);
      return outcome;
    }
    for (const OwnedIndex& index : spec->indexes) {
      if (!index.unique || !touches(draft.written, index)) { continue; }
      if (others && draft.mine.index(index.name) != nullptr) { continue; }
      const std::int64_t other = holder(draft, index.fields);
      if (other == 0) { continue; }
      WriteOutcome outcome = outcome_of(WriteResult::conflict);
      outcome.existing_id = other;
      return outcome;
    }
  }
  return outcome_of(WriteResult::applied);
}

std::int64_t RecordWriter::holder(const Draft& draft, const std::vector<std::string>& fields) {
  std::string text = "SELECT \"id\" FROM " + table_of(draft.mine.name) + " WHERE \"id\" <> " + parameter(1);
  std::vector<Value> parameters = {value_of(draft.id)};
  for (const std::string& field : fields) {
    const OwnedValue& value = draft.values.find(field)->second;
    if (value.is_null()) { return 0; }
    parameters.push_back(value.view());
    text += " AND " + column_of(field) + " = " + parameter(parameters.size());
  }
  return session_.number(text, parameters);
}

WriteOutcome RecordWriter::judge_references(const Draft& draft) {
  for (std::size_t place = 0; place < draft.mine.fields.size(); ++place) {
    const OwnedField& field = draft.mine.fields[place];
    if (field.references.empty() || !draft.written.contains(field.name)) { continue; }
    const OwnedValue& value = draft.values.find(field.name)->second;
    const bool itself = field.references == draft.mine.name && value.integer == draft.id;
    if (value.is_null() || (itself && draft.id != 0)) { continue; }
    const Value id = value.view();
    const std::string look = "SELECT \"id\" FROM " + table_of(field.references) + " WHERE \"id\" = " + parameter(1);
    if (session_.number(look + dialect_.lock_key, std::span(&id, 1)) != 0) { continue; }
    WriteOutcome outcome = outcome_of(WriteResult::dangling);
    outcome.field = static_cast<std::int32_t>(place);
    return outcome;
  }
  return outcome_of(WriteResult::applied);
}

void RecordWriter::insert(Draft& draft) {
  draft.version = 1;
  std::string columns = "\"version\", \"created_at_ms\", \"updated_at_ms\"";
  std::string places = parameter(1) + ", " + parameter(2) + ", " + parameter(2);
  std::vector<Value> parameters = {value_of(draft.version), value_of(now_ms_)};
  for (const std::string& name : draft.written) {
    parameters.push_back(draft.values.find(name)->second.view());
    columns += ", " + column_of(name);
    places += ", " + parameter(parameters.size());
  }
  draft.id = session_.number(
      "INSERT INTO " + table_of(draft.mine.name) + " (" + columns + ") VALUES (" + places + ") RETURNING \"id\"",
      parameters);
}

void RecordWriter::update(Draft& draft) {
  ++draft.version;
  std::string text = "UPDATE " + table_of(draft.mine.name) + " SET \"version\" = " + parameter(1) +
                     ", \"updated_at_ms\" = " + parameter(2);
  std::vector<Value> parameters = {value_of(draft.version), value_of(now_ms_)};
  for (const std::string& name : draft.written) {
    parameters.push_back(draft.values.find(name)->second.view());
    text += ", " + column_of(name) + " = " + parameter(parameters.size());
  }
  parameters.push_back(value_of(draft.id));
  session_.run(text + " WHERE \"id\" = " + parameter(parameters.size()), parameters);
}

}  // namespace quarry::storage_sql
