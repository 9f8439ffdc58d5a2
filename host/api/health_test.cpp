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

}  // namespace
}  // namespace quarry::api
