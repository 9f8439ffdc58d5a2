// SPDX-License-Identifier: MIT
// A request and a response as plain data: what handlers see. No type of the network library is here.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quarry::http {

/// Names and values in the order they came; a name may be there more than once.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// ASCII letters only: what HTTP means by case-insensitive.
[[nodiscard]] constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
[[nodiscard]] inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

/// The first value of that name, without regard to case; `fallback` when there is none.
[[nodiscard]] inline std::string_view value_of(const Fields& fields, std::string_view name,
                                               std::string_view fallback = {}) noexcept {
  for (const auto& [key, value] : fields) {
    if (equal_ignoring_case(key, name)) { return value; }
  }
  return fallback;
}

/// A request whose head was checked and whose body came whole.
struct Request {
  std::string method;      ///< "GET"; a HEAD request reaches the handler of GET as "HEAD"
  std::string target;      ///< as it came: "/api/v3/queue?page=2". May hold the API key: never log it
  std::string path;        ///< the target without its query, still percent-encoded
  std::string body;        ///< at most as long as the route allows
  std::string request_id;  ///< the caller's X-Request-Id when it is a sensible one, else made here; never empty
  Fields query;            ///< decoded, valid UTF-8 without NUL
  Fields path_params;      ///< decoded; named as in the route's pattern
  Fields headers;

  [[nodiscard]] std::string_view header(std::string_view name) const noexcept { return value_of(headers, name); }
};

/// The server adds Content-Length, Date, Connection, X-Request-Id, X-Application-Version,
/// X-Content-Type-Options and Cache-Control; a handler gives what only it knows.
struct Response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";  ///< empty: no body is meant
  std::string body;
  Fields headers;  ///< bytes that may not stand in a header are replaced by '?'
};

}  // namespace quarry::http
