// SPDX-License-Identifier: MIT
#include "record_tables.hpp"

#include <algorithm>
#include <set>

namespace quarry::storage_sql {
namespace {

using sdk::Value;
using sdk::record_rules::OwnedCollection;
using sdk::record_rules::OwnedField;

Value::Kind kind_of(sdk::FieldType type) {
  switch (type) {
    case sdk::FieldType::integer:
      return Value::Kind::integer;
    case sdk::FieldType::real:
      return Value::Kind::real;
    case sdk::FieldType::text:
      return Value::Kind::text;
    case sdk::FieldType::boolean:
      return Value::Kind::boolean;
  }
  return Value::Kind::null;
}

MovingTable table_for(const OwnedCollection& collection) {
  MovingTable table;
  table.name = "record." + collection.name;
  table.table = table_of(collection.name);
  table.numbered = true;
  for (const char* column : {"id", "version", "created_at_ms", "updated_at_ms"}) {
    table.columns.push_back({column, Value::Kind::integer, quoted(column)});
  }
  for (const OwnedField& field : collection.fields) {
    table.columns.push_back({field.name, kind_of(field.type), column_of(field.name)});
  }
  return table;
}

}  // namespace

std::vector<MovingTable> record_tables(const Catalog& catalog) {
  std::vector<MovingTable> tables;
  std::set<std::string, std::less<>> there;
  const auto may_come = [&](const OwnedCollection& collection) {
    return std::all_of(collection.fields.begin(), collection.fields.end(), [&](const OwnedField& field) {
      return field.references.empty() || field.references == collection.name || there.contains(field.references);
    });
  };
  // Collections that refer to each other in a circle come last.
  for (bool some = true, circles = false; there.size() < catalog.held.size(); circles = !some) {
    some = false;
    for (const auto& [name, collection] : catalog.held) {
      if (there.contains(name) || (!circles && !may_come(collection))) { continue; }
      tables.push_back(table_for(collection));
      there.insert(name);
      some = true;
    }
  }
  return tables;
}

void tell_collections(const Catalog& catalog, sdk::CollectionSink& sink) {
  refuse_unreadable(catalog);
  for (const auto& [name, collection] : catalog.held) {
    const sdk::record_rules::SpecView view(collection);
    if (!sink.add(view.spec())) { return; }
  }
}

void take_collections(RecordSession& session, const RecordDialect& dialect, std::int64_t version,
                      std::span<const sdk::CollectionSpec> collections) {
  SchemaChange(session, dialect).declare(sdk::record_rules::owned(collections));
  const Value number = value_of(version);
  session.run(std::string("UPDATE record_schema SET version = ") + dialect.placeholder + "1", {&number, 1});
}

}  // namespace quarry::storage_sql
