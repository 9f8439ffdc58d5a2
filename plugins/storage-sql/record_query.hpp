// SPDX-License-Identifier: MIT
// The statements behind get(), find() and count(). No value ever stands in a text.
#pragma once

#include "record_dialect.hpp"

#include <quarry/sdk/helpers/record_store_rules.hpp>

#include <memory>
#include <string>
#include <vector>

namespace quarry::storage_sql {

/// The parameters are views into the request, or into `texts`.
struct RecordStatement {
  std::string text;
  std::vector<sdk::Value> parameters;
  std::vector<std::unique_ptr<const std::string>> texts;  ///< where they lie does not change when this is moved
};

/// What a record's columns are, in the order in which the statements select them: those that every record has (id,
/// version, created_at_ms, updated_at_ms), then the fields.
inline constexpr std::size_t kRecordColumns = 4;
[[nodiscard]] std::vector<sdk::FieldType> column_types(const sdk::record_rules::OwnedCollection& collection);

[[nodiscard]] RecordStatement get_query(const sdk::record_rules::OwnedCollection& collection, std::int64_t id,
                                        const RecordDialect& dialect);
[[nodiscard]] RecordStatement count_query(const sdk::record_rules::OwnedCollection& collection,
                                          std::span<const sdk::Condition> where, const RecordDialect& dialect);

/// A page: the rows of these statements, one after the other, until there are enough. The last parameter of each is how
/// many it may give. "The page after (a, b, id)" is cut into pieces of which each is one stretch of an index that has
/// the order: the rows with the same a and b and a higher id, those with the same a and a higher b, those with a higher
/// a. Most pages end in the first. `request` has passed its checks.
[[nodiscard]] std::vector<RecordStatement> find_queries(const sdk::record_rules::OwnedCollection& collection,
                                                        const sdk::FindRecords& request, const RecordDialect& dialect);

/// The least text that comes after all texts with this prefix; empty when there is none. `prefix` is UTF-8, and so is
/// the answer.
[[nodiscard]] std::string after_prefix(std::string_view prefix);

}  // namespace quarry::storage_sql
