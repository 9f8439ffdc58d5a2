// SPDX-License-Identifier: MIT
#include "api/routes.hpp"

#include "api/film.hpp"
#include "api/resources.hpp"

namespace quarry::api {

std::function<ApiResponse(const ApiRequest&)> with_records(const Context& context, Handler handler) {
  return [context, handler](const ApiRequest& request) {
    return context.services.records == nullptr ? no_records(request) : handler(context, request);
  };
}

std::vector<Route> routes(Services& services) {
  const Context context{services, std::make_shared<QualityCache>()};
  std::vector<Route> table;
  add_ping(table);
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
  return table;
}

}  // namespace quarry::api
