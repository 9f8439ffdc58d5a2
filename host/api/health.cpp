// SPDX-License-Identifier: MIT
#include "api/health.hpp"

#include "api/resources.hpp"

#include <quarry/sdk/helpers/json.hpp>

namespace quarry::api {

std::string health_json(const std::vector<HealthNote>& notes) {
  sdk::JsonWriter w;
  w.begin_array();
  for (const HealthNote& note : notes) {
    w.begin_object().member("source", note.source).member("type", note.type).member("message", note.message);
    // Clients expect the member; there is no page to point at.
    w.member("wikiUrl", "").end_object();
  }
  w.end_array();
  return w.take();
}

void add_health(std::vector<Route>& table, const Context& context) {
  table.push_back({"GET", "/api/v3/health", [context](const ApiRequest&) {
                     const auto& health = context.services.health;
                     return ApiResponse{200, health_json(health ? health() : std::vector<HealthNote>{}), {}};
                   }});
}

}  // namespace quarry::api
