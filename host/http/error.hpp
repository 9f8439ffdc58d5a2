// SPDX-License-Identifier: MIT
// The one JSON shape of all errors.
#pragma once

#include "http/message.hpp"

namespace quarry::http {

/// {"message": …, "description": …, "code": …, "requestId": …} with this status.
/// `code` is lasting and for programs ("not_found"), `message` says what happened, `description` what
/// to do about it. None of them may hold a secret.
[[nodiscard]] Response error_response(int status, std::string_view code, std::string_view message,
                                      std::string_view description, std::string_view request_id);

/// "Not Found"; "Unknown" for a status this server never sends.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

}  // namespace quarry::http
