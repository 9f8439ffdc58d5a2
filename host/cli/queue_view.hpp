// SPDX-License-Identifier: MIT
// A page of the queue as text.
#pragma once

#include "cli/commands.hpp"

namespace quarry::cli {

/// Path and query for that page.
[[nodiscard]] std::string queue_path(const QueueOptions& options);

/// A table with a progress bar in each row, and a last line that says what part of the queue it is.
[[nodiscard]] std::string render_queue(sdk::Json page, const Terminal& terminal);

/// Something happens to it by itself: it is queued, downloading or stalled.
[[nodiscard]] bool is_active(std::string_view status) noexcept;

}  // namespace quarry::cli
