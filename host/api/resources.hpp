// SPDX-License-Identifier: MIT
// The parts of the table, one function per resource, and what several resources share.
#pragma once

#include "api/quality.hpp"
#include "api/routes.hpp"

#include <memory>

namespace quarry::api {

/// What handlers hold; copied into each of them.
struct Context {
  Services& services;
  std::shared_ptr<QualityCache> qualities;

  [[nodiscard]] std::int64_t now_ms() const { return services.clock.wall_ms(); }
};

void add_ping(std::vector<Route>& table);
void add_system(std::vector<Route>& table, const Context& context);
/// /healthz and /readyz.
void add_probes(std::vector<Route>& table, const Context& context);
void add_health(std::vector<Route>& table, const Context& context);
void add_queue(std::vector<Route>& table, const Context& context);
void add_queue_actions(std::vector<Route>& table, const Context& context);
void add_grab(std::vector<Route>& table, const Context& context);
void add_auto(std::vector<Route>& table, const Context& context);
void add_release(std::vector<Route>& table, const Context& context);
void add_movie(std::vector<Route>& table, const Context& context);
void add_history(std::vector<Route>& table, const Context& context);
void add_blocklist(std::vector<Route>& table, const Context& context);
void add_tag(std::vector<Route>& table, const Context& context);

using Handler = ApiResponse (*)(const Context&, const ApiRequest&);
/// The handler, for routes that work on records; 422 where the storage keeps none.
[[nodiscard]] std::function<ApiResponse(const ApiRequest&)> with_records(const Context& context, Handler handler);

/// The item with this id under `status`, or the failure's answer.
[[nodiscard]] ApiResponse item_response(const Context& context, const ApiRequest& request, std::int64_t id, int status);

/// 404 for a path whose {id} is no number.
[[nodiscard]] ApiResponse no_such_download(const ApiRequest& request);

/// A grab of this release, with what the caller adds.
[[nodiscard]] queue::GrabRequest grab_of(const search::Release& release);

/// 409 with existingId, or the status of the failure.
[[nodiscard]] ApiResponse grab_failure(const queue::GrabFailure& failure, const ApiRequest& request);

/// Longest texts taken from a body, in bytes.
inline constexpr std::size_t kMaxTitle = 1024;
inline constexpr std::size_t kMaxWord = 255;
inline constexpr std::size_t kMaxUrl = 8192;
inline constexpr std::size_t kMaxMagnet = 16384;

}  // namespace quarry::api
