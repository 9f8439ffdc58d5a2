// SPDX-License-Identifier: MIT
#include "api/format.hpp"
#include "api/resources.hpp"

#include <quarry/sdk/helpers/json.hpp>

namespace quarry::api {

void add_system(std::vector<Route>& table, const Context& context) {
  table.push_back({"GET", "/api/v3/system/status", [context](const ApiRequest&) {
                     sdk::JsonWriter w;
                     // Programs stop unless appName is this word; instanceName is free.
                     w.begin_object().member("appName", "Radarr").member("instanceName", "Quarry");
                     w.member("version", context.services.version);
                     w.member("startTime", iso_time(context.services.started_at_ms));
                     w.member("isLinux", true).member("osName", "linux").member("urlBase", "").end_object();
                     return ApiResponse{200, w.take(), {}};
                   }});
}

}  // namespace quarry::api
