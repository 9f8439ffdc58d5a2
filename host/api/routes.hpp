// SPDX-License-Identifier: MIT
// Every route of the API, as a table. Whoever serves it checks the API key of routes with `auth`, keeps
// bodies under `body_limit` bytes, and turns a handler that throws into a 500.
#pragma once

#include "api/call.hpp"
#include "api/health.hpp"
#include "queue/queue_service.hpp"
#include "records/records.hpp"
#include "search/search.hpp"

#include <cstddef>
#include <functional>
#include <optional>

namespace quarry::api {

/// What the routes work on. The references must outlive the table; all of it is called from several
/// threads at once.
struct Services {
  queue::QueueService& queue;
  search::Search& search;
  const sdk::Clock& clock;
  std::string version;                      ///< as programs that ask for it shall see it: "5.28.0.1"
  std::int64_t started_at_ms = 0;           ///< epoch milliseconds
  std::int64_t search_timeout_ms = 30'000;  ///< how long a search may take before the slow indexers are left out
  std::function<std::vector<HealthNote>()> health = {};  ///< what is wrong at present; empty: nothing is known
  /// Why nothing of the API can be used yet: the host still starts; no text once it has. Asked by each call, so quick.
  std::function<std::optional<std::string>()> starting = {};
  /// What the host waits for at this moment, also later; no text when it can work. May take seconds.
  std::function<std::optional<std::string>()> not_ready = {};
  const records::Records* records = nullptr;  ///< null: the storage keeps none
};

struct Route {
  std::string method;                                     ///< "GET", "POST", "PUT" or "DELETE"
  std::string pattern;                                    ///< "/api/v3/queue/{id}"
  std::function<ApiResponse(const ApiRequest&)> handler;  ///< [thread-safe]
  bool auth = true;
  bool slow = false;  ///< may wait for indexers for seconds
  std::size_t body_limit = 1024 * 1024;
};

[[nodiscard]] std::vector<Route> routes(Services& services);

}  // namespace quarry::api
