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

/// So many ids are looked for in one statement.
constexpr std::size_t kIdsAtOnce = 500;

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

WriteOutcome RecordWriter::remove(const OwnedCollection& mine, std::int64_t id) {
  const Doomed doomed = with_cascades(mine.name, id);
  if (is_referred(doomed)) { return outcome_of(WriteResult::referred); }
  set_null(doomed);
  const Value key = value_of(id);
  // What goes along is removed by the foreign keys.
  session_.run("DELETE FROM " + table_of(mine.name) + " WHERE \"id\" = " + parameter(1), std::span(&key, 1));
  WriteOutcome outcome = outcome_of(WriteResult::applied);
  outcome.id = id;
  return outcome;
}

std::vector<RecordWriter::Reference> RecordWriter::references_to(std::string_view collection) const {
  std::vector<Reference> references;
  for (const auto& [name, spec] : catalog_.held) {
    for (const OwnedField& field : spec.fields) {
      if (field.references == collection) { references.push_back({spec, field}); }
    }
  }
  return references;
}

bool RecordWriter::ends_here(const OwnedCollection& collection) const {
  const auto references = std::count_if(collection.fields.begin(), collection.fields.end(),
                                        [](const OwnedField& field) { return !field.references.empty(); });
  return references == 1 && (collection.flags & sdk::kQueueRefersTo) == 0 && references_to(collection.name).empty();
}

RecordWriter::Doomed RecordWriter::with_cascades(const std::string& collection, std::int64_t id) {
  Doomed doomed{{collection, {id}}};
  Doomed fresh = doomed;
  while (!fresh.empty()) {
    Doomed more;
    for (const auto& [name, ids] : fresh) {
      for (const Reference& reference : references_to(name)) {
        // A history of a million records is left to the foreign key.
        if (reference.field.on_delete != sdk::OnDelete::cascade || ends_here(reference.from)) { continue; }
        for (const std::int64_t one : referring(reference, ids, dialect_.lock_row)) {
          if (doomed[reference.from.name].insert(one).second) { more[reference.from.name].insert(one); }
        }
      }
    }
    fresh = std::move(more);
  }
  return doomed;
}

bool RecordWriter::is_referred(const Doomed& doomed) {
  for (const auto& [name, ids] : doomed) {
    const bool by_queue = (catalog_.held.find(name)->second.flags & sdk::kQueueRefersTo) != 0;
    if (by_queue && !ids_where("download", "id", "movie_ref", ids, "").empty()) { return true; }
    for (const Reference& reference : references_to(name)) {
      if (reference.field.on_delete != sdk::OnDelete::restrict_it) { continue; }
      const auto gone = doomed.find(reference.from.name);
      for (const std::int64_t one : referring(reference, ids, "")) {
        if (gone == doomed.end() || !gone->second.contains(one)) { return true; }
      }
    }
  }
  return false;
}

void RecordWriter::set_null(const Doomed& doomed) {
  using Fields = std::set<std::string>;
  // One removal is one write of a record, however many of its fields it touches.
  std::map<std::string, std::map<std::int64_t, Fields>> changes;
  for (const auto& [name, ids] : doomed) {
    for (const Reference& reference : references_to(name)) {
      if (reference.field.on_delete != sdk::OnDelete::set_null) { continue; }
      const auto gone = doomed.find(reference.from.name);
      for (const std::int64_t one : referring(reference, ids, dialect_.lock_row)) {
        if (gone != doomed.end() && gone->second.contains(one)) { continue; }
        changes[reference.from.name][one].insert(reference.field.name);
      }
    }
  }
  for (const auto& [name, records] : changes) {
    for (const auto& [id, fields] : records) {
      std::string text =
          "UPDATE " + table_of(name) + " SET \"version\" = \"version\" + 1, \"updated_at_ms\" = " + parameter(1);
      for (const std::string& field : fields) { text += ", " + column_of(field) + " = NULL"; }
      const Value parameters[] = {value_of(now_ms_), value_of(id)};
      session_.run(text + " WHERE \"id\" = " + parameter(2), parameters);
    }
  }
}

RecordWriter::Ids RecordWriter::referring(const Reference& reference, const Ids& ids, const char* lock) {
  return ids_where(table_of(reference.from.name), "\"id\"", column_of(reference.field.name), ids, lock);
}
RecordWriter::Ids RecordWriter::ids_where(const std::string& table, const std::string& id, const std::string& column,
                                          const Ids& values, const char* lock) {
  Ids found;
  constexpr FieldType kColumns[] = {FieldType::integer};
  for (auto it = values.begin(); it != values.end();) {
    std::string places;
    std::vector<Value> parameters;
    for (; it != values.end() && parameters.size() < kIdsAtOnce; ++it) {
      parameters.push_back(value_of(*it));
      places += (places.empty() ? "" : ", ") + parameter(parameters.size());
    }
    session_.run("SELECT " + id + " FROM " + table + " WHERE " + column + " IN (" + places + ")" + lock, parameters,
                 kColumns, [&](RecordSession::Row row) {
                   found.insert(row.front().integer);
                   return true;
                 });
  }
  return found;
}

}  // namespace quarry::storage_sql
