// SPDX-License-Identifier: MIT
// Text from strangers, made fit to be kept and shown.
#pragma once

#include <string>
#include <string_view>

namespace quarry::queue {

/// `text` as one line of UTF-8: control characters and bytes that are no UTF-8 are dropped, and what
/// is longer than `max_bytes` is cut between two characters. [thread-safe]
[[nodiscard]] std::string clean_line(std::string_view text, std::size_t max_bytes);

/// Valid UTF-8 without NUL, as every text of the queue is. [thread-safe]
[[nodiscard]] bool is_sound_text(std::string_view text) noexcept;

}  // namespace quarry::queue
