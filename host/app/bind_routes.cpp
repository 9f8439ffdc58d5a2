// SPDX-License-Identifier: MIT
#include "app/bind_routes.hpp"

#include <utility>

namespace quarry::app {
namespace {

api::ApiRequest to_api(const http::Request& request) {
  api::ApiRequest call;
  call.request_id = request.request_id;
  call.content_type = request.header("Content-Type");
  call.body = request.body;
  call.path_params = request.path_params;
  call.query = request.query;
  return call;
}

http::Response to_http(api::ApiResponse answer) {
  http::Response response;
  response.status = answer.status;
  response.body = std::move(answer.body);
  response.headers = std::move(answer.headers);
  return response;
}

}  // namespace

std::vector<http::Route> bind_routes(api::Services& services) {
  std::vector<http::Route> table;
  for (api::Route& route : api::routes(services)) {
    http::Route bound;
    bound.method = std::move(route.method);
    bound.pattern = std::move(route.pattern);
    bound.options.auth = route.auth;
    bound.options.slow = route.slow;
    bound.options.body_limit = route.body_limit;
    bound.handler = [handler = std::move(route.handler)](const http::Request& request) {
      return to_http(handler(to_api(request)));
    };
    table.push_back(std::move(bound));
  }
  return table;
}

}  // namespace quarry::app
