// SPDX-License-Identifier: MIT
#include "record_schema.hpp"

#include <algorithm>
#include <charconv>

namespace quarry::storage_sql {
namespace {

using sdk::record_rules::OwnedField;
using sdk::record_rules::OwnedIndex;
using sdk::record_rules::OwnedValue;

std::string name_of(const HeldCollection& collection, std::string_view field, std::string_view what) {
  return quoted("rec_" + std::to_string(collection.number) + "_" + std::string(field) + std::string(what));
}
/// No field's name begins with "_", so this is never the name of a field's index.
std::string name_of(const HeldCollection& collection, const OwnedIndex& index) {
  return name_of(collection, "_" + index.name, "");
}
std::string sorted_index(const HeldCollection& collection, const std::string& name, const Texts& columns,
                         const RecordDialect& dialect) {
  std::string text = "CREATE INDEX " + name + " ON " + table_of(collection.spec.name) + " (";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    text += (i == 0 ? "" : ", ") + column_of(columns[i]) + dialect.ascending;
  }
  return text + dialect.index_ends + ")";
}
std::string unique_index(const HeldCollection& collection, const std::string& name, const Texts& columns,
                         const RecordDialect& dialect) {
  std::string text = "CREATE UNIQUE INDEX " + name + " ON " + table_of(collection.spec.name) + " (";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    text += (i == 0 ? "" : ", ") + column_of(columns[i]) + dialect.ascending;
  }
  return text + ")";
}

std::string reference(const OwnedField& field) {
  // Not RESTRICT: what goes with the record in the same removal may refer to it.
  const char* const action = field.on_delete == sdk::OnDelete::cascade    ? "CASCADE"
                             : field.on_delete == sdk::OnDelete::set_null ? "SET NULL"
                                                                          : "NO ACTION";
  return "REFERENCES " + table_of(field.references) + " (\"id\") ON DELETE " + action;
}
std::string is_allowed(const OwnedField& field, const std::string& expression) {
  std::string text;
  for (const std::string& value : field.allowed) {
    OwnedValue owned;
    owned.kind = sdk::Value::Kind::text;
    owned.text = value;
    text += (text.empty() ? "" : ", ") + literal(owned, kSqliteRecords);
  }
  return expression + " IN (" + text + ")";
}
/// Refuses any other value on INSERT, or on UPDATE OF the column.
std::string trigger(const HeldCollection& collection, const OwnedField& field, const char* suffix,
                    const std::string& event) {
  return "CREATE TRIGGER " + name_of(collection, field.name, suffix) + " BEFORE " + event + " ON " +
         table_of(collection.spec.name) + " WHEN NOT " + is_allowed(field, "NEW." + column_of(field.name)) +
         " BEGIN SELECT raise(ABORT, 'the value is none of the allowed'); END";
}
void append(Texts& texts, Texts more) { std::move(more.begin(), more.end(), std::back_inserter(texts)); }

}  // namespace

std::string literal(const OwnedValue& value, const RecordDialect& dialect) {
  switch (value.kind) {
    case sdk::Value::Kind::integer:
      return std::to_string(value.integer);
    case sdk::Value::Kind::boolean:
      return value.integer != 0 ? dialect.yes : dialect.no;
    case sdk::Value::Kind::real: {
      char digits[32];
      return {digits, std::to_chars(digits, digits + sizeof digits, value.real, std::chars_format::scientific).ptr};
    }
    case sdk::Value::Kind::text:
    case sdk::Value::Kind::bytes: {
      std::string text = "'";
      for (const char c : value.text) { text += c == '\'' ? "''" : std::string(1, c); }
      return text + "'";
    }
    case sdk::Value::Kind::null:
      break;
  }
  return "NULL";
}

std::string create_table(std::string_view collection, const RecordDialect& dialect) {
  const std::string integer = dialect.types[0];
  return "CREATE TABLE " + table_of(collection) + " (\"id\" " + dialect.key_type + ", \"version\" " + integer +
         " NOT NULL, \"created_at_ms\" " + integer + " NOT NULL, \"updated_at_ms\" " + integer + " NOT NULL)" +
         dialect.table_options;
}

std::string add_column(std::string_view collection, const OwnedField& field, const RecordDialect& dialect) {
  const std::string column = column_of(field.name);
  std::string text = "ALTER TABLE " + table_of(collection) + " ADD COLUMN " + column + " " +
                     dialect.types.at(static_cast<std::size_t>(field.type));
  if (field.has(sdk::kRequired)) { text += " NOT NULL"; }
  // In the definition, for hosts, too, that do not know the field.
  if (!field.initial.is_null()) { text += " DEFAULT " + literal(field.initial, dialect); }
  if (field.type == sdk::FieldType::boolean && *dialect.boolean_check != '\0') {
    text += " CHECK (" + column + dialect.boolean_check + ")";
  }
  if (!field.references.empty() && dialect.constraints == Constraints::in_place) { text += " " + reference(field); }
  return text;
}

Texts add_own_indexes(const HeldCollection& collection, const OwnedField& field, const RecordDialect& dialect) {
  Texts texts;
  const bool unique = field.has(sdk::kUnique);
  if (unique) {
    texts.push_back(unique_index(collection, name_of(collection, field.name, ".unique"), {field.name}, dialect));
  }
  // Of a reference, too: whoever removes a record looks for those that refer to it.
  const bool looked_up = field.has(sdk::kIndexed) || !field.references.empty();
  if (looked_up && !(unique && dialect.unique_index_is_sorted)) {
    texts.push_back(sorted_index(collection, name_of(collection, field.name, ""), {field.name}, dialect));
  }
  return texts;
}
Texts drop_own_indexes(const HeldCollection& collection, const OwnedField& field) {
  return {"DROP INDEX IF EXISTS " + name_of(collection, field.name, ".unique"),
          "DROP INDEX IF EXISTS " + name_of(collection, field.name, "")};
}

Texts add_allowed(const HeldCollection& collection, const OwnedField& field, const RecordDialect& dialect) {
  if (field.allowed.empty()) { return {}; }
  if (dialect.constraints == Constraints::in_place) {
    return {trigger(collection, field, ".new", "INSERT"),
            trigger(collection, field, ".changed", "UPDATE OF " + column_of(field.name))};
  }
  return {"ALTER TABLE " + table_of(collection.spec.name) + " ADD CONSTRAINT " +
          name_of(collection, field.name, ".allowed") + " CHECK (" + is_allowed(field, column_of(field.name)) + ")"};
}
Texts drop_allowed(const HeldCollection& collection, const OwnedField& field, const RecordDialect& dialect) {
  if (dialect.constraints == Constraints::in_place) {
    return {"DROP TRIGGER IF EXISTS " + name_of(collection, field.name, ".new"),
            "DROP TRIGGER IF EXISTS " + name_of(collection, field.name, ".changed")};
  }
  return {"ALTER TABLE " + table_of(collection.spec.name) + " DROP CONSTRAINT IF EXISTS " +
          name_of(collection, field.name, ".allowed")};
}

Texts add_belongings(const HeldCollection& collection, const OwnedField& field, const RecordDialect& dialect) {
  Texts texts = add_own_indexes(collection, field, dialect);
  append(texts, add_allowed(collection, field, dialect));
  if (!field.references.empty() && dialect.constraints == Constraints::named) {
    texts.push_back("ALTER TABLE " + table_of(collection.spec.name) + " ADD CONSTRAINT " +
                    name_of(collection, field.name, ".ref") + " FOREIGN KEY (" + column_of(field.name) + ") " +
                    reference(field));
  }
  return texts;
}
Texts drop_belongings(const HeldCollection& collection, const OwnedField& field, const RecordDialect& dialect) {
  Texts texts = drop_own_indexes(collection, field);
  append(texts, drop_allowed(collection, field, dialect));
  if (dialect.constraints == Constraints::named) {
    texts.push_back("ALTER TABLE " + table_of(collection.spec.name) + " DROP CONSTRAINT IF EXISTS " +
                    name_of(collection, field.name, ".ref"));
  }
  for (const OwnedIndex& index : collection.spec.indexes) {
    if (std::find(index.fields.begin(), index.fields.end(), field.name) == index.fields.end()) { continue; }
    texts.push_back("DROP INDEX " + name_of(collection, index));
  }
  return texts;
}
std::string drop_index(const HeldCollection& collection, const OwnedIndex& index) {
  return "DROP INDEX IF EXISTS " + name_of(collection, index);
}
std::string add_index(const HeldCollection& collection, const OwnedIndex& index, const RecordDialect& dialect) {
  const auto make = index.unique ? unique_index : sorted_index;
  return make(collection, name_of(collection, index), index.fields, dialect);
}

Texts add_download_reference(std::string_view collection, const RecordDialect& dialect) {
  const std::string references = " REFERENCES " + table_of(collection) + " (\"id\")";
  const std::string table(dialect.download_table);
  const std::string column = "ALTER TABLE " + table + " ADD COLUMN movie_ref " + dialect.download_reference;
  Texts texts;
  if (dialect.constraints == Constraints::in_place) {
    texts.push_back(column + references);
  } else {
    texts.push_back(column);
    texts.push_back("ALTER TABLE " + table + " ADD CONSTRAINT download_movie_exists FOREIGN KEY (movie_ref)" +
                    references + dialect.unchecked);
  }
  // For the database, which looks here before a record goes.
  texts.push_back("CREATE INDEX download_movie_ref ON " + table + " (movie_ref) WHERE movie_ref IS NOT NULL");
  return texts;
}
Texts drop_download_reference(const RecordDialect& dialect) {
  return {"DROP INDEX download_movie_ref",
          std::string("ALTER TABLE ") + dialect.download_table + " DROP COLUMN movie_ref"};
}

}  // namespace quarry::storage_sql
