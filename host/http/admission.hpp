// SPDX-License-Identifier: MIT
// Everything that is decided about a request when its head has been read and before its body is:
// framing, Host, target, key, route, size. Plain code, without a socket.
#pragma once

#include "http/auth.hpp"
#include "http/endpoint.hpp"
#include "http/router.hpp"

#include <cstdint>
#include <optional>

namespace quarry::http {

/// The head of a request, as the parser of the network library understood it.
struct Head {
  std::string method;
  std::string target;
  int version = 11;  ///< 10 or 11
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  Fields fields;
};

/// Either a refusal, or a route and a request whose body may now be read.
struct Admission {
  Request request;  ///< body still empty; request_id is set also when refused
  const Route* route = nullptr;
  std::optional<Response> refusal;
  bool wants_continue = false;  ///< the caller waits for "100 Continue" before it sends the body
};

/// [thread-safe]
class Gate {
 public:
  static constexpr std::size_t kMaxTarget = 8 * 1024;
  static constexpr std::size_t kMaxFields = 100;

  /// All references must outlive the gate.
  Gate(const Router& router, const ApiKey& key, const HostCheck& hosts) : router_(router), key_(key), hosts_(hosts) {}

  /// In this order: what makes the framing ambiguous (400), too much head (414, 431), Host (421),
  /// target (400), key (401, also for paths that do not exist), path and method (404, 405), expectation
  /// (417), announced size (413). `own_id` names the request unless it brings a sensible name itself.
  [[nodiscard]] Admission admit(Head&& head, std::string own_id) const;

 private:
  const Router& router_;
  const ApiKey& key_;
  const HostCheck& hosts_;
};

}  // namespace quarry::http
