// SPDX-License-Identifier: MIT
// Which addresses outgoing HTTP may reach.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

namespace quarry::plugins {

/// Where a request goes. `host` is lower case, an IPv6 address without brackets.
struct Origin {
  std::string scheme;
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const Origin&, const Origin&) = default;
};

/// An http or https URL taken apart; nullopt for anything else.
struct Target {
  Origin origin;
  std::string shown;  ///< scheme://host[:port]/path: no user, no query, no fragment
};
[[nodiscard]] std::optional<Target> parse_target(const std::string& url);
/// `location` as a browser at `base` reads it.
[[nodiscard]] std::optional<std::string> resolve_location(const std::string& base, const std::string& location);

/// False for loopback, private, link-local, shared, multicast, documentation and reserved addresses, also
/// when an IPv6 form carries such an IPv4 address.
[[nodiscard]] bool is_public_address(const sockaddr& address) noexcept;

/// What may be reached although it is not public.
class AllowList {
 public:
  /// Rules as in HostOptions::http_allow; one that cannot be read allows nothing.
  explicit AllowList(const std::vector<std::string>& rules = {});

  [[nodiscard]] bool allows(const Origin& origin) const;
  [[nodiscard]] bool allows(const sockaddr& address) const noexcept;

 private:
  struct Endpoint {
    std::string host;
    std::uint16_t port;
  };
  struct Block {
    in6_addr address;  ///< IPv4 as ::ffff:a.b.c.d
    unsigned bits;     ///< of 128
  };
  std::vector<Endpoint> endpoints_;
  std::vector<Block> blocks_;
};

}  // namespace quarry::plugins
