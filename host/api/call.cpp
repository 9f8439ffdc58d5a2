// SPDX-License-Identifier: MIT
#include "api/call.hpp"

#include <algorithm>

namespace quarry::api {

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view ApiRequest::path_param(std::string_view name) const noexcept {
  const auto it = std::find_if(path_params.begin(), path_params.end(), [&](const auto& p) { return p.first == name; });
  return it == path_params.end() ? std::string_view() : std::string_view(it->second);
}

}  // namespace quarry::api
