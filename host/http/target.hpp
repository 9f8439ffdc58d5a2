// SPDX-License-Identifier: MIT
// Takes a request target apart: "/api/v3/queue/7?status=paused".
#pragma once

#include "http/message.hpp"

#include <optional>

namespace quarry::http {

struct Target {
  std::string path;                   ///< "/api/v3/queue/7", as it came
  std::vector<std::string> segments;  ///< "api", "v3", "queue", "7": decoded; one '/' at the end is not counted
  Fields query;                       ///< decoded, '+' as a blank; a key without '=' has an empty value
};

/// Nothing when the target is not in origin form ("/…"), holds a broken percent escape, or decodes to
/// NUL or to text that is not UTF-8. "." and ".." are ordinary segments: no path ever names a file.
[[nodiscard]] std::optional<Target> parse_target(std::string_view target);

/// Whether the bytes are well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace quarry::http
