// SPDX-License-Identifier: MIT
// What becomes of a declaration that is kept and cannot be read: the part of SchemaChange that looks at the tables.
#include "record_catalog.hpp"

#include <algorithm>

namespace quarry::storage_sql {
namespace {

namespace rules = sdk::record_rules;
using rules::OwnedCollection;
using rules::OwnedField;
using rules::OwnedIndex;
using sdk::FieldType;

constexpr char kCure[] =
    "; start the Quarry that last worked with this storage, which writes the declaration anew, or restore a backup";

struct Column {
  std::string type;
  bool required = false;
};
using Columns = std::map<std::string, Column, std::less<>>;

/// Without the quotes.
std::string bare(const std::string& quoted) { return quoted.substr(1, quoted.size() - 2); }

Columns columns_in(RecordSession& session, const RecordDialect& dialect, const std::string& table) {
  Columns columns;
  const sdk::Value name = value_of(table);
  constexpr FieldType kTypes[] = {FieldType::text, FieldType::text, FieldType::integer};
  session.run(dialect.columns_of_table, std::span(&name, 1), kTypes, [&](RecordSession::Row row) {
    columns[std::string(row[0].text)] = {std::string(row[1].text), row[2].integer != 0};
    return true;
  });
  return columns;
}

/// How the column differs from the field; empty when it does not.
std::string difference_of(const Columns& there, const OwnedField& field, const RecordDialect& dialect) {
  const std::string name = bare(column_of(field.name));
  const auto column = there.find(name);
  const std::string named = "its column \"" + name + "\" ";
  if (column == there.end()) { return named + "is missing"; }
  const std::string_view type = dialect.types.at(static_cast<std::size_t>(field.type));
  if (!type.starts_with(column->second.type)) { return named + "is of type " + column->second.type; }
  if (column->second.required == field.has(sdk::kRequired)) { return {}; }
  return named + (column->second.required ? "is NOT NULL" : "may be null");
}

}  // namespace

void SchemaChange::check_table(const OwnedCollection& declared) {
  const std::string table = table_of(declared.name);
  const auto refuse = [&](const std::string& why) {
    throw_unreadable(declared.name,
                     "and the table " + bare(table) + " is not as this host declares it: " + why + kCure);
  };
  Columns there = columns_in(session_, dialect_, table);
  for (const char* own : {"id", "version", "created_at_ms", "updated_at_ms"}) {
    if (there.erase(own) == 0) { refuse(std::string("its column \"") + own + "\" is missing"); }
  }
  for (const OwnedField& field : declared.fields) {
    if (const std::string why = difference_of(there, field, dialect_); !why.empty()) { refuse(why); }
    there.erase(bare(column_of(field.name)));
  }
  if (!there.empty()) { refuse("it has a column \"" + there.begin()->first + "\", too"); }
  const bool refers = columns_in(session_, dialect_, dialect_.download_table).contains("movie_ref");
  if ((declared.flags & sdk::kQueueRefersTo) != 0 && !refers) { refuse("no download refers to it"); }
}

void SchemaChange::make_belongings_anew(const HeldCollection& held) {
  for (const OwnedField& field : held.spec.fields) {
    run(drop_own_indexes(held, field));
    run(add_own_indexes(held, field, dialect_));
    run(drop_allowed(held, field, dialect_));
    run(add_allowed(held, field, dialect_));
  }
  for (const OwnedIndex& index : held.spec.indexes) {
    session_.exec(drop_index(held, index));
    check_unique(held, index);
    session_.exec(add_index(held, index, dialect_));
  }
}

void SchemaChange::mend(const rules::Collections& declared) {
  for (const std::string& name : std::vector(catalog_.unreadable.begin(), catalog_.unreadable.end())) {
    std::string told = "the declaration of the collection \"" + name +
                       "\" that is kept in the table record_collection, in the row with name = '" + name +
                       "', cannot be read; ";
    const auto mine = declared.find(name);
    if (mine == declared.end()) {
      warnings_.push_back(told + "this host does not use it, so it is left alone");
      continue;
    }
    check_table(mine->second);
    catalog_.unreadable.erase(name);
    catalog_.held[name] = mine->second;
    make_belongings_anew(held(name));
    update(name);
    warnings_.push_back(told + "its table is as this host declares it, so it was written anew, and nothing is lost");
  }
}

}  // namespace quarry::storage_sql
