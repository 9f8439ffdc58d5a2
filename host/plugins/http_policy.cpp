// SPDX-License-Identifier: MIT
#include "plugins/http_policy.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

namespace quarry::plugins {
namespace {

using UrlHandle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

struct CurlFree {
  void operator()(char* text) const noexcept { curl_free(text); }
};

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* raw = nullptr;
  if (curl_url_get(url, which, &raw, flags) != CURLUE_OK) { return {}; }
  const std::unique_ptr<char, CurlFree> owned(raw);
  return raw;
}

UrlHandle parsed_url(const std::string& url) {
  UrlHandle handle(curl_url(), &curl_url_cleanup);
  if (url.find('\0') != std::string::npos || !handle ||
      curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    handle.reset();
  }
  return handle;
}

struct Ipv4Block {
  std::uint32_t base;
  unsigned bits;
};
constexpr std::array<Ipv4Block, 16> kPrivateV4{{
    {0x00000000, 8},   // this network
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // shared, behind a provider's NAT
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local, metadata services
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // protocol assignments
    {0xC0000200, 24},  // documentation
    {0xC0586300, 24},  // 6to4 relays
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarks
    {0xC6336400, 24},  // documentation
    {0xCB007100, 24},  // documentation
    {0xE0000000, 4},   // multicast
    {0xF0000000, 4},   // reserved, broadcast
    {0xFFFFFFFF, 32},
}};

bool is_public_v4(std::uint32_t address) noexcept {
  return std::none_of(kPrivateV4.begin(), kPrivateV4.end(),
                      [&](const Ipv4Block& block) { return (address ^ block.base) >> (32 - block.bits) == 0; });
}

std::uint32_t v4_at(const in6_addr& address, std::size_t offset) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, address.s6_addr + offset, sizeof value);
  return ntohl(value);
}

bool has_prefix(const in6_addr& address, const in6_addr& prefix, unsigned bits) noexcept {
  const unsigned whole = bits / 8;
  if (std::memcmp(address.s6_addr, prefix.s6_addr, whole) != 0) { return false; }
  const unsigned rest = bits % 8;
  return rest == 0 || ((address.s6_addr[whole] ^ prefix.s6_addr[whole]) >> (8 - rest)) == 0;
}

struct Ipv6Block {
  const char* base;
  unsigned bits;
};
constexpr std::array<Ipv6Block, 8> kPrivateV6{{
    {"fc00::", 7},        // unique local
    {"fe80::", 10},       // link-local
    {"fec0::", 10},       // site-local
    {"ff00::", 8},        // multicast
    {"100::", 64},        // discard
    {"2001::", 23},       // protocol assignments, Teredo
    {"2001:db8::", 32},   // documentation
    {"64:ff9b:1::", 48},  // local translation
}};

in6_addr v6(const char* text) noexcept {
  in6_addr address{};
  inet_pton(AF_INET6, text, &address);
  return address;
}

bool is_public_v6(const in6_addr& address) noexcept {
  if (has_prefix(address, v6("::ffff:0:0"), 96) || has_prefix(address, v6("64:ff9b::"), 96)) {
    return is_public_v4(v4_at(address, 12));
  }
  if (has_prefix(address, v6("2002::"), 16)) { return is_public_v4(v4_at(address, 2)); }
  if (has_prefix(address, v6("::"), 96)) { return false; }  // unspecified, loopback, old v4-compatible forms
  return std::none_of(kPrivateV6.begin(), kPrivateV6.end(),
                      [&](const Ipv6Block& block) { return has_prefix(address, v6(block.base), block.bits); });
}

/// IPv4 as ::ffff:a.b.c.d.
std::optional<in6_addr> as_v6(const sockaddr& address) noexcept {
  in6_addr out{};
  if (address.sa_family == AF_INET6) {
    std::memcpy(&out, reinterpret_cast<const char*>(&address) + offsetof(sockaddr_in6, sin6_addr), sizeof out);
    return out;
  }
  if (address.sa_family != AF_INET) { return std::nullopt; }
  out.s6_addr[10] = out.s6_addr[11] = 0xFF;
  std::memcpy(out.s6_addr + 12, reinterpret_cast<const char*>(&address) + offsetof(sockaddr_in, sin_addr), 4);
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

template <class Number>
bool parse_whole(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<Target> parse_target(const std::string& url) {
  const UrlHandle handle = parsed_url(url);
  if (!handle) { return std::nullopt; }
  Target target;
  target.origin.scheme = part(handle.get(), CURLUPART_SCHEME);
  if (target.origin.scheme != "http" && target.origin.scheme != "https") { return std::nullopt; }
  const std::string host = lower(part(handle.get(), CURLUPART_HOST));
  if (host.empty() || !parse_whole(part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT), target.origin.port)) {
    return std::nullopt;
  }
  const std::string port = part(handle.get(), CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  target.shown =
      target.origin.scheme + "://" + host + (port.empty() ? "" : ":" + port) + part(handle.get(), CURLUPART_PATH);
  target.origin.host = host.front() == '[' ? host.substr(1, host.size() - 2) : host;
  return target;
}

std::optional<std::string> resolve_location(const std::string& base, const std::string& location) {
  const UrlHandle handle = parsed_url(base);
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK) { return std::nullopt; }
  return part(handle.get(), CURLUPART_URL);
}

bool is_public_address(const sockaddr& address) noexcept {
  const auto v6_form = as_v6(address);
  return v6_form && is_public_v6(*v6_form);
}

AllowList::AllowList(const std::vector<std::string>& rules) {
  for (const auto& rule : rules) {
    const auto slash = rule.find('/');
    const std::string address = rule.substr(0, slash);
    in_addr v4_form{};
    Block block{};
    unsigned offset = 0;
    if (inet_pton(AF_INET, address.c_str(), &v4_form) == 1) {
      block.address.s6_addr[10] = block.address.s6_addr[11] = 0xFF;
      std::memcpy(block.address.s6_addr + 12, &v4_form, 4);
      offset = 96;
    } else if (inet_pton(AF_INET6, address.c_str(), &block.address) != 1) {
      const auto colon = rule.rfind(':');
      Endpoint endpoint{lower(rule.substr(0, colon)), 0};
      if (endpoint.host.size() > 2 && endpoint.host.front() == '[') {
        endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
      }
      if (colon != std::string::npos && parse_whole(std::string_view(rule).substr(colon + 1), endpoint.port)) {
        endpoints_.push_back(std::move(endpoint));
      }
      continue;
    }
    block.bits = 128 - offset;  // one address
    if (slash != std::string::npos && !parse_whole(std::string_view(rule).substr(slash + 1), block.bits)) { continue; }
    if (block.bits > 128 - offset) { continue; }
    block.bits += offset;
    blocks_.push_back(block);
  }
}

bool AllowList::allows(const Origin& origin) const {
  return std::any_of(endpoints_.begin(), endpoints_.end(),
                     [&](const Endpoint& e) { return e.host == origin.host && e.port == origin.port; });
}

bool AllowList::allows(const sockaddr& address) const noexcept {
  const auto v6_form = as_v6(address);
  return v6_form && std::any_of(blocks_.begin(), blocks_.end(),
                                [&](const Block& b) { return has_prefix(*v6_form, b.address, b.bits); });
}

}  // namespace quarry::plugins
