// SPDX-License-Identifier: MIT
#pragma once

#include <quarry/sdk/helpers/json.hpp>

namespace quarry::api {

/// Writes the member unless its value is empty: what is not known is left out.
inline void add_text(sdk::JsonWriter& w, std::string_view name, std::string_view value) {
  if (!value.empty()) { w.member(name, value); }
}

}  // namespace quarry::api
