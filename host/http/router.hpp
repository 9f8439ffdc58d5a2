// SPDX-License-Identifier: MIT
// Which handler answers a request: a fixed table, compiled once into a tree of path segments.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace quarry::http {

struct RouteOptions {
  bool auth = true;                      ///< false: answered without an API key
  bool slow = false;                     ///< may wait for others for seconds: never takes every worker
  std::size_t body_limit = 1024 * 1024;  ///< bytes; more is answered with 413
};

/// Runs on a worker thread, concurrently with itself. A throw is answered with 500 and logged.
using Handler = std::function<Response(const Request&)>;

struct Route {
  std::string method;   ///< "GET": HEAD comes with it
  std::string pattern;  ///< "/api/v3/queue/{id}": {name} stands for one whole segment, never an empty one
  RouteOptions options;
  Handler handler;
};

/// What became of a look-up. No route: `allow` says whether the path is known at all.
struct Match {
  const Route* route = nullptr;
  Fields path_params;
  std::string allow;  ///< "GET, HEAD, DELETE" when the path exists for other methods; else empty (404)
};

/// Literal segments are compared without regard to case and win over {name}; when the literal branch
/// does not have the method, the {name} branch is asked. Immutable once made. [thread-safe]
class Router {
 public:
  /// Throws std::invalid_argument for a pattern without '/' in front, an empty segment, a {name} that
  /// is not closed, a route without handler, or two routes that answer the same: bugs of the caller.
  explicit Router(std::vector<Route> routes);

  [[nodiscard]] Match match(std::string_view method, const std::vector<std::string>& segments) const;
  [[nodiscard]] const std::vector<Route>& routes() const noexcept { return routes_; }

 private:
  struct Leaf {
    std::size_t route = 0;
    std::vector<std::string> names;  ///< of the {name}s, in order
  };
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;  ///< keys in lower case
    std::unique_ptr<Node> any;
    std::map<std::string, Leaf, std::less<>> by_method;
  };
  struct Search {
    std::string_view method;
    const std::vector<std::string>& segments;
    std::vector<std::size_t> taken;  ///< places of the segments that {name}s took so far
    std::vector<std::string> allow;
    const Leaf* found = nullptr;
  };

  void insert(std::size_t index);
  static void walk(const Node& node, std::size_t depth, Search& search);

  std::vector<Route> routes_;
  Node root_;
};

}  // namespace quarry::http
