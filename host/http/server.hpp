// SPDX-License-Identifier: MIT
// The HTTP server: connections in, handlers on worker threads, answers out.
//
// One thread moves all bytes; handlers run on a bounded pool and never see a socket. Whatever a client
// does (half a request, no request, a thousand connections, a body without end), it costs bounded
// memory and time and disturbs nobody else. TLS is left to a reverse proxy.
#pragma once

#include "http/endpoint.hpp"
#include "http/router.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace quarry::http {

struct ServerOptions {
  Endpoint listen{"127.0.0.1", 7878};      ///< an IP address; port 0: any free one
  std::string api_key;                     ///< not empty
  std::string app_version;                 ///< sent as X-Application-Version
  std::vector<std::string> allowed_hosts;  ///< names believed in the Host header besides the loopback ones

  std::size_t io_threads = 1;
  std::size_t worker_threads = 4;
  std::size_t worker_queue = 256;      ///< requests that may wait for a worker; more are answered with 503
  std::size_t max_connections = 512;   ///< more are answered with 503 and closed
  std::size_t max_head_bytes = 16384;  ///< request line and headers; more is answered with 431

  /// Whoever is slower than these is cut off without an answer.
  std::chrono::milliseconds head_timeout{10'000};   ///< from the first byte of a request, or from connecting
  std::chrono::milliseconds body_timeout{30'000};   ///< for the whole body
  std::chrono::milliseconds idle_timeout{60'000};   ///< between two requests
  std::chrono::milliseconds write_timeout{30'000};  ///< for the whole answer

  /// Receives a line worth a log: a handler that threw, no descriptors left. From any thread of the
  /// server; must not throw. Lines hold no key and no query.
  std::function<void(std::string_view)> on_problem = [](std::string_view) {};
};

/// start() and stop() belong to one thread. Everything a handler uses must outlive the server.
class Server {
 public:
  /// Throws std::invalid_argument for a bad table of routes or an empty key: bugs of the caller.
  Server(ServerOptions options, std::vector<Route> routes);
  ~Server();  ///< stops without grace
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds, listens and starts the threads. Once only. `conflict`: something else listens there;
  /// `invalid`: not an address of this machine; `unavailable`: not permitted, no descriptors. After a
  /// failure nothing runs.
  [[nodiscard]] sdk::Done start();

  /// Where it listens, with the port really taken. After start() succeeded.
  [[nodiscard]] Endpoint local_endpoint() const;

  /// Accepts no more, lets requests that have begun end (answered with "Connection: close"), cuts
  /// what is left after `grace`, and drops what still waits for a worker. Returns when the last handler
  /// has returned: a handler cannot be cut off, so it must limit its own time. Idempotent.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quarry::http
