// SPDX-License-Identifier: MIT
// From declarations to tables: the statements that make, change and drop what a collection consists of.
//
// A collection is a table (see table_of()) whose columns are those that every record has, and its fields. What belongs
// to a column is named by the number of its collection, since the names of collection and field together may be longer
// than PostgreSQL allows: rec_NUMBER_FIELD is the index of a field, rec_NUMBER__INDEX one over several.
#pragma once

#include "record_dialect.hpp"

#include <quarry/sdk/helpers/record_spec.hpp>

#include <string>
#include <vector>

namespace quarry::storage_sql {

using Texts = std::vector<std::string>;

/// A collection that is held: its declaration, and the number in the names of what belongs to it.
struct HeldCollection {
  const sdk::record_rules::OwnedCollection& spec;
  std::int64_t number;
};

/// A table without fields.
[[nodiscard]] std::string create_table(std::string_view collection, const RecordDialect& dialect);
/// Records that are there get the initial value. Without add_belongings() nothing points at the field yet.
[[nodiscard]] std::string add_column(std::string_view collection, const sdk::record_rules::OwnedField& field,
                                     const RecordDialect& dialect);
/// What belongs to a field: its index, its allowed values, its reference.
[[nodiscard]] Texts add_belongings(const HeldCollection& collection, const sdk::record_rules::OwnedField& field,
                                   const RecordDialect& dialect);
[[nodiscard]] std::string add_index(const HeldCollection& collection, const sdk::record_rules::OwnedIndex& index,
                                    const RecordDialect& dialect);
/// Also where there is no such index.
[[nodiscard]] std::string drop_index(const HeldCollection& collection, const sdk::record_rules::OwnedIndex& index);
/// The same things, taken away with all indexes that the field is part of.
[[nodiscard]] Texts drop_belongings(const HeldCollection& collection, const sdk::record_rules::OwnedField& field,
                                    const RecordDialect& dialect);
/// Also where the field has no such index, as far as the database can tell.
[[nodiscard]] Texts drop_own_indexes(const HeldCollection& collection, const sdk::record_rules::OwnedField& field);
[[nodiscard]] Texts add_own_indexes(const HeldCollection& collection, const sdk::record_rules::OwnedField& field,
                                    const RecordDialect& dialect);
[[nodiscard]] Texts drop_allowed(const HeldCollection& collection, const sdk::record_rules::OwnedField& field,
                                 const RecordDialect& dialect);
[[nodiscard]] Texts add_allowed(const HeldCollection& collection, const sdk::record_rules::OwnedField& field,
                                const RecordDialect& dialect);

/// Downloads refer to this collection: a column of the table of downloads that is null where movie_id is 0, and a
/// foreign key. Downloads that are there already need not refer to anything.
[[nodiscard]] Texts add_download_reference(std::string_view collection, const RecordDialect& dialect);
[[nodiscard]] Texts drop_download_reference(const RecordDialect& dialect);

/// A value as it stands in a definition.
[[nodiscard]] std::string literal(const sdk::record_rules::OwnedValue& value, const RecordDialect& dialect);

}  // namespace quarry::storage_sql
