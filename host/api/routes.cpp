// SPDX-License-Identifier: MIT
#include "api/routes.hpp"

#include "api/errors.hpp"
#include "api/film.hpp"
#include "api/resources.hpp"

#include <utility>

namespace quarry::api {
namespace {

/// Until the host has started, the API answers what it waits for.
void wait_for_start(Route& route, const Context& context) {
  route.handler = [context, handler = std::move(route.handler)](const ApiRequest& request) {
    const auto& starting = context.services.starting;
    const auto why = starting ? starting() : std::nullopt;
    return why ? failure_response(sdk::failure(sdk::Code::unavailable, *why), request.request_id) : handler(request);
  };
}

}  // namespace

std::function<ApiResponse(const ApiRequest&)> with_records(const Context& context, Handler handler) {
  return [context, handler](const ApiRequest& request) {
    return context.services.records == nullptr ? no_records(request) : handler(context, request);
  };
}

std::vector<Route> routes(Services& services) {
  const Context context{services, std::make_shared<QualityCache>()};
  std::vector<Route> table;
  add_system(table, context);
  add_health(table, context);
  add_queue(table, context);
  add_queue_actions(table, context);
  add_grab(table, context);
  add_auto(table, context);
  add_release(table, context);
  add_movie(table, context);
  add_history(table, context);
  add_blocklist(table, context);
  add_tag(table, context);
  for (Route& route : table) { wait_for_start(route, context); }
  add_ping(table);
  add_probes(table, context);
  return table;
}

}  // namespace quarry::api
