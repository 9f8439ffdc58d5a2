// SPDX-License-Identifier: MIT
#include "record_catalog.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/record_store_rules.hpp>

#include <algorithm>

namespace quarry::storage_sql {
namespace {

namespace rules = sdk::record_rules;
using rules::OwnedCollection;
using rules::OwnedField;
using rules::OwnedIndex;
using sdk::FieldType;

/// Throws sdk::Error where the note is none of this collection.
OwnedCollection read_note(std::string_view name, std::string_view json) {
  OwnedCollection collection = rules::collection_from_json(json);
  const bool named = std::all_of(collection.fields.begin(), collection.fields.end(),
                                 [](const OwnedField& field) { return rules::is_name(field.name); });
  if (collection.name != name || collection.fields.empty() || !named) {
    throw sdk::Error(sdk::Code::internal, "the declaration is that of something else");
  }
  return collection;
}

}  // namespace

Catalog load_catalog(RecordSession& session) {
  Catalog catalog;
  constexpr FieldType kSchema[] = {FieldType::integer, FieldType::integer};
  session.run("SELECT version, generation FROM record_schema", {}, kSchema, [&](RecordSession::Row row) {
    catalog.version = row[0].integer;
    catalog.generation = row[1].integer;
    return true;
  });
  constexpr FieldType kCollection[] = {FieldType::integer, FieldType::text, FieldType::text};
  session.run("SELECT number, name, declaration FROM record_collection", {}, kCollection, [&](RecordSession::Row row) {
    const std::string name(row[1].text);
    catalog.numbers[name] = row[0].integer;
    try {
      catalog.held[name] = read_note(name, row[2].text);
    } catch (const sdk::Error&) {
      catalog.held.erase(name);
      catalog.unreadable.insert(name);
    }
    return true;
  });
  return catalog;
}

void throw_unreadable(std::string_view collection, const std::string& and_so) {
  constexpr auto kDamaged = static_cast<std::int32_t>(sdk::OpenFault::damaged);
  throw sdk::Error({sdk::Code::unavailable, 0, 0, kDamaged},
                   "the declaration of the collection \"" + std::string(collection) +
                       "\" that is kept in the table record_collection, in the row with name = '" +
                       std::string(collection) + "', cannot be read, " + and_so);
}
void refuse_unreadable(const Catalog& catalog) {
  if (catalog.unreadable.empty()) { return; }
  throw_unreadable(*catalog.unreadable.begin(),
                   "so nobody knows what its table holds; start the Quarry that last worked with this storage, which "
                   "writes it anew, or restore a backup");
}

std::int64_t generation_of(RecordSession& session) {
  return session.number("SELECT generation FROM record_schema", {});
}

SchemaChange::SchemaChange(RecordSession& session, const RecordDialect& dialect)
    : session_(session), dialect_(dialect), catalog_(load_catalog(session)) {}

HeldCollection SchemaChange::held(std::string_view collection) const {
  return {catalog_.held.find(collection)->second, catalog_.numbers.find(collection)->second};
}

void SchemaChange::run(const Texts& texts) {
  for (const std::string& text : texts) { session_.exec(text); }
}

void SchemaChange::declare(const rules::Collections& declared) {
  mend(declared);
  const auto has_records = [&](const OwnedCollection& collection) {
    return session_.number("SELECT \"id\" FROM " + table_of(collection.name) + " LIMIT 1", {}) != 0;
  };
  const std::vector<rules::CollectionChange> changes = rules::difference(catalog_.held, declared, has_records);
  // All tables first: collections may refer to each other.
  for (const rules::CollectionChange& change : changes) {
    if (change.made) { session_.exec(create_table(change.collection, dialect_)); }
  }
  for (const rules::CollectionChange& change : changes) { make(change); }
  finish();
}

void SchemaChange::make(const rules::CollectionChange& change) {
  // Dropped by what it was called before.
  if (!change.made) {
    for (const OwnedField& field : change.allowed) { run(drop_allowed(held(change.collection), field, dialect_)); }
  }
  rules::apply(change, catalog_.held);
  if (change.made) { insert(change.collection); }
  make_in(held(change.collection), change);
  update(change.collection);
}

void SchemaChange::make_in(const HeldCollection& held, const rules::CollectionChange& change) {
  for (const OwnedField& field : change.fields) { session_.exec(add_column(change.collection, field, dialect_)); }
  for (const OwnedField& field : change.fields) { run(add_belongings(held, field, dialect_)); }
  for (const OwnedIndex& index : change.indexes) {
    check_unique(held, index);
    session_.exec(add_index(held, index, dialect_));
  }
  for (const std::string& name : change.indexed) {
    const OwnedField& field = *held.spec.field(name);
    run(drop_own_indexes(held, field));
    run(add_own_indexes(held, field, dialect_));
  }
  for (const OwnedField& field : change.allowed) { run(add_allowed(held, field, dialect_)); }
  if (change.made && (change.flags & sdk::kQueueRefersTo) != 0) {
    run(add_download_reference(change.collection, dialect_));
  }
}

void SchemaChange::check_unique(const HeldCollection& held, const OwnedIndex& index) {
  if (!index.unique) { return; }
  std::string columns;
  std::string present;
  for (const std::string& field : index.fields) {
    columns += (columns.empty() ? "" : ", ") + column_of(field);
    present += (present.empty() ? "" : " AND ") + column_of(field) + " IS NOT NULL";
  }
  const std::int64_t agreeing = session_.number("SELECT min(\"id\") FROM " + table_of(held.spec.name) + " WHERE " +
                                                    present + " GROUP BY " + columns + " HAVING count(*) > 1 LIMIT 1",
                                                {});
  if (agreeing == 0) { return; }
  throw sdk::Error(sdk::Code::conflict, "collection \"" + held.spec.name + "\", index \"" + index.name +
                                            "\": this host declares it unique, the storage holds records that agree "
                                            "(record " +
                                            std::to_string(agreeing) + " and another)");
}

void SchemaChange::migrate(std::int64_t version, std::span<const sdk::SchemaStep> steps) {
  if (catalog_.version >= version) { return; }
  if (catalog_.version < version - 1) {
    throw sdk::Error(sdk::Code::conflict, "the storage is at version " + std::to_string(catalog_.version) +
                                              ", the change to version " + std::to_string(version) +
                                              " leaves some out");
  }
  if (!steps.empty() && !catalog_.unreadable.empty()) {
    throw_unreadable(*catalog_.unreadable.begin(),
                     "and this host would change the tables; start the Quarry that last worked with this storage, "
                     "which writes it anew, or restore a backup");
  }
  for (const sdk::SchemaStep& step : steps) { make(step); }
  catalog_.version = version;
  changed_ = true;
  finish();
}

void SchemaChange::make(const sdk::SchemaStep& step) {
  rules::Collections after = catalog_.held;
  if (!rules::apply(step, after)) { return; }
  switch (step.kind) {
    case sdk::SchemaStepKind::rename_field:
      rename(step);
      return;
    case sdk::SchemaStepKind::drop_field:
      drop_field(step);
      return;
    case sdk::SchemaStepKind::drop_collection:
      drop_collection(step);
      return;
  }
}

void SchemaChange::rename(const sdk::SchemaStep& step) {
  const OwnedField before = *held(step.collection).spec.field(step.field);
  run(drop_belongings(held(step.collection), before, dialect_));
  session_.exec("ALTER TABLE " + table_of(step.collection) + " RENAME COLUMN " + column_of(step.field) + " TO " +
                column_of(step.to));
  static_cast<void>(rules::apply(step, catalog_.held));
  const HeldCollection now = held(step.collection);
  run(add_belongings(now, *now.spec.field(step.to), dialect_));
  for (const OwnedIndex& index : now.spec.indexes) {
    if (std::find(index.fields.begin(), index.fields.end(), step.to) == index.fields.end()) { continue; }
    session_.exec(add_index(now, index, dialect_));
  }
  update(step.collection);
}
void SchemaChange::drop_field(const sdk::SchemaStep& step) {
  const HeldCollection before = held(step.collection);
  run(drop_belongings(before, *before.spec.field(step.field), dialect_));
  session_.exec("ALTER TABLE " + table_of(step.collection) + " DROP COLUMN " + column_of(step.field));
  static_cast<void>(rules::apply(step, catalog_.held));
  update(step.collection);
}
void SchemaChange::drop_collection(const sdk::SchemaStep& step) {
  const auto it = catalog_.held.find(step.collection);
  if ((it->second.flags & sdk::kQueueRefersTo) != 0) { run(drop_download_reference(dialect_)); }
  session_.exec("DROP TABLE " + table_of(step.collection));
  const sdk::Value name = value_of(step.collection);
  session_.run("DELETE FROM record_collection WHERE name = " + parameter(1), std::span(&name, 1));
  catalog_.held.erase(it);
  catalog_.numbers.erase(catalog_.numbers.find(step.collection));
  changed_ = true;
}

void SchemaChange::insert(std::string_view collection) {
  const sdk::Value name = value_of(collection);
  catalog_.numbers[std::string(collection)] = session_.number(
      "INSERT INTO record_collection (name, declaration) VALUES (" + parameter(1) + ", '') RETURNING number",
      std::span(&name, 1));
}
void SchemaChange::update(std::string_view collection) {
  const HeldCollection now = held(collection);
  const std::string json = rules::to_json(now.spec);
  const sdk::Value values[] = {value_of(json), value_of(now.number)};
  session_.run("UPDATE record_collection SET declaration = " + parameter(1) + " WHERE number = " + parameter(2),
               values);
  changed_ = true;
}
void SchemaChange::finish() {
  if (!changed_) { return; }
  const sdk::Value values[] = {value_of(catalog_.version), value_of(++catalog_.generation)};
  session_.run("UPDATE record_schema SET version = " + parameter(1) + ", generation = " + parameter(2), values);
}

}  // namespace quarry::storage_sql
