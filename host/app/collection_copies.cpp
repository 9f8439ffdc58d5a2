// SPDX-License-Identifier: MIT
#include "app/collection_copies.hpp"

namespace quarry::app {

sdk::FieldSpec CollectionCopies::keep(const sdk::FieldSpec& field) {
  sdk::FieldSpec copy = field;
  copy.name = keep(field.name);
  copy.references = keep(field.references);
  copy.initial.text = keep(field.initial.text);
  auto& allowed = words_.emplace_back();
  for (const std::string_view word : field.allowed) { allowed.push_back(keep(word)); }
  copy.allowed = allowed;
  return copy;
}

bool CollectionCopies::add(const sdk::CollectionSpec& collection) noexcept {
  sdk::CollectionSpec copy = collection;
  copy.name = keep(collection.name);
  auto& fields = fields_.emplace_back();
  for (const sdk::FieldSpec& field : collection.fields) { fields.push_back(keep(field)); }
  auto& indexes = indexes_.emplace_back();
  for (const sdk::IndexSpec& index : collection.indexes) {
    sdk::IndexSpec kept = index;
    kept.name = keep(index.name);
    kept.fields = places_.emplace_back(index.fields.begin(), index.fields.end());
    indexes.push_back(kept);
  }
  copy.fields = fields;
  copy.indexes = indexes;
  specs_.push_back(copy);
  return true;
}

}  // namespace quarry::app
