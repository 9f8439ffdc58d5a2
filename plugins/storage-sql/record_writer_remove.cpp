// SPDX-License-Identifier: MIT
// Removing a record, and what follows from it in the collections that refer to it.
#include "record_writer.hpp"

#include <algorithm>

namespace quarry::storage_sql {
namespace {

using sdk::FieldType;
using sdk::Value;
using sdk::WriteOutcome;
using sdk::WriteResult;
using sdk::record_rules::OwnedCollection;
using sdk::record_rules::OwnedField;

/// So many ids are looked for in one statement.
constexpr std::size_t kIdsAtOnce = 500;
/// After a SELECT that asks whether there is any.
constexpr char kOne[] = " LIMIT 1";

}  // namespace

WriteOutcome RecordWriter::remove(const OwnedCollection& mine, std::int64_t id) {
  const Doomed doomed = with_cascades(mine.name, id);
  WriteOutcome outcome;
  if (is_referred(doomed)) {
    outcome.result = WriteResult::referred;
    return outcome;
  }
  set_null(doomed);
  const Value key = value_of(id);
  // What goes along is removed by the foreign keys.
  session_.run("DELETE FROM " + table_of(mine.name) + " WHERE \"id\" = " + parameter(1), std::span(&key, 1));
  outcome.result = WriteResult::applied;
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
    if (by_queue && !ids_where(dialect_.download_table, "id", "movie_ref", ids, kOne).empty()) { return true; }
    for (const Reference& reference : references_to(name)) {
      if (reference.field.on_delete != sdk::OnDelete::restrict_it) { continue; }
      const auto gone = doomed.find(reference.from.name);
      for (const std::int64_t one : referring(reference, ids, gone == doomed.end() ? kOne : "")) {
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
    std::map<Fields, Ids> alike;
    for (const auto& [id, fields] : records) { alike[fields].insert(id); }
    for (const auto& [fields, ids] : alike) { set_null(name, fields, ids); }
  }
}
void RecordWriter::set_null(const std::string& collection, const std::set<std::string>& fields, const Ids& ids) {
  std::string set =
      "UPDATE " + table_of(collection) + " SET \"version\" = \"version\" + 1, \"updated_at_ms\" = " + parameter(1);
  for (const std::string& field : fields) { set += ", " + column_of(field) + " = NULL"; }
  for (auto it = ids.begin(); it != ids.end();) {
    std::vector<Value> parameters = {value_of(now_ms_)};
    const std::string places = take_places(it, ids.end(), parameters);
    session_.run(set + " WHERE \"id\" IN (" + places + ")", parameters);
  }
}

/// Some of the ids as parameters, and the list of their places.
std::string RecordWriter::take_places(Ids::const_iterator& it, Ids::const_iterator end,
                                      std::vector<Value>& parameters) const {
  std::string places;
  for (std::size_t count = 0; it != end && count < kIdsAtOnce; ++it, ++count) {
    parameters.push_back(value_of(*it));
    places += (places.empty() ? "" : ", ") + parameter(parameters.size());
  }
  return places;
}
RecordWriter::Ids RecordWriter::referring(const Reference& reference, const Ids& ids, const char* end) {
  return ids_where(table_of(reference.from.name), "\"id\"", column_of(reference.field.name), ids, end);
}
RecordWriter::Ids RecordWriter::ids_where(const std::string& table, const std::string& id, const std::string& column,
                                          const Ids& values, const char* end) {
  Ids found;
  constexpr FieldType kColumns[] = {FieldType::integer};
  for (auto it = values.begin(); it != values.end();) {
    std::vector<Value> parameters;
    const std::string places = take_places(it, values.end(), parameters);
    session_.run("SELECT " + id + " FROM " + table + " WHERE " + column + " IN (" + places + ")" + end, parameters,
                 kColumns, [&](RecordSession::Row row) {
                   found.insert(row.front().integer);
                   return true;
                 });
  }
  return found;
}

}  // namespace quarry::storage_sql
