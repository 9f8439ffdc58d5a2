// SPDX-License-Identifier: MIT
// Numbers as people read them. Sizes, speeds and times left come from the host ready to print
// (sizeDisplay, speedDisplay, etaDisplay); here is what only the command line shows.
#pragma once

#include <cstdint>
#include <string>

namespace quarry::cli {

/// "75", "62.5": at most one decimal, none when it is zero.
[[nodiscard]] std::string format_score(double score);
/// "+50", "-7.5".
[[nodiscard]] std::string format_points(double points);
/// "5 min", "3 h", "12 d", "4 y": the largest unit of which there is at least one. Negative: unknown, "-".
[[nodiscard]] std::string format_age(std::int64_t minutes);
/// "  0 %" to "100 %"; only what is complete shows 100.
[[nodiscard]] std::string format_percent(double percent);
/// `width` columns filled as far as `percent` (0–100) says: "███▌░░" with `utf8`, else "[###---]".
[[nodiscard]] std::string progress_bar(double percent, int width, bool utf8);

}  // namespace quarry::cli
