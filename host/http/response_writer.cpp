// SPDX-License-Identifier: MIT
#include "http/response_writer.hpp"

#include "http/error.hpp"

#include <ctime>

namespace quarry::http {
namespace {

void add(std::string& out, std::string_view name, std::string_view value) {
  const auto clean = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c; };
  for (const char c : name) { out += clean(c); }
  out += ": ";
  for (const char c : value) { out += clean(c); }
  out += "\r\n";
}

std::string http_date(std::int64_t now_s) {
  const auto time = static_cast<std::time_t>(now_s);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[40];
  // The process never leaves the "C" locale, so the names are the English ones HTTP wants.
  const std::size_t n = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, n};
}

}  // namespace

std::string response_head(const Response& response, const ResponseContext& context) {
  std::string out;
  out.reserve(512);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  if (!response.content_type.empty()) { add(out, "Content-Type", response.content_type); }
  add(out, "Content-Length", std::to_string(response.body.size()));
  add(out, "Date", http_date(context.now_s));
  if (!context.keep_alive) {
    add(out, "Connection", "close");
  } else if (context.http_version < 11) {
    add(out, "Connection", "keep-alive");
  }
  add(out, "X-Application-Version", context.app_version);
  if (!context.request_id.empty()) { add(out, "X-Request-Id", context.request_id); }
  add(out, "X-Content-Type-Options", "nosniff");
  add(out, "Cache-Control", "no-store");
  for (const auto& [name, value] : response.headers) { add(out, name, value); }
  out += "\r\n";
  return out;
}

}  // namespace quarry::http
