// SPDX-License-Identifier: MIT
// Looking for whole words, so that "TS" is not found in "DTS".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quarry::scorer {

/// The words of `text` in lower case: runs of letters and digits; every byte beyond ASCII is a letter.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

/// Words [first, last) of a list.
struct WordRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

/// `wanted` stands in `words`, in a row, at a place that does not touch `except`. An empty `wanted` never does.
[[nodiscard]] bool holds_words(const std::vector<std::string>& words, const std::vector<std::string>& wanted,
                               WordRange except = {});

/// Where the words of `title` stand in `words`; an empty range when they do not, or when they are all there is.
[[nodiscard]] WordRange find_title(const std::vector<std::string>& words, std::string_view title);

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool same_text(std::string_view a, std::string_view b) noexcept;

}  // namespace quarry::scorer
