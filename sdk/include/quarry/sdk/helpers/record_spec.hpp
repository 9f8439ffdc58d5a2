// SPDX-License-Identifier: MIT
// Declarations of record_store/1 that own their texts: for a store, which remembers what was declared, compares it with
// what the next host declares, and keeps it as JSON beside its tables.
//
// Functions that throw, throw Error with a sentence that names collection and field. All are pure. [thread-safe]
#pragma once

#include <quarry/sdk/abi/record_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <compare>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace quarry::sdk::record_rules {

/// A Value that owns its text.
struct OwnedValue {
  OwnedValue() = default;
  explicit OwnedValue(const Value& value);

  /// Valid while this one is neither changed nor destroyed.
  [[nodiscard]] Value view() const;
  [[nodiscard]] bool is_null() const noexcept { return kind == Value::Kind::null; }
  /// As in a sentence: null, 12, true, "text" (long text is cut).
  [[nodiscard]] std::string shown() const;

  Value::Kind kind = Value::Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
};
/// The order of record_store/1: null first, text by its bytes. Both are of one kind, or null.
[[nodiscard]] std::weak_ordering compare(const OwnedValue& a, const OwnedValue& b) noexcept;
[[nodiscard]] bool operator==(const OwnedValue& a, const OwnedValue& b) noexcept;

struct OwnedField {
  [[nodiscard]] bool has(FieldFlag flag) const noexcept { return (flags & flag) != 0; }

  std::string name;
  FieldType type = FieldType::text;
  std::uint32_t flags = 0;
  OwnedValue initial;
  std::string references;
  OnDelete on_delete = OnDelete::restrict_it;
  std::vector<std::string> allowed;
};
/// An index names its fields: what is held and what is declared may have them at other places.
struct OwnedIndex {
  std::string name;
  std::vector<std::string> fields;
  bool unique = false;
};
struct OwnedCollection {
  OwnedCollection() = default;
  /// A declaration that check_declaration() has found good.
  explicit OwnedCollection(const CollectionSpec& spec);

  /// The place of a field; kNoField when there is none of this name.
  [[nodiscard]] std::int32_t place_of(std::string_view field) const noexcept;
  [[nodiscard]] const OwnedField* field(std::string_view name) const noexcept;
  [[nodiscard]] const OwnedIndex* index(std::string_view name) const noexcept;

  std::string name;
  std::uint32_t flags = 0;
  std::vector<OwnedField> fields;
  std::vector<OwnedIndex> indexes;
};
/// By name.
using Collections = std::map<std::string, OwnedCollection, std::less<>>;

/// Copies of declarations that check_declaration() has found good.
[[nodiscard]] Collections owned(std::span<const CollectionSpec> specs);

/// A CollectionSpec of an OwnedCollection, for a CollectionSink or declare(). Valid while the collection is neither
/// changed nor destroyed.
class SpecView {
 public:
  explicit SpecView(const OwnedCollection& collection);
  SpecView(SpecView&&) = default;
  SpecView& operator=(SpecView&&) = default;
  SpecView(const SpecView&) = delete;
  SpecView& operator=(const SpecView&) = delete;

  [[nodiscard]] const CollectionSpec& spec() const noexcept { return spec_; }

 private:
  std::deque<std::vector<std::string_view>> texts_;
  std::deque<std::vector<std::int32_t>> places_;
  std::vector<FieldSpec> fields_;
  std::vector<IndexSpec> indexes_;
  CollectionSpec spec_;
};

/// What declare() has to make in one collection.
struct CollectionChange {
  [[nodiscard]] bool empty() const noexcept {
    return !made && fields.empty() && indexes.empty() && indexed.empty() && allowed.empty();
  }

  std::string collection;
  bool made = false;                 ///< it is new: all of `fields` and `indexes`, with `flags`
  std::uint32_t flags = 0;           ///< of a new collection
  std::vector<OwnedField> fields;    ///< new ones; existing records take the initial value, or null
  std::vector<OwnedIndex> indexes;   ///< new ones
  std::vector<std::string> indexed;  ///< fields held that become kIndexed
  std::vector<OwnedField> allowed;   ///< fields held, as they are with all allowed values (none: any)
};
/// What is declared and not held, in the order of the names; nothing for a collection that lacks nothing. Throws
/// `conflict` where the two contradict each other. `has_records` is asked only where the answer matters.
[[nodiscard]] std::vector<CollectionChange> difference(
    const Collections& held, const Collections& declared,
    const std::function<bool(const OwnedCollection& held)>& has_records);
/// Makes the change in the declarations held.
void apply(const CollectionChange& change, Collections& held);

/// Makes a step of change_schema() in the declarations held. False: it names nothing that is held. Throws `conflict`
/// when it cannot be made; then `held` is as it was.
[[nodiscard]] bool apply(const SchemaStep& step, Collections& held);

/// As JSON text, one object.
[[nodiscard]] std::string to_json(const OwnedCollection& collection);
/// Throws `internal` when the text is none that to_json() made.
[[nodiscard]] OwnedCollection collection_from_json(std::string_view json);

[[nodiscard]] std::string_view to_string(FieldType type) noexcept;
[[nodiscard]] std::string_view to_string(OnDelete on_delete) noexcept;
/// collection "movie", field "year"
[[nodiscard]] std::string place_name(std::string_view collection, std::string_view field);

}  // namespace quarry::sdk::record_rules
