// SPDX-License-Identifier: MIT
// The rules every record store shares, as pure functions: which declarations and requests are not well-formed, and
// which values a record may have. So all stores refuse alike, with the same sentences.
//
// The check functions throw Error(invalid) with a sentence that names collection and field. What they let pass, fits:
// places are in range, kinds are those of the fields, texts are valid UTF-8, names are safe to stand in SQL.
//
// A store checks a declaration and keeps owned() of it; find_declared() looks there for each request.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>
#include <quarry/sdk/helpers/record_spec.hpp>

namespace quarry::sdk::record_rules {

inline constexpr std::size_t kMaxName = 40;
inline constexpr std::size_t kMaxFields = 100;
inline constexpr std::size_t kMaxIndexes = 20;
inline constexpr std::size_t kMinIndexFields = 2;
inline constexpr std::size_t kMaxIndexFields = 4;
inline constexpr std::size_t kMaxText = std::size_t{1} << 20U;
inline constexpr std::int32_t kMaxPage = 1000;
inline constexpr std::size_t kMaxConditions = 8;
inline constexpr std::size_t kMaxOrder = 4;
inline constexpr std::size_t kMaxIn = 500;
inline constexpr std::size_t kMaxWrites = 500;

/// [a-z][a-z0-9_]{0,39}
[[nodiscard]] bool is_name(std::string_view name) noexcept;
/// UTF-8 without NUL, at most 1 MiB.
[[nodiscard]] bool is_text(std::string_view text) noexcept;

/// The whole of a declare().
void check_declaration(std::span<const CollectionSpec> collections);
/// The arguments of a change_schema().
void check_steps(std::int64_t version, std::span<const SchemaStep> steps);

/// The collection that this process declared under the name; throws `invalid` when there is none.
[[nodiscard]] const OwnedCollection& find_declared(const Collections& declared, std::string_view name);
void check_where(const OwnedCollection& collection, std::span<const Condition> where);
/// `collection` is the one that the request names.
void check(const OwnedCollection& collection, const FindRecords& request);
/// A whole batch.
void check(const Collections& declared, std::span<const RecordWrite> writes);

/// What the values of one write do to the rules of their fields, seen alone: `applied`, or `missing` or `not_allowed`
/// with the first such field. `inserts`: the write makes a record, so fields not named take their initial value.
[[nodiscard]] WriteOutcome judge_values(const OwnedCollection& collection, const RecordWrite& write, bool inserts);
/// Judges the version that a write expects, against that of the record (0: there is none). `applied`, `not_found`
/// or `stale_version` with the version it is now.
[[nodiscard]] WriteOutcome judge_version(const RecordWrite& write, std::int64_t version) noexcept;

/// The type of a place: a field's, or integer for what every record has. `place` must be valid.
[[nodiscard]] FieldType type_of(const OwnedCollection& collection, std::int32_t place) noexcept;
/// The name of a place, also "id", "version", "created_at_ms", "updated_at_ms". `place` must be valid.
[[nodiscard]] std::string_view name_of(const OwnedCollection& collection, std::int32_t place) noexcept;
/// The kind of values that a field of this type has.
[[nodiscard]] Value::Kind kind_of(FieldType type) noexcept;

}  // namespace quarry::sdk::record_rules
