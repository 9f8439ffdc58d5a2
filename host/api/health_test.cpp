// SPDX-License-Identifier: MIT
#include "api/testing/api_world.hpp"

namespace quarry::api {
namespace {

TEST(Health, IsAnEmptyListWhenAllIsWell) {
  testing::ApiWorld world;
  const auto call = world.call("GET", "/api/v3/health");
  EXPECT_EQ(call.status, 200);
  EXPECT_EQ(call.body, "[]");
}

TEST(Health, TellsWhatIsWrongInTheShapeClientsKnow) {
  testing::ApiWorld world;
  world.services.health = [] {
    return std::vector<HealthNote>{{"PluginCheck", "error", "the plugin \"a\" failed: no disk"},
                                   {"IndexerSearchCheck", "warning", "no indexer runs"}};
  };
  const auto notes = world.call("GET", "/api/v3/health").json();
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes.at(0)["source"].as_string(), "PluginCheck");
  EXPECT_EQ(notes.at(0)["type"].as_string(), "error");
  EXPECT_EQ(notes.at(0)["message"].as_string(), "the plugin \"a\" failed: no disk");
  EXPECT_TRUE(notes.at(0)["wikiUrl"].is_string());
  EXPECT_EQ(notes.at(1)["type"].as_string(), "warning");
}

TEST(Probes, AnswerWithoutAKeyWhetherTheHostLivesAndCanWork) {
  testing::ApiWorld world;
  for (const Route& route : world.table) {
    if (route.pattern == "/healthz" || route.pattern == "/readyz") { EXPECT_FALSE(route.auth) << route.pattern; }
  }
  EXPECT_EQ(world.call("GET", "/healthz").status, 200);
  EXPECT_EQ(world.call("GET", "/readyz").body, R"({"status":"OK"})");
  world.services.not_ready = [] { return std::optional<std::string>("waiting for the storage: it is gone"); };
  const auto call = world.call("GET", "/readyz");
  EXPECT_EQ(call.status, 503);
  EXPECT_EQ(call.json()["message"].as_string(), "waiting for the storage: it is gone");
  EXPECT_NE(call.header("Retry-After"), "");
  EXPECT_EQ(world.call("GET", "/healthz").status, 200) << "a restart would not help";
  EXPECT_EQ(world.call("GET", "/api/v3/queue").status, 200) << "the API answers for itself";
}

TEST(Probes, UntilTheHostHasStartedEveryCallOfTheApiSaysWhatItWaitsFor) {
  testing::ApiWorld world;
  world.services.starting = [] { return std::optional<std::string>("waiting for the storage: nobody answers"); };
  int refused = 0;
  for (const Route& route : world.table) {
    ApiRequest request;
    request.request_id = "r";
    const ApiResponse answer = route.handler(request);
    const bool api = route.pattern.starts_with("/api/");
    EXPECT_EQ(answer.status, api ? 503 : 200) << route.method << ' ' << route.pattern;
    if (!api) { continue; }
    ++refused;
    EXPECT_NE(answer.body.find("nobody answers"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.headers.front().first, "Retry-After");
  }
  EXPECT_GT(refused, 15);
  world.services.starting = [] { return std::nullopt; };
  EXPECT_EQ(world.call("GET", "/api/v3/queue").status, 200);
}

}  // namespace
}  // namespace quarry::api
