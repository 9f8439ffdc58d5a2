// SPDX-License-Identifier: MIT
// What the queue must know of URLs: where a redirect leads, and how much of one people may see. A
// URL's path is as secret as its query: many sites put a passkey there. Functions are [thread-safe].
#pragma once

#include <string>
#include <string_view>

namespace quarry::queue {

/// Whether `url` starts with this scheme (given in lower case, without ":"), in whatever case.
[[nodiscard]] bool has_scheme(std::string_view url, std::string_view scheme) noexcept;

/// Host of "scheme://user@host:port/path", lower case; empty when there is none.
[[nodiscard]] std::string host_of(std::string_view url);

/// "scheme://host:port", lower case: all of a download's URL that may be shown or logged.
[[nodiscard]] std::string origin_of(std::string_view url);

/// `text` fit to be shown: each URL in it is cut to its origin, and what else it repeats of `url`'s
/// path or query becomes "…".
[[nodiscard]] std::string without_paths(std::string_view text, std::string_view url = {});

/// A Location header as a browser at `base` (an absolute http or https URL) reads it: RFC 3986,
/// section 5.2. Without its fragment; blanks are encoded.
[[nodiscard]] std::string resolve_location(std::string_view base, std::string_view location);

}  // namespace quarry::queue
