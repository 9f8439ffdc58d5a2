// SPDX-License-Identifier: MIT
#include "http/endpoint.hpp"

#include <charconv>

namespace quarry::http {
namespace {

bool is_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

/// "name", "name:7878", "[::1]:7878" → name with its brackets, and the port's text.
bool split(std::string_view text, std::string_view& name, std::string_view& port) {
  const auto close = text.empty() || text.front() != '[' ? std::string_view::npos : text.find(']');
  const auto colon = text.find(':', close == std::string_view::npos ? 0 : close);
  name = text.substr(0, colon);
  port = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  const bool bracketed = close != std::string_view::npos && name.size() == close + 1;
  return !name.empty() && (bracketed || name.find_first_of("[]") == std::string_view::npos) &&
         (colon == std::string_view::npos || !port.empty());
}

std::string bracketed(const std::string& address) {
  if (address.find(':') == std::string::npos) { return address; }
  std::string out("[");
  out += address;
  out += ']';
  return out;
}

}  // namespace

std::string Endpoint::to_string() const { return bracketed(address) + ":" + std::to_string(port); }

bool Endpoint::is_loopback() const noexcept { return address == "::1" || address.starts_with("127."); }

HostCheck::HostCheck(const Endpoint& bound, std::vector<std::string> configured_names)
    : enforced_(bound.is_loopback() || !configured_names.empty()), names_(std::move(configured_names)) {
  for (const char* name : {"localhost", "127.0.0.1", "[::1]"}) { names_.emplace_back(name); }
  names_.push_back(bracketed(bound.address));
}

bool HostCheck::admits(std::string_view host_header) const {
  std::string_view name;
  std::string_view port_text;
  std::uint16_t port = 0;
  if (!split(host_header, name, port_text)) { return false; }
  if (!port_text.empty() && !is_port(port_text, port)) { return false; }
  return !enforced_ || std::any_of(names_.begin(), names_.end(),
                                   [&](const std::string& known) { return equal_ignoring_case(known, name); });
}

}  // namespace quarry::http
