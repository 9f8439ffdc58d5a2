// SPDX-License-Identifier: MIT
// Comparing film titles as people write them.
#pragma once

#include <string>
#include <string_view>

namespace quarry::sdk {

/// `title` in the form used to compare: lower case, without accents, punctuation, blanks and a leading
/// "the", "a" or "an"; "&" and "+" become "and". Letters of other scripts stay. A title of nothing but
/// punctuation stays as it is, in lower case. Bytes that are not UTF-8 are dropped. [thread-safe]
[[nodiscard]] std::string fold_title(std::string_view title);

/// Both titles fold to the same text. A title that lists others ("A AKA B", "A / B", "A (B)") is the
/// same as each of them, and one that ends in "3D" the same as without it. Two empty titles are not the same.
/// [thread-safe]
[[nodiscard]] bool same_title(std::string_view a, std::string_view b);

}  // namespace quarry::sdk
