// SPDX-License-Identifier: MIT
#include "http/admission.hpp"

#include "http/error.hpp"
#include "http/target.hpp"

namespace quarry::http {
namespace {

constexpr std::size_t kMaxRequestId = 64;

std::size_t count(const Fields& fields, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [&](const auto& field) { return equal_ignoring_case(field.first, name); }));
}

/// What would let two parsers in a row disagree about where a request ends; empty when nothing does.
std::string_view framing_problem(const Head& head) {
  const std::size_t encodings = count(head.fields, "transfer-encoding");
  if (encodings > 0) {
    if (head.version < 11) { return "Transfer-Encoding does not exist in HTTP/1.0"; }
    const bool plain = encodings == 1 && equal_ignoring_case(value_of(head.fields, "transfer-encoding"), "chunked");
    if (!plain || !head.chunked) { return "the only Transfer-Encoding understood here is \"chunked\", once"; }
    if (count(head.fields, "content-length") > 0) { return "Content-Length and Transfer-Encoding stand together"; }
  }
  const std::size_t hosts = count(head.fields, "host");
  if (hosts > 1) { return "there is more than one Host header"; }
  if (hosts == 0 && head.version >= 11) { return "an HTTP/1.1 request needs a Host header"; }
  return {};
}

bool is_sensible_id(std::string_view id) {
  const auto ok = [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !id.empty() && id.size() <= kMaxRequestId && std::all_of(id.begin(), id.end(), ok);
}

}  // namespace

Admission Gate::admit(Head&& head, std::string own_id) const {
  Admission out;
  Request& request = out.request;
  const std::string_view given_id = value_of(head.fields, "x-request-id");
  request.request_id = is_sensible_id(given_id) ? std::string(given_id) : std::move(own_id);
  const auto refuse = [&](int status, std::string_view code, std::string_view message, std::string_view description) {
    out.refusal = error_response(status, code, message, description, request.request_id);
    return std::move(out);
  };

  if (const std::string_view problem = framing_problem(head); !problem.empty()) {
    return refuse(400, "bad_request", problem, "Nothing was done. Correct the head of the request.");
  }
  if (head.target.size() > kMaxTarget) {
    return refuse(414, "uri_too_long", "the request target is longer than 8 KiB", "Send less in the query.");
  }
  if (head.fields.size() > kMaxFields) {
    return refuse(431, "head_too_large", "there are more than 100 header fields", "Send fewer headers.");
  }
  if (count(head.fields, "host") == 1 && !hosts_.admits(value_of(head.fields, "host"))) {
    return refuse(421, "misdirected", "this server does not answer for the host named in the Host header",
                  "Use the address it listens on. A reverse proxy in front of it must send that as Host.");
  }
  auto target = parse_target(head.target);
  if (!target) {
    return refuse(400, "bad_request", "the request target cannot be read",
                  "It must start with '/', and its percent escapes must give UTF-8 text without NUL.");
  }
  const std::vector<std::string> segments = std::move(target->segments);
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.headers = std::move(head.fields);

  Match match = router_.match(request.method, segments);
  const bool is_public = match.route != nullptr && !match.route->options.auth;
  if (!is_public && !key_.admits(request.headers, request.query)) {
    return refuse(401, "unauthenticated", "the API key is missing or wrong",
                  "Send it as X-Api-Key. It stands in the file that was named when the server first started.");
  }
  if (match.route == nullptr && match.allow.empty()) {
    return refuse(404, "not_found", "there is nothing at this path", "docs/api.md lists every route.");
  }
  if (match.route == nullptr) {
    out.refusal = error_response(405, "method_not_allowed", "this path does not take the method " + request.method,
                                 "It takes " + match.allow + ".", request.request_id);
    out.refusal->headers.emplace_back("Allow", std::move(match.allow));
    return out;
  }
  const std::string_view expectation = request.header("expect");
  out.wants_continue = head.version >= 11 && equal_ignoring_case(expectation, "100-continue");
  if (!expectation.empty() && !equal_ignoring_case(expectation, "100-continue")) {
    return refuse(417, "expectation_failed", "the only expectation understood is 100-continue", "Leave Expect out.");
  }
  if (head.content_length.value_or(0) > match.route->options.body_limit) {
    return refuse(413, "payload_too_large", "the body is too large",
                  "This route takes at most " + std::to_string(match.route->options.body_limit) + " bytes.");
  }
  request.path_params = std::move(match.path_params);
  out.route = match.route;
  return out;
}

}  // namespace quarry::http
