// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/record_spec.hpp>

#include <algorithm>
#include <charconv>

namespace quarry::sdk::record_rules {

OwnedValue::OwnedValue(const Value& value)
    : kind(value.kind),
      integer(value.kind == Value::Kind::integer || value.kind == Value::Kind::boolean ? value.integer : 0),
      real(value.kind == Value::Kind::real ? value.real : 0),
      text(value.kind == Value::Kind::text || value.kind == Value::Kind::bytes ? value.text : std::string_view()) {}

Value OwnedValue::view() const {
  Value value;
  value.kind = kind;
  value.integer = integer;
  value.real = real;
  value.text = text;
  return value;
}

std::string OwnedValue::shown() const {
  constexpr std::size_t kMost = 60;
  switch (kind) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::integer:
      return std::to_string(integer);
    case Value::Kind::boolean:
      return integer != 0 ? "true" : "false";
    case Value::Kind::real: {
      char digits[32];
      return {digits, std::to_chars(digits, digits + sizeof digits, real).ptr};
    }
    case Value::Kind::text:
      break;
    case Value::Kind::bytes:
      return std::to_string(text.size()) + " bytes";
  }
  return '"' + (text.size() <= kMost ? text : text.substr(0, kMost) + "…") + '"';
}

std::weak_ordering compare(const OwnedValue& a, const OwnedValue& b) noexcept {
  if (a.is_null() || b.is_null()) { return !a.is_null() <=> !b.is_null(); }
  if (a.kind != b.kind) { return a.kind <=> b.kind; }
  if (a.kind == Value::Kind::real) {
    return a.real < b.real   ? std::weak_ordering::less
           : a.real > b.real ? std::weak_ordering::greater
                             : std::weak_ordering::equivalent;
  }
  if (a.kind == Value::Kind::text || a.kind == Value::Kind::bytes) { return a.text.compare(b.text) <=> 0; }
  return a.integer <=> b.integer;
}
bool operator==(const OwnedValue& a, const OwnedValue& b) noexcept { return std::is_eq(compare(a, b)); }

OwnedCollection::OwnedCollection(const CollectionSpec& spec) : name(spec.name), flags(spec.flags) {
  for (const FieldSpec& field : spec.fields) {
    fields.push_back({std::string(field.name), field.type, field.flags, OwnedValue(field.initial),
                      std::string(field.references), field.on_delete,
                      std::vector<std::string>(field.allowed.begin(), field.allowed.end())});
  }
  for (const IndexSpec& index : spec.indexes) {
    OwnedIndex& mine = indexes.emplace_back();
    mine.name = index.name;
    mine.unique = index.unique != 0;
    for (const std::int32_t place : index.fields) {
      mine.fields.push_back(fields.at(static_cast<std::size_t>(place)).name);
    }
  }
}

std::int32_t OwnedCollection::place_of(std::string_view field) const noexcept {
  const auto it = std::find_if(fields.begin(), fields.end(), [&](const OwnedField& one) { return one.name == field; });
  return it == fields.end() ? std::int32_t{kNoField} : static_cast<std::int32_t>(it - fields.begin());
}
const OwnedField* OwnedCollection::field(std::string_view name) const noexcept {
  const std::int32_t place = place_of(name);
  return place < 0 ? nullptr : &fields[static_cast<std::size_t>(place)];
}
const OwnedIndex* OwnedCollection::index(std::string_view name) const noexcept {
  const auto it = std::find_if(indexes.begin(), indexes.end(), [&](const OwnedIndex& one) { return one.name == name; });
  return it == indexes.end() ? nullptr : &*it;
}

Collections owned(std::span<const CollectionSpec> specs) {
  Collections all;
  for (const CollectionSpec& spec : specs) { all.emplace(spec.name, OwnedCollection(spec)); }
  return all;
}

SpecView::SpecView(const OwnedCollection& collection) {
  for (const OwnedField& field : collection.fields) {
    FieldSpec& spec = fields_.emplace_back();
    spec.name = field.name;
    spec.type = field.type;
    spec.flags = field.flags;
    spec.initial = field.initial.view();
    spec.references = field.references;
    spec.on_delete = field.on_delete;
    spec.allowed = texts_.emplace_back(field.allowed.begin(), field.allowed.end());
  }
  for (const OwnedIndex& index : collection.indexes) {
    std::vector<std::int32_t>& places = places_.emplace_back();
    for (const std::string& field : index.fields) { places.push_back(collection.place_of(field)); }
    IndexSpec& spec = indexes_.emplace_back();
    spec.name = index.name;
    spec.fields = places;
    spec.unique = index.unique ? 1 : 0;
  }
  spec_.name = collection.name;
  spec_.flags = collection.flags;
  spec_.fields = fields_;
  spec_.indexes = indexes_;
}

std::string_view to_string(FieldType type) noexcept {
  switch (type) {
    case FieldType::integer:
      return "integer";
    case FieldType::real:
      return "real";
    case FieldType::text:
      return "text";
    case FieldType::boolean:
      return "boolean";
  }
  return "unknown";
}
std::string_view to_string(OnDelete on_delete) noexcept {
  switch (on_delete) {
    case OnDelete::restrict_it:
      return "restrict";
    case OnDelete::cascade:
      return "cascade";
    case OnDelete::set_null:
      return "set_null";
  }
  return "unknown";
}
std::string place_name(std::string_view collection, std::string_view field) {
  return "collection \"" + std::string(collection) + "\", field \"" + std::string(field) + '"';
}

}  // namespace quarry::sdk::record_rules
