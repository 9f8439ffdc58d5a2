// SPDX-License-Identifier: MIT
// The one JSON shape of all errors, and which status a failure becomes.
#pragma once

#include "api/call.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <cstdint>

namespace quarry::api {

/// What an error tells besides its status.
struct ErrorText {
  std::string_view code;         ///< lasting, for programs: "not_found"
  std::string_view message;      ///< what happened
  std::string_view description;  ///< what to do
  std::string_view field = {};   ///< the parameter or member at fault, when there is one
  std::int64_t existing_id = 0;  ///< the download that is there already, when there is one
};

/// {"message", "description", "code", "requestId"} and, where they apply, "field" and "existingId".
[[nodiscard]] ApiResponse error_response(int status, const ErrorText& text, std::string_view request_id);

/// invalid, unsupported 422 · not_found 404 · conflict 409 · rate_limited 429 · unavailable, deadline,
/// cancelled 503 · unauthenticated 502 (it is the site or client behind us that refused) · the rest
/// 500. 429 and 503 say in Retry-After when to come back.
[[nodiscard]] ApiResponse failure_response(const sdk::Failure& failure, std::string_view request_id,
                                           std::int64_t existing_id = 0);

/// The word for `code` in error answers: "not_found".
[[nodiscard]] std::string_view code_word(sdk::Code code) noexcept;

}  // namespace quarry::api
