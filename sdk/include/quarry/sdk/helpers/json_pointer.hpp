// SPDX-License-Identifier: MIT
// One step of a JSON pointer (RFC 6901).
#pragma once

#include <string>
#include <string_view>

namespace quarry::sdk {

/// `key` as it stands in a pointer: "~" is "~0" there and "/" is "~1".
[[nodiscard]] inline std::string json_pointer_part(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace quarry::sdk
