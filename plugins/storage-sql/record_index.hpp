// SPDX-License-Identifier: MIT
// Which index a page is to be read along, for a planner that would rather guess.
#pragma once

#include <quarry/sdk/helpers/record_store_rules.hpp>

#include <vector>

namespace quarry::storage_sql {

/// By declaration alone: what the values of a field really are changes, and a planner may know nothing of them.
struct IndexChoice {
  enum class By {
    planner,     ///< whatever it likes: it cannot be far wrong, or nothing is better
    order,       ///< an index begins with `field`, whose value is given, and goes on as the order does
    conditions,  ///< few rows have the values asked for, and no index has those in the order asked for: sort them
  };
  By by = By::planner;
  std::int32_t field = sdk::kNoField;  ///< of By::order
  /// Of By::order: fields whose values are asked for, too, and not to be searched by. Many rows have them.
  std::vector<std::int32_t> passed;
};

/// `request` has passed its checks.
[[nodiscard]] IndexChoice choose_index(const sdk::record_rules::OwnedCollection& collection,
                                       const sdk::FindRecords& request);

}  // namespace quarry::storage_sql
