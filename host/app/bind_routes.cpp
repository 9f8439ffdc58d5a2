// SPDX-License-Identifier: MIT
#include "app/bind_routes.hpp"

#include "ops/logging.hpp"

#include <quarry/sdk/helpers/json.hpp>

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

/// The texts of an error without secrets: a plugin or storage may quote what it was configured with.
std::string redacted(const std::string& body) {
  const auto parsed = sdk::JsonDocument::parse(body);
  const sdk::Json error = parsed ? parsed->root() : sdk::Json();
  if (!error.is_object()) { return ops::redact(body); }
  sdk::JsonWriter w;
  w.begin_object();
  for (std::size_t i = 0; i < error.size(); ++i) {
    const sdk::Json value = error.value_at(i);
    w.key(error.key_at(i));
    if (value.is_string()) {
      w.value(ops::redact(value.as_string()));
    } else {
      w.raw(value.dump());
    }
  }
  return w.end_object().take();
}

http::Response to_http(api::ApiResponse answer) {
  http::Response response;
  response.status = answer.status;
  response.body = answer.status < 400 ? std::move(answer.body) : redacted(answer.body);
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
