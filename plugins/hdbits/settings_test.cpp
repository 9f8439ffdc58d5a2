// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <gtest/gtest.h>

namespace quarry::hdbits {
namespace {

std::string json(const std::string& extra) {
  return R"({"username":"alice","passkey":"0123456789abcdef")" + extra + '}';
}
Settings read(const std::string& extra) { return settings_from(sdk::Config::parse(json(extra))); }
std::string error_of(const std::string& extra) {
  try {
    static_cast<void>(read(extra));
  } catch (const sdk::Error& e) {
    EXPECT_EQ(e.status().code, sdk::Code::invalid);
    return e.what();
  }
  return "";
}

TEST(Settings, DefaultsAreTheDocumentedOnes) {
  const Settings s = read("");
  EXPECT_EQ(s.url, "https://hdbits.org");
  EXPECT_EQ(s.site, "hdbits.org");
  EXPECT_EQ(s.categories, std::vector<std::int64_t>{1});
  EXPECT_TRUE(s.codecs.empty() && s.mediums.empty() && s.origins.empty());
  EXPECT_EQ(s.min_interval_ms, 5000);
  EXPECT_EQ(s.jitter_percent, 30);
  EXPECT_EQ(s.daily_api_calls, 200);
  EXPECT_EQ(s.daily_downloads, 50);
  EXPECT_EQ(s.search_cache_minutes, 30);
}

TEST(Settings, TheSchemaStatesTheSameDefaults) {
  const auto schema = sdk::JsonDocument::parse(kConfigSchema);
  ASSERT_TRUE(schema.ok());
  const sdk::Json fields = (*schema)["properties"];
  const Settings s = read("");
  EXPECT_EQ(fields["url"]["default"].as_string(), s.url);
  EXPECT_EQ(fields["categories"]["default"].at(0).as_int(), s.categories.at(0));
  EXPECT_EQ(fields["min_interval_ms"]["default"].as_int(), s.min_interval_ms);
  EXPECT_EQ(fields["jitter_percent"]["default"].as_int(), s.jitter_percent);
  EXPECT_EQ(fields["daily_api_calls"]["default"].as_int(), s.daily_api_calls);
  EXPECT_EQ(fields["daily_downloads"]["default"].as_int(), s.daily_downloads);
  EXPECT_EQ(fields["search_cache_minutes"]["default"].as_int(), s.search_cache_minutes);
  EXPECT_TRUE(fields["passkey"]["secret"].as_bool());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    EXPECT_FALSE(fields.value_at(i)["description"].as_string().empty()) << fields.key_at(i);
  }
}

TEST(Settings, TheSchemaTakesWhatIsRightAndRefusesTheRest) {
  EXPECT_TRUE(sdk::validate_json(kConfigSchema, json("")).ok());
  EXPECT_TRUE(
      sdk::validate_json(kConfigSchema, json(R"(,"url":"http://127.0.0.1:1","min_interval_ms":0,"codecs":[1,5])"))
          .ok());
  for (const char* wrong :
       {R"(,"url":"ftp://x")", R"(,"pass_key":"x")", R"(,"categories":["movie"])", R"(,"origins":[2])",
        R"(,"min_interval_ms":-1)", R"(,"jitter_percent":101)", R"(,"daily_downloads":0)"}) {
    EXPECT_FALSE(sdk::validate_json(kConfigSchema, json(wrong)).ok()) << wrong;
  }
  EXPECT_FALSE(sdk::validate_json(kConfigSchema, R"({"username":"alice"})").ok());
  const auto empty = sdk::validate_json(kConfigSchema, R"({"username":"alice","passkey":"short"})");
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error().text.find("short"), std::string::npos);
}

TEST(Settings, AFastPaceIsForThisMachineOnly) {
  EXPECT_NE(error_of(R"(,"min_interval_ms":1999)").find("2000"), std::string::npos);
  EXPECT_EQ(error_of(R"(,"min_interval_ms":2000)"), "");
  for (const char* local : {"http://127.0.0.1:8080", "http://localhost", "http://[::1]:80/x", "https://127.9.9.9"}) {
    EXPECT_EQ(error_of(R"(,"min_interval_ms":0,"url":")" + std::string(local) + '"'), "") << local;
  }
  for (const char* far :
       {"https://127.0.0.1.example.org", "https://localhost.example.org", "https://127.example.org"}) {
    EXPECT_NE(error_of(R"(,"min_interval_ms":0,"url":")" + std::string(far) + '"'), "") << far;
  }
}

TEST(Settings, TheUrlIsHttpsAndHoldsNoSecret) {
  EXPECT_NE(error_of(R"(,"url":"http://hdbits.org")").find("https://"), std::string::npos);
  for (const char* wrong :
       {"https://", "https:///x", "https://u:p@hdbits.org", "https://hdbits.org/?passkey=1", "https://a b"}) {
    EXPECT_NE(error_of(R"(,"url":")" + std::string(wrong) + '"'), "") << wrong;
  }
  EXPECT_EQ(read(R"(,"url":"https://hdbits.org///")").url, "https://hdbits.org");
}

TEST(Settings, TheMarkOfAnAccountIgnoresThePasskeyItself) {
  const auto mark = [](const char* url, const char* user, const char* passkey) {
    Settings s;
    s.url = url;
    s.username = user;
    s.passkey = passkey;
    return account_mark(s);
  };
  const std::uint64_t base = mark("https://a", "alice", "111111");
  EXPECT_EQ(base, mark("https://a", "alice", "222222"));
  EXPECT_NE(base, mark("https://a", "alice", "1111111"));
  EXPECT_NE(base, mark("https://a", "bob", "111111"));
  EXPECT_NE(base, mark("https://b", "alice", "111111"));
  EXPECT_NE(mark("https://ab", "c", "111111"), mark("https://a", "bc", "111111"));
}

}  // namespace
}  // namespace quarry::hdbits
