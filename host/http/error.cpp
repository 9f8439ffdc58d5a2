// SPDX-License-Identifier: MIT
#include "http/error.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <array>

namespace quarry::http {

Response error_response(int status, std::string_view code, std::string_view message, std::string_view description,
                        std::string_view request_id) {
  sdk::JsonWriter w;
  w.begin_object()
      .member("message", message)
      .member("description", description)
      .member("code", code)
      .member("requestId", request_id)
      .end_object();
  Response response;
  response.status = status;
  response.body = w.take();
  return response;
}

std::string_view reason_phrase(int status) noexcept {
  using Phrase = std::pair<int, std::string_view>;
  static constexpr std::array kPhrases = {
      Phrase{200, "OK"},
      Phrase{201, "Created"},
      Phrase{202, "Accepted"},
      Phrase{204, "No Content"},
      Phrase{400, "Bad Request"},
      Phrase{401, "Unauthorized"},
      Phrase{404, "Not Found"},
      Phrase{405, "Method Not Allowed"},
      Phrase{409, "Conflict"},
      Phrase{413, "Content Too Large"},
      Phrase{414, "URI Too Long"},
      Phrase{415, "Unsupported Media Type"},
      Phrase{417, "Expectation Failed"},
      Phrase{421, "Misdirected Request"},
      Phrase{422, "Unprocessable Content"},
      Phrase{429, "Too Many Requests"},
      Phrase{431, "Request Header Fields Too Large"},
      Phrase{500, "Internal Server Error"},
      Phrase{502, "Bad Gateway"},
      Phrase{503, "Service Unavailable"},
  };
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) { return phrase; }
  }
  return "Unknown";
}

}  // namespace quarry::http
