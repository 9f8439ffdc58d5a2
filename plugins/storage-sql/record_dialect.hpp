// SPDX-License-Identifier: MIT
// How the two databases differ where records are concerned, and how the names of tables and columns are made.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>

#include <array>
#include <string>
#include <string_view>

namespace quarry::storage_sql {

/// Where the allowed values and the references of a field stand. SQLite cannot change a constraint of a table that is
/// there, so the values are held by triggers, and a reference stands in the definition of its column.
enum class Constraints { named, in_place };

struct RecordDialect {
  char placeholder;  ///< before the number of a parameter
  Constraints constraints;
  std::array<const char*, 4> types;  ///< of columns, by FieldType
  const char* key_type;              ///< of the column "id"
  const char* table_options;
  const char* boolean_check;  ///< after the name of a boolean column in its CHECK; empty: the type suffices
  const char* yes;            ///< the literals of a boolean
  const char* no;
  const char* ascending;        ///< after an expression that is sorted by, so that null comes first
  const char* descending;       ///< and last
  const char* index_ends;       ///< columns that an index over fields ends with, so that it has the order of pages
  bool unique_index_is_sorted;  ///< a unique index has the order of pages, too: it needs none beside it
  bool prefers_order;           ///< its planner may walk the index of an order past rows that a condition would find:
                                ///< statements leave it no choice, see choose_index()
  const char* lock_row;         ///< after a SELECT of a record that is going to be changed
  const char* lock_key;         ///< after a SELECT of a record that is going to be referred to
  const char* download_table;   ///< that says which film a download is of, and has the column `movie_ref`
  const char* download_reference;  ///< the type and expression of this column
  const char* unchecked;           ///< after a constraint that rows which are there need not keep
  const char* columns_of_table;    ///< the statement that tells of the table with the name 1: its columns' names, types
                                   ///< and whether they are NOT NULL (1 or 0)
  const char* schema_lock;         ///< the statement that keeps other hosts from changing the schema; may be empty
};

/// `name` in double quotes. Names of record_store/1 hold none.
[[nodiscard]] std::string quoted(std::string_view name);
/// The table of a collection: no other table of the stores begins so, and it is no keyword.
[[nodiscard]] std::string table_of(std::string_view collection);
/// The column of a field. Where PostgreSQL has a column of its own by that name, it begins with a capital letter.
[[nodiscard]] std::string column_of(std::string_view field);

extern const RecordDialect kSqliteRecords;
extern const RecordDialect kPostgresRecords;

}  // namespace quarry::storage_sql
