// SPDX-License-Identifier: MIT
#include "problem.hpp"

#include <gtest/gtest.h>

#include <set>

namespace quarry::hdbits {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT

sdk::HttpReply reply(std::int32_t status, std::string body = {}, std::string retry_after = {}) {
  sdk::HttpReply r;
  r.status = status;
  r.body = std::move(body);
  if (!retry_after.empty()) { r.headers.emplace_back("retry-after", std::move(retry_after)); }
  return r;
}

TEST(Problem, EachApiStatusHasItsOwnSentenceAndConsequence) {
  struct Case {
    std::int64_t status;
    sdk::Code code;
    Effect effect;
  };
  std::set<std::string> sentences;
  for (const Case& c : std::initializer_list<Case>{{1, sdk::Code::unavailable, Effect::trouble},
                                                   {2, sdk::Code::invalid, Effect::none},
                                                   {3, sdk::Code::internal, Effect::none},
                                                   {4, sdk::Code::unauthenticated, Effect::refuse},
                                                   {5, sdk::Code::unauthenticated, Effect::refuse},
                                                   {6, sdk::Code::internal, Effect::none},
                                                   {7, sdk::Code::invalid, Effect::none},
                                                   {8, sdk::Code::invalid, Effect::none},
                                                   {9, sdk::Code::invalid, Effect::none},
                                                   {10, sdk::Code::unavailable, Effect::trouble}}) {
    const Problem p = status_problem(c.status, "said the site");
    EXPECT_EQ(p.status.code, c.code) << c.status;
    EXPECT_EQ(p.effect, c.effect) << c.status;
    EXPECT_EQ(p.status.vendor_code, c.status);
    EXPECT_EQ(p.status.retryable(), c.code == sdk::Code::unavailable) << c.status;
    EXPECT_NE(p.text.find("API status " + std::to_string(c.status)), std::string::npos) << p.text;
    EXPECT_NE(p.text.find("said the site"), std::string::npos) << p.text;
    sentences.insert(status_problem(c.status, "").text.substr(13));
  }
  EXPECT_EQ(sentences.size(), 10U);
}

TEST(Problem, TheSitesMessageIsCutAndOnOneLine) {
  const Problem p = status_problem(1, std::string(5000, 'x'));
  EXPECT_LT(p.text.size(), 400U);
  EXPECT_EQ(status_problem(1, "a\nb\tc").text.find_first_of("\n\t"), std::string::npos);
  EXPECT_EQ(status_problem(9'000'000'000'000'000'000, "").status.vendor_code, 9999);
}

TEST(Problem, HttpAnswersOfTheApi) {
  struct Case {
    std::int32_t http;
    sdk::Code code;
    Effect effect;
  };
  EXPECT_FALSE(api_problem(reply(200, "{}"), kNow).has_value());
  for (const Case& c : std::initializer_list<Case>{{204, sdk::Code::unavailable, Effect::trouble},
                                                   {302, sdk::Code::unavailable, Effect::trouble},
                                                   {400, sdk::Code::unavailable, Effect::trouble},
                                                   {401, sdk::Code::unauthenticated, Effect::refuse},
                                                   {403, sdk::Code::rate_limited, Effect::limit},
                                                   {404, sdk::Code::invalid, Effect::none},
                                                   {405, sdk::Code::invalid, Effect::none},
                                                   {429, sdk::Code::rate_limited, Effect::limit},
                                                   {500, sdk::Code::unavailable, Effect::trouble},
                                                   {502, sdk::Code::unavailable, Effect::trouble},
                                                   {503, sdk::Code::unavailable, Effect::trouble}}) {
    const auto p = api_problem(reply(c.http, "<html>"), kNow);
    ASSERT_TRUE(p.has_value()) << c.http;
    EXPECT_EQ(p->status.code, c.code) << c.http;
    EXPECT_EQ(p->effect, c.effect) << c.http;
    EXPECT_EQ(p->status.vendor_code, c.http);
    EXPECT_NE(p->text.find("HTTP " + std::to_string(c.http)), std::string::npos) << p->text;
  }
}

TEST(Problem, AForbiddenAnswerIsALimitUnlessItSpeaksOfThePasskey) {
  EXPECT_EQ(api_problem(reply(403, "go away"), kNow)->effect, Effect::limit);
  EXPECT_EQ(api_problem(reply(403, "<b>Invalid PASSKEY</b>"), kNow)->effect, Effect::refuse);
  EXPECT_EQ(download_problem(reply(403, "invalid passkey"), kNow)->effect, Effect::refuse);
  const auto limit = download_problem(reply(403, "<p>Rate limit exceeded, retry in 15 minutes.</p>"), kNow);
  EXPECT_EQ(limit->effect, Effect::limit);
  EXPECT_EQ(limit->wait_ms, 15 * 60'000);
}

TEST(Problem, TakesTheWaitFromTheHeaderFirst) {
  EXPECT_EQ(api_problem(reply(429, "in 15 minutes", "120"), kNow)->wait_ms, 120'000);
  EXPECT_EQ(api_problem(reply(429, "", "Tue, 14 Nov 2023 22:14:20 GMT"), kNow)->wait_ms, 60'000);
  EXPECT_EQ(api_problem(reply(429, "in 15 minutes", "soon"), kNow)->wait_ms, 15 * 60'000);
  EXPECT_EQ(api_problem(reply(429), kNow)->wait_ms, 0);
  EXPECT_EQ(api_problem(reply(503, "", "30"), kNow)->wait_ms, 30'000);
}

TEST(Problem, ReadsTimesInWords) {
  EXPECT_EQ(named_wait_ms("try in 2 hours or so"), 2 * 3'600'000);
  EXPECT_EQ(named_wait_ms("limit of 100 queries, wait 1 minute"), 60'000);
  EXPECT_EQ(named_wait_ms("wait 45seconds"), 45'000);
  EXPECT_EQ(named_wait_ms("99999999999999999999 hours"), 24 * 3'600'000);
  for (const char* none : {"", "later", "15", "15 ", "minutes", "error 403 forbidden"}) {
    EXPECT_EQ(named_wait_ms(none), 0) << none;
  }
}

TEST(Problem, TellsDownloadsApartByTheirContent) {
  EXPECT_FALSE(download_problem(reply(200, "d8:announce"), kNow).has_value());
  struct Case {
    std::int32_t http;
    const char* body;
    sdk::Code code;
    Effect effect;
  };
  for (const Case& c :
       std::initializer_list<Case>{{200, "<html>Torrent not found</html>", sdk::Code::not_found, Effect::none},
                                   {200, "<html>Rate limit exceeded</html>", sdk::Code::rate_limited, Effect::limit},
                                   {200, "<html>Down for Maintenance</html>", sdk::Code::unavailable, Effect::trouble},
                                   {200, "", sdk::Code::unavailable, Effect::trouble},
                                   {200, "PK\x03\x04", sdk::Code::not_found, Effect::none},
                                   {404, "", sdk::Code::not_found, Effect::none},
                                   {410, "", sdk::Code::not_found, Effect::none},
                                   {404, "d4:infoe", sdk::Code::not_found, Effect::none},
                                   {401, "", sdk::Code::unauthenticated, Effect::refuse},
                                   {403, "", sdk::Code::rate_limited, Effect::limit},
                                   {429, "", sdk::Code::rate_limited, Effect::limit},
                                   {301, "", sdk::Code::unavailable, Effect::trouble},
                                   {418, "", sdk::Code::unavailable, Effect::trouble},
                                   {500, "", sdk::Code::unavailable, Effect::trouble}}) {
    const auto p = download_problem(reply(c.http, c.body), kNow);
    ASSERT_TRUE(p.has_value()) << c.http << c.body;
    EXPECT_EQ(p->status.code, c.code) << c.http << c.body;
    EXPECT_EQ(p->effect, c.effect) << c.http << c.body;
  }
}

TEST(Problem, SaysWhatAWebPageInPlaceOfJsonMeans) {
  EXPECT_NE(nonsense_problem(" \n<!DOCTYPE html>", "x").text.find("web page"), std::string::npos);
  EXPECT_NE(nonsense_problem("{\"a\"", "not JSON at 4").text.find("not JSON at 4"), std::string::npos);
  EXPECT_EQ(nonsense_problem("[]", "").effect, Effect::trouble);
}

TEST(Problem, DurationsAreRoundedUp) {
  EXPECT_EQ(duration_text(-5), "0 s");
  EXPECT_EQ(duration_text(1), "1 s");
  EXPECT_EQ(duration_text(119'001), "120 s");
  EXPECT_EQ(duration_text(120'000), "2 min");
  EXPECT_EQ(duration_text(7'199'999), "120 min");
  EXPECT_EQ(duration_text(7'200'001), "3 h");
}

}  // namespace
}  // namespace quarry::hdbits
