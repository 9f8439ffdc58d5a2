// SPDX-License-Identifier: MIT
// Who made the release. Internal to this folder.
#pragma once

#include "release/title.hpp"

namespace quarry::release {

struct GroupSpan {
  std::string_view text;   ///< empty when the name states none
  std::size_t offset = 0;  ///< where the group begins in the name; its size when there is none
};

[[nodiscard]] GroupSpan find_group(const Tokens& tokens, const TitleSpan& title);

}  // namespace quarry::release
