// SPDX-License-Identifier: MIT
#include "api/resources.hpp"

namespace quarry::api {

void add_ping(std::vector<Route>& table) {
  Route route{"GET", "/ping", [](const ApiRequest&) { return ApiResponse{200, R"({"status":"OK"})", {}}; }};
  route.auth = false;
  table.push_back(std::move(route));
}

}  // namespace quarry::api
