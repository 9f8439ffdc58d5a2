// SPDX-License-Identifier: MIT
// One call of the API as plain data. The API knows no server: whoever serves it turns its requests into
// ApiRequest and its ApiResponse back, so that every route is tested by calling a function.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quarry::api {

/// Names and values in the order they came; a name may be there more than once.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// ASCII letters only.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// A call that has passed authentication, with its body whole.
struct ApiRequest {
  std::string request_id;    ///< names the call in answers and logs
  std::string content_type;  ///< as it came; empty when there was none
  std::string body;
  Fields path_params;  ///< decoded; named as in the route's pattern
  Fields query;        ///< decoded UTF-8

  /// The path parameter of that name; empty when the pattern has none.
  [[nodiscard]] std::string_view path_param(std::string_view name) const noexcept;
};

/// The body is JSON, always.
struct ApiResponse {
  int status = 200;
  std::string body;
  Fields headers;  ///< Location, Retry-After and the like
};

}  // namespace quarry::api
