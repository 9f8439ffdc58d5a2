// SPDX-License-Identifier: MIT
// Where the server listens, and which Host headers it believes.
#pragma once

#include "http/message.hpp"

#include <cstdint>

namespace quarry::http {

struct Endpoint {
  std::string address;  ///< "127.0.0.1", "::1"
  std::uint16_t port = 0;

  /// "127.0.0.1:7878", "[::1]:7878".
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_loopback() const noexcept;
};

/// Against DNS rebinding: a page of a foreign site can point its own name at 127.0.0.1, but not forge
/// the Host header. On a loopback address only localhost, the loopback and bound literals and the
/// configured names are believed. On other addresses the check is on when names are configured. A
/// port may follow and is not compared, since a proxy may listen on another one. [thread-safe]
class HostCheck {
 public:
  HostCheck(const Endpoint& bound, std::vector<std::string> configured_names);
  [[nodiscard]] bool admits(std::string_view host_header) const;

 private:
  bool enforced_;
  std::vector<std::string> names_;
};

}  // namespace quarry::http
