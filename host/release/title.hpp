// SPDX-License-Identifier: MIT
// Where the title stands in a release name. Internal to this folder.
#pragma once

#include "release/tokens.hpp"

#include <string>
#include <string_view>

namespace quarry::release {

struct TitleSpan {
  std::size_t first = 0;  ///< words [first, end) are the title
  std::size_t end = 0;
  std::size_t year_word = 0;  ///< the word that is the year; tokens.size() when there is none
  int year = 0;
  std::string_view leading_group;  ///< "SubsPlease" of "[SubsPlease] Title"; empty when there is none
};

[[nodiscard]] TitleSpan find_title(const Tokens& tokens);
/// The title for people: "G.I. Movie" of "G.I.Movie".
[[nodiscard]] std::string title_text(const Tokens& tokens, const TitleSpan& span);

}  // namespace quarry::release
