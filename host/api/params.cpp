// SPDX-License-Identifier: MIT
#include "api/params.hpp"

#include "api/errors.hpp"
#include "queue/queue_service.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace quarry::api {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

std::string range_text(std::int64_t min, std::int64_t max) {
  if (max == std::numeric_limits<std::int64_t>::max()) {
    return "must be a whole number, at least " + std::to_string(min);
  }
  return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

/// "movie_id" and "movieId" are one name.
bool same_member(std::string_view a, std::string_view b) noexcept {
  std::size_t i = 0;
  std::size_t k = 0;
  while (true) {
    while (i < a.size() && a[i] == '_') { ++i; }
    while (k < b.size() && b[k] == '_') { ++k; }
    if (i == a.size() || k == b.size()) { return i == a.size() && k == b.size(); }
    if (lower(a[i++]) != lower(b[k++])) { return false; }
  }
}

bool is_json_type(std::string_view content_type) noexcept {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) { type.remove_suffix(1); }
  return equal_ignoring_case(type, "application/json");
}

}  // namespace

void Reader::refuse(int status, std::string_view code, std::string_view message, std::string_view description) {
  if (!refusal_) { refusal_ = error_response(status, {code, message, description}, request_.request_id); }
}

void Reader::refuse_field(std::string_view field, std::string_view message) {
  if (refusal_) { return; }
  const std::string text = std::string(field) + " " + std::string(message);
  refusal_ =
      error_response(422, {"invalid", text, "Nothing was changed. Correct the request.", field}, request_.request_id);
}

std::string_view Query::text(std::string_view name) const {
  const auto it = std::find_if(request_.query.begin(), request_.query.end(),
                               [&](const auto& p) { return equal_ignoring_case(p.first, name) && !p.second.empty(); });
  return it == request_.query.end() ? std::string_view() : std::string_view(it->second);
}

std::vector<std::string_view> Query::list(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& [key, value] : request_.query) {
    if (!equal_ignoring_case(key, name)) { continue; }
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      if (const auto part = rest.substr(0, comma); !part.empty()) { out.push_back(part); }
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return out;
}

std::int64_t Query::integer(std::string_view name, std::int64_t fallback, std::int64_t min, std::int64_t max) {
  const std::string_view given = text(name);
  if (given.empty()) { return fallback; }
  const auto value = parse_integer(given);
  if (value && *value >= min && *value <= max) { return *value; }
  refuse_field(name, range_text(min, max));
  return fallback;
}

bool Query::boolean(std::string_view name, bool fallback) {
  const std::string_view given = text(name);
  if (given.empty()) { return fallback; }
  if (given == "1" || equal_ignoring_case(given, "true")) { return true; }
  if (given == "0" || equal_ignoring_case(given, "false")) { return false; }
  refuse_field(name, "must be true or false");
  return fallback;
}

Body::Body(const ApiRequest& request, Need need) : Reader(request) {
  if (request.body.empty()) {
    if (need == Need::required) {
      refuse(400, "bad_request", "the body is missing", "Send a JSON object. docs/api.md shows one.");
    }
    return;
  }
  if (!is_json_type(request.content_type)) {
    refuse(415, "unsupported_media_type", "the body does not say that it is JSON",
           "Send the header Content-Type: application/json.");
    return;
  }
  auto parsed = sdk::JsonDocument::parse(request.body);
  if (!parsed) {
    refuse(400, "bad_request", "the body is " + parsed.error().text, "Nothing was changed. Correct the body.");
    return;
  }
  document_.emplace(std::move(*parsed));
  if (!document_->root().is_object()) {
    refuse(422, "invalid", "the body is JSON, but not an object", "Send an object: {\"name\": value, …}.");
    return;
  }
  root_ = document_->root();
}

sdk::Json Body::member_of(sdk::Json object, std::string_view name) {
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (same_member(object.key_at(i), name)) {
      const sdk::Json value = object.value_at(i);
      return value.is_null() ? sdk::Json() : value;
    }
  }
  return {};
}

std::string Body::text_in(sdk::Json object, std::string_view name, std::size_t max_bytes) {
  const sdk::Json value = member_of(object, name);
  if (!value.present()) { return {}; }
  if (!value.is_string()) {
    refuse_field(name, "must be a string");
    return {};
  }
  const std::string_view text = value.as_string();
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (text.size() > max_bytes) { refuse_field(name, "is longer than " + std::to_string(max_bytes) + " bytes"); }
  if (std::any_of(text.begin(), text.end(), is_control)) { refuse_field(name, "holds a control character"); }
  return std::string(text);
}

std::int64_t Body::integer_in(sdk::Json object, std::string_view name, std::int64_t fallback, std::int64_t min,
                              std::int64_t max) {
  const sdk::Json value = member_of(object, name);
  if (!value.present()) { return fallback; }
  // Two fallbacks that differ tell a number that is none from one that happens to equal the fallback.
  const bool whole = value.is_number() && value.as_int(0) == value.as_int(1);
  if (whole && value.as_int() >= min && value.as_int() <= max) { return value.as_int(); }
  refuse_field(name, range_text(min, max));
  return fallback;
}

bool Body::boolean(std::string_view name, bool fallback) {
  const sdk::Json value = member(name);
  if (value.present() && !value.is_bool()) { refuse_field(name, "must be true or false"); }
  return value.as_bool(fallback);
}

sdk::Priority Body::priority() {
  const sdk::Json value = member("priority");
  if (!value.present()) { return sdk::Priority::normal; }
  const auto parsed = queue::parse_priority(value.as_string("?"));
  if (parsed) { return parsed.value(); }
  refuse_field("priority", "must be one of low, normal, high, very_high");
  return sdk::Priority::normal;
}

std::optional<std::int64_t> path_id(const ApiRequest& request) {
  const auto id = parse_integer(request.path_param("id"));
  return id && *id > 0 ? id : std::nullopt;
}

}  // namespace quarry::api
