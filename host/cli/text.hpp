// SPDX-License-Identifier: MIT
// Text for a terminal: how wide it is, how to cut it, and how to keep it from doing harm.
//
// Titles and error texts come from indexers, that is from strangers. Printed as they are, they could
// clear the screen, retitle the window or hide what a line really says.
#pragma once

#include <quarry/sdk/helpers/http_client.hpp>

#include <string>
#include <string_view>

namespace quarry::cli {

/// `text` on one line, without anything a terminal obeys: control characters are written as "\x1b",
/// marks that reorder or hide text as "\u202e", and bytes that are not UTF-8 as U+FFFD. With `utf8`
/// false, for a terminal that cannot show more than ASCII, every other character becomes '?'.
[[nodiscard]] std::string visible(std::string_view text, bool utf8);

/// Columns that `text` takes: 2 for East Asian wide characters and emoji, 0 for combining marks.
/// `text` is a result of visible().
[[nodiscard]] int display_width(std::string_view text);

/// At most `width` columns of `text`; what is cut is marked by "…" ("..." without `utf8`), which
/// counts. A character is never split. `text` is a result of visible().
[[nodiscard]] std::string cut(std::string_view text, int width, bool utf8);

/// `text` in lines of at most `width` columns, broken at blanks where possible; at least one line.
/// `width` 0 or less: one line. `text` is a result of visible().
[[nodiscard]] std::string wrap(std::string_view text, int width, std::string_view indent);

/// For one segment of a path or one value of a query.
using sdk::percent_encode;

}  // namespace quarry::cli
