// SPDX-License-Identifier: MIT
#include "app/bind_routes.hpp"

#include "api/testing/api_world.hpp"
#include "ops/logging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace quarry::app {
namespace {

using testing::HasSubstr;
using testing::Not;

http::Response call(api::testing::ApiWorld& world, const std::string& pattern, const http::Request& request) {
  for (const http::Route& route : bind_routes(world.services)) {
    if (route.method == "GET" && route.pattern == pattern) { return route.handler(request); }
  }
  ADD_FAILURE() << "no route " << pattern;
  return {};
}

TEST(BindRoutes, AnErrorHoldsNoSecretAndStaysAsItWas) {
  // A word of the failure, one that JSON escapes, and one that is also the name of a member.
  ops::register_secret("nonsense");
  ops::register_secret("code");
  api::testing::ApiWorld world;
  world.indexer.fails_with = sdk::Code::unavailable;
  http::Request request;
  request.request_id = "r-1";
  request.query = {{"term", "film"}};
  const http::Response answer = call(world, "/api/v3/release", request);
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, Not(HasSubstr("nonsense")));
  const auto error = sdk::JsonDocument::parse(answer.body);
  ASSERT_TRUE(error.ok()) << answer.body;
  EXPECT_THAT(std::string((*error)["message"].as_string()), HasSubstr("the site answers [secret]"));
  EXPECT_EQ((*error)["code"].as_string(), "unavailable");
  EXPECT_EQ((*error)["requestId"].as_string(), "r-1");
}

TEST(BindRoutes, AnAnswerThatIsNoErrorIsLeftAlone) {
  ops::register_secret("OK");
  api::testing::ApiWorld world;
  EXPECT_EQ(call(world, "/ping", {}).body, R"({"status":"OK"})");
}

}  // namespace
}  // namespace quarry::app
