// SPDX-License-Identifier: MIT
#include "manifest/values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace quarry::manifest {
namespace {

bool is_address(const std::string& text) {
  in6_addr buffer{};
  return inet_pton(AF_INET, text.c_str(), &buffer) == 1 || inet_pton(AF_INET6, text.c_str(), &buffer) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) { return std::nullopt; }
  return port;
}

}  // namespace

std::optional<LogLevel> parse_level(std::string_view text) {
  if (text == "debug") { return LogLevel::debug; }
  if (text == "info") { return LogLevel::info; }
  if (text == "warning") { return LogLevel::warning; }
  if (text == "error") { return LogLevel::error; }
  return std::nullopt;
}

bool is_allow_rule(const std::string& rule) {
  if (is_address(rule)) { return true; }
  if (const auto slash = rule.find('/'); slash != std::string::npos) {
    const std::string address = rule.substr(0, slash);
    const auto bits = parse_port(std::string_view(rule).substr(slash + 1));
    return is_address(address) && bits && *bits <= (address.find(':') == std::string::npos ? 32 : 128);
  }
  const auto colon = rule.rfind(':');
  if (colon == std::string::npos || colon == 0) { return false; }
  const auto port = parse_port(std::string_view(rule).substr(colon + 1));
  return port && *port != 0 && rule.find_first_of(" /@?#") == std::string::npos;
}

bool is_instance_id(std::string_view id) {
  return !id.empty() && id.size() <= 40 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::optional<Listen> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) { return std::nullopt; }
  const auto port = parse_port(text.substr(colon + 1));
  std::string address(text.substr(0, colon));
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) { address = address.substr(1, address.size() - 2); }
  const bool is_v6 = address.find(':') != std::string::npos;
  if (!port || bracketed != is_v6 || (address != "localhost" && !is_address(address))) { return std::nullopt; }
  return Listen{std::move(address), *port};
}

}  // namespace quarry::manifest
