// SPDX-License-Identifier: MIT
// URLs, redirects and the addresses they may lead to.
//
// The lines of an input: a URL, a Location header, a rule of the allow list; then the bytes of an address.
#include "require.hpp"

#include "plugins/http_policy.hpp"

#include <arpa/inet.h>

#include <array>
#include <cstring>

namespace {

using quarry::fuzz::Input;
using quarry::fuzz::require;
using namespace quarry::plugins;

void check_target(const std::string& url) {
  const auto target = parse_target(url);
  if (!target) { return; }
  const Origin& origin = target->origin;
  require(origin.scheme == "http" || origin.scheme == "https", "only http and https are followed");
  require(!origin.host.empty() && origin.host.find_first_of("[]/@?#") == std::string::npos, "a host is a bare name");
  require(std::none_of(origin.host.begin(), origin.host.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
          "a host is in lower case");
  require(target->shown.starts_with(origin.scheme + "://"), "what is shown begins with the scheme");
  require(target->shown.find_first_of("?#") == std::string::npos, "what is shown has no query and no fragment");
  const std::string authority = target->shown.substr(origin.scheme.size() + 3);
  require(authority.substr(0, authority.find('/')).find('@') == std::string::npos, "what is shown has no user");
  // "%25" of a host is shown decoded, and means something else when it is read again.
  if (origin.host.find('%') != std::string::npos) { return; }
  const auto again = parse_target(target->shown);
  require(again && again->origin == origin && again->shown == target->shown, "what is shown leads to the same place");
}

void check_redirect(const std::string& base, const std::string& location) {
  const auto to = resolve_location(base, location);
  if (!to) { return; }
  require(to->find('\0') == std::string::npos && to->find_first_of("\r\n") == std::string::npos,
          "a redirect leads to one line of text");
  check_target(*to);
  const auto target = parse_target(*to);
  const auto again = resolve_location(base, *to);
  const bool plain_host = target && target->origin.host.find('%') == std::string::npos;
  require(!plain_host || (again && parse_target(*again) && parse_target(*again)->origin == target->origin),
          "an address resolved once is absolute");
}

sockaddr_in v4_address(std::uint32_t host_order) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(host_order);
  return out;
}

const sockaddr& plain(const sockaddr_in& address) { return reinterpret_cast<const sockaddr&>(address); }
const sockaddr& plain(const sockaddr_in6& address) { return reinterpret_cast<const sockaddr&>(address); }

/// An IPv4 address inside an IPv6 one must not open a door that is shut for the address itself.
void check_addresses(std::uint32_t number, const AllowList& allow) {
  const sockaddr_in v4 = v4_address(number);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xFF;
  std::memcpy(v6.sin6_addr.s6_addr + 12, &v4.sin_addr, sizeof v4.sin_addr);
  require(is_public_address(plain(v4)) == is_public_address(plain(v6)), "both forms of an address are equally public");
  require(allow.allows(plain(v4)) == allow.allows(plain(v6)), "both forms of an address are equally allowed");
  const bool local = number >> 24U == 127 || number >> 24U == 10 || number >> 16U == 0xC0A8;
  require(!local || !is_public_address(plain(v4)), "loopback and home networks are not public");
}

/// A block says how many bits count; one with more bits than an address has is no block.
void check_block(std::uint32_t number, std::uint32_t bits) {
  std::array<char, INET_ADDRSTRLEN> text{};
  const sockaddr_in address = v4_address(number);
  inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
  const AllowList allow({std::string(text.data()) + "/" + std::to_string(bits)});
  require(allow.allows(plain(address)) == (bits <= 32), "a block of 0 to 32 bits holds its own address");
  const bool other = allow.allows(plain(v4_address(number ^ 1U)));
  require(other == (bits < 32), "a block holds the next address unless it is a single one");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(quarry::fuzz::text_of(data, size));
  const std::string url(input.line());
  const std::string location(input.line());
  const std::string rule(input.line());
  check_target(url);
  check_redirect(url, location);
  const auto number = input.number<std::uint32_t>();
  check_addresses(number, AllowList({rule}));
  check_block(number, input.number<std::uint8_t>());
  check_block(number, input.number<std::uint32_t>());
  return 0;
}
