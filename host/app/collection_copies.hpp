// SPDX-License-Identifier: MIT
// Declarations of collections, kept beyond the call that told them.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::app {

class CollectionCopies final : public sdk::CollectionSink {
 public:
  CollectionCopies() = default;
  CollectionCopies(const CollectionCopies&) = delete;
  CollectionCopies& operator=(const CollectionCopies&) = delete;

  bool add(const sdk::CollectionSpec& collection) noexcept override;
  /// In the order in which they were told. Lives as long as this does, until the next add().
  [[nodiscard]] std::span<const sdk::CollectionSpec> all() const noexcept { return specs_; }

 private:
  [[nodiscard]] std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
  [[nodiscard]] sdk::FieldSpec keep(const sdk::FieldSpec& field);

  // Deques: what is in them stays where it is.
  std::deque<std::string> texts_;
  std::deque<std::vector<std::string_view>> words_;
  std::deque<std::vector<std::int32_t>> places_;
  std::deque<std::vector<sdk::FieldSpec>> fields_;
  std::deque<std::vector<sdk::IndexSpec>> indexes_;
  std::vector<sdk::CollectionSpec> specs_;
};

}  // namespace quarry::app
