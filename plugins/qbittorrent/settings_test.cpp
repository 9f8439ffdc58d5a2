// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/settings.hpp"

#include <gtest/gtest.h>

namespace quarry::qbittorrent {
namespace {

std::string problem(const std::string& url) {
  try {
    const Settings s = read_settings(sdk::Config::parse(R"({"url":")" + url + R"("})"));
    return "";
  } catch (const sdk::Error& e) {
    EXPECT_EQ(e.status().code, sdk::Code::invalid);
    return e.what();
  }
}

TEST(Settings, HasDefaults) {
  const Settings s = read_settings(sdk::Config::parse(R"({"url":"https://host/qb//"})"));
  EXPECT_EQ(s.url, "https://host/qb");
  EXPECT_EQ(s.username, "");
  EXPECT_EQ(s.request_timeout_ms, 10'000);
  EXPECT_EQ(s.session_lifetime_ms, 1'800'000);
}

TEST(Settings, ReadsEverything) {
  const Settings s = read_settings(sdk::Config::parse(
      R"({"url":"http://h:1","username":"u","password":"p","api_key":"k","request_timeout_ms":500,"session_lifetime_s":60})"));
  EXPECT_EQ(s.username, "u");
  EXPECT_EQ(s.password, "p");
  EXPECT_EQ(s.api_key, "k");
  EXPECT_EQ(s.request_timeout_ms, 500);
  EXPECT_EQ(s.session_lifetime_ms, 60'000);
}

TEST(Settings, RefusesUrlsThatCannotWork) {
  EXPECT_NE(problem("localhost:8080").find("must begin with http://"), std::string::npos);
  EXPECT_NE(problem("ftp://h").find("must begin with http://"), std::string::npos);
  EXPECT_NE(problem("http://").find("host is missing"), std::string::npos);
  EXPECT_NE(problem("http:///x").find("host is missing"), std::string::npos);
  EXPECT_NE(problem("http://h/?a=b").find("'?'"), std::string::npos);
  EXPECT_NE(problem("http://h x").find("blank"), std::string::npos);
  const std::string said = problem("http://admin:hunter2@h");
  EXPECT_NE(said.find("their own fields"), std::string::npos);
  EXPECT_EQ(said.find("hunter2"), std::string::npos);
  EXPECT_EQ(problem("http://[::1]:8080"), "");
}

TEST(Settings, SchemaAcceptsAndRefuses) {
  EXPECT_TRUE(sdk::validate_json(kConfigSchema, R"({"url":"http://127.0.0.1:8080"})").ok());
  EXPECT_TRUE(sdk::validate_json(kConfigSchema, R"({"url":"https://h/qb","username":"u","password":"p","api_key":"k",
      "request_timeout_ms":5000,"session_lifetime_s":600})")
                  .ok());
  for (const char* bad :
       {R"({})", R"({"url":"h:8080"})", R"({"url":"http://h","pasword":"x"})", R"({"url":5})",
        R"({"url":"http://h","request_timeout_ms":0})", R"({"url":"http://h","session_lifetime_s":1})"}) {
    EXPECT_FALSE(sdk::validate_json(kConfigSchema, bad).ok()) << bad;
  }
  const auto schema = sdk::JsonDocument::parse(kConfigSchema);
  ASSERT_TRUE(schema.ok());
  const sdk::Json fields = (*schema)["properties"];
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string name(fields.key_at(i));
    EXPECT_FALSE(fields.value_at(i)["description"].as_string().empty()) << name;
    EXPECT_EQ(fields.value_at(i)["secret"].as_bool(), name == "password" || name == "api_key") << name;
  }
}

}  // namespace
}  // namespace quarry::qbittorrent
