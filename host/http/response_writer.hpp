// SPDX-License-Identifier: MIT
// The bytes in front of a response's body.
#pragma once

#include "http/message.hpp"

#include <cstdint>

namespace quarry::http {

struct ResponseContext {
  std::string_view request_id;   ///< empty: no X-Request-Id
  std::string_view app_version;  ///< X-Application-Version
  bool keep_alive = true;
  int http_version = 11;   ///< of the request; the answer is always HTTP/1.1
  std::int64_t now_s = 0;  ///< seconds since 1970, for Date
};

/// Status line, all headers and the empty line. Control characters in a value given by a handler
/// become '?', so that no value can start another header or another response.
[[nodiscard]] std::string response_head(const Response& response, const ResponseContext& context);

}  // namespace quarry::http
