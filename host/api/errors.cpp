// SPDX-License-Identifier: MIT
#include "api/errors.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <array>

namespace quarry::api {
namespace {

struct Meaning {
  sdk::Code code;
  int status;
  std::string_view word;
  std::string_view advice;
};

constexpr std::array kMeanings = {
    Meaning{sdk::Code::cancelled, 503, "unavailable", "The work was broken off. Try again."},
    Meaning{sdk::Code::deadline, 503, "unavailable", "Something behind the server took too long. Try again later."},
    Meaning{sdk::Code::invalid, 422, "invalid", "Nothing was changed. Correct the request."},
    Meaning{sdk::Code::not_found, 404, "not_found", "It may have been removed. List what there is."},
    Meaning{sdk::Code::conflict, 409, "conflict", "Nothing was changed. Look at its present state."},
    Meaning{sdk::Code::unauthenticated, 502, "upstream_unauthenticated",
            "A service behind the server refused its credentials. Correct the manifest."},
    Meaning{sdk::Code::rate_limited, 429, "rate_limited", "Come back after the time in Retry-After."},
    Meaning{sdk::Code::unavailable, 503, "unavailable",
            "Nothing was changed. Try again after the time in Retry-After."},
    Meaning{sdk::Code::unsupported, 422, "unsupported", "What is configured here cannot do that."},
    Meaning{sdk::Code::internal, 500, "internal", "This is a bug. The log says more under this requestId."},
};
constexpr std::int64_t kDefaultRetryAfterS = 5;

const Meaning& meaning_of(sdk::Code code) noexcept {
  const auto* const it =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& m) { return m.code == code; });
  return it == kMeanings.end() ? kMeanings.back() : *it;
}

}  // namespace

std::string_view code_word(sdk::Code code) noexcept { return meaning_of(code).word; }

ApiResponse error_response(int status, const ErrorText& text, std::string_view request_id) {
  sdk::JsonWriter w;
  w.begin_object()
      .member("message", text.message)
      .member("description", text.description)
      .member("code", text.code)
      .member("requestId", request_id);
  if (!text.field.empty()) { w.member("field", text.field); }
  if (text.existing_id != 0) { w.member("existingId", text.existing_id); }
  w.end_object();
  return {status, w.take(), {}};
}

ApiResponse failure_response(const sdk::Failure& failure, std::string_view request_id, std::int64_t existing_id) {
  const Meaning& meaning = meaning_of(failure.status.code);
  ErrorText text{meaning.word, failure.text, meaning.advice};
  text.existing_id = existing_id;
  ApiResponse response = error_response(meaning.status, text, request_id);
  if (meaning.status == 503 || meaning.status == 429) {
    const std::int64_t told_s = (static_cast<std::int64_t>(failure.status.retry_after_ms) + 999) / 1000;
    response.headers.emplace_back("Retry-After", std::to_string(told_s > 0 ? told_s : kDefaultRetryAfterS));
  }
  return response;
}

}  // namespace quarry::api
