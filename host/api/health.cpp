// SPDX-License-Identifier: MIT
#include "api/health.hpp"

#include "api/errors.hpp"
#include "api/resources.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <utility>

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

void add_probes(std::vector<Route>& table, const Context& context) {
  const ApiResponse fine{200, R"({"status":"OK"})", {}};
  Route live{"GET", "/healthz", [fine](const ApiRequest&) { return fine; }};
  live.auth = false;
  table.push_back(std::move(live));
  Route ready{"GET", "/readyz", [context, fine](const ApiRequest& request) {
                const auto& not_ready = context.services.not_ready;
                const auto why = not_ready ? not_ready() : std::nullopt;
                return why ? failure_response(sdk::failure(sdk::Code::unavailable, *why), request.request_id) : fine;
              }};
  ready.auth = false;
  ready.slow = true;  // it may wait for a storage that does not answer
  table.push_back(std::move(ready));
}

void add_health(std::vector<Route>& table, const Context& context) {
  Route route{"GET", "/api/v3/health", [context](const ApiRequest&) {
                const auto& health = context.services.health;
                return ApiResponse{200, health_json(health ? health() : std::vector<HealthNote>{}), {}};
              }};
  route.slow = true;
  table.push_back(std::move(route));
}

}  // namespace quarry::api
