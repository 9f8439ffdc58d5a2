// SPDX-License-Identifier: MIT
#include "record_index.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace quarry::storage_sql {
namespace {

using sdk::FindRecords;
using sdk::Match;
using sdk::record_rules::OwnedCollection;
using sdk::record_rules::OwnedField;
using sdk::record_rules::OwnedIndex;
using Names = std::vector<std::string>;

class Chooser {
 public:
  Chooser(const OwnedCollection& collection, const FindRecords& request) : collection_(collection), request_(request) {
    for (const sdk::SortField& key : request.order) {
      if (key.field == sdk::kFieldId) { break; }  // what comes after tells nothing apart
      const std::string name(sdk::record_rules::name_of(collection, key.field));
      if (!is_given(name)) { order_.push_back(name); }
    }
  }

  [[nodiscard]] IndexChoice choose() {
    if (finds_one()) { return {}; }
    if (has_one_direction() && !is_order_bounded()) {
      for (const OwnedField& field : collection_.fields) {
        if (field.has(sdk::kIndexed) || !field.references.empty()) { weigh({field.name}); }
      }
      for (const OwnedIndex& index : collection_.indexes) {
        if (!index.unique) { weigh(index.fields); }
      }
    }
    if (best_ > 0) { return {IndexChoice::By::order, collection_.place_of(lead_), other_words()}; }
    return {finds_few() ? IndexChoice::By::conditions : IndexChoice::By::planner, sdk::kNoField, {}};
  }

 private:
  [[nodiscard]] const OwnedField* field_of(const sdk::Condition& condition) const {
    return condition.field < 0 ? nullptr : &collection_.fields[static_cast<std::size_t>(condition.field)];
  }
  [[nodiscard]] bool is_given(const std::string& name) const {
    return std::any_of(request_.where.begin(), request_.where.end(), [&](const sdk::Condition& condition) {
      const OwnedField* const field = field_of(condition);
      return condition.match == Match::equal && field != nullptr && field->name == name;
    });
  }
  /// One of a few words: many records have it.
  [[nodiscard]] bool is_word(const std::string& name) const { return !collection_.field(name)->allowed.empty(); }

  [[nodiscard]] bool finds_one() const {
    return std::any_of(request_.where.begin(), request_.where.end(), [&](const sdk::Condition& condition) {
      const OwnedField* const field = field_of(condition);
      return condition.match == Match::equal &&
             (condition.field == sdk::kFieldId || (field != nullptr && field->has(sdk::kUnique)));
    });
  }
  [[nodiscard]] bool finds_few() const {
    return std::any_of(request_.where.begin(), request_.where.end(), [&](const sdk::Condition& condition) {
      if (condition.match != Match::equal && condition.match != Match::in) { return false; }
      if (condition.field == sdk::kFieldId) { return !order_.empty(); }
      const OwnedField* const field = field_of(condition);
      if (field == nullptr || !field->allowed.empty()) { return false; }
      return field->has(sdk::kUnique) || field->has(sdk::kIndexed) || !field->references.empty();
    });
  }
  /// An index is read in one direction.
  [[nodiscard]] bool has_one_direction() const {
    return std::all_of(request_.order.begin(), request_.order.end(), [&](const sdk::SortField& key) {
      return (key.descending != 0) == (request_.order.front().descending != 0) &&
             (key.field >= 0 || key.field == sdk::kFieldId);
    });
  }
  /// Where the order ends early, an index that is forced would be read beyond that.
  [[nodiscard]] bool is_order_bounded() const {
    return std::any_of(request_.where.begin(), request_.where.end(), [&](const sdk::Condition& condition) {
      const OwnedField* const field = field_of(condition);
      return condition.field == sdk::kFieldId ||
             (field != nullptr && std::find(order_.begin(), order_.end(), field->name) != order_.end());
    });
  }
  void weigh(const Names& fields) {
    auto rest = fields.begin();
    int weight = 0;
    const std::string* lead = nullptr;
    for (; rest != fields.end() && is_given(*rest); ++rest) {
      weight += is_word(*rest) ? 1 : 2;
      if (lead == nullptr || (is_word(*lead) && !is_word(*rest))) { lead = &*rest; }
    }
    if (weight <= best_ || !std::equal(rest, fields.end(), order_.begin(), order_.end())) { return; }
    best_ = weight;
    lead_ = *lead;
    index_ = fields;
  }
  /// Of those given, which are no part of the index.
  [[nodiscard]] std::vector<std::int32_t> other_words() const {
    std::vector<std::int32_t> words;
    for (const sdk::Condition& condition : request_.where) {
      const OwnedField* const field = field_of(condition);
      if (condition.match != Match::equal || field == nullptr || !is_word(field->name)) { continue; }
      if (std::find(index_.begin(), index_.end(), field->name) == index_.end()) { words.push_back(condition.field); }
    }
    return words;
  }

  const OwnedCollection& collection_;
  const FindRecords& request_;
  Names order_;  ///< without what is the same in all records that are asked for
  int best_ = 0;
  std::string lead_;
  Names index_;
};

}  // namespace

IndexChoice choose_index(const OwnedCollection& collection, const FindRecords& request) {
  return Chooser(collection, request).choose();
}

}  // namespace quarry::storage_sql
