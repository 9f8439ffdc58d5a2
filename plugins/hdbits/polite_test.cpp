// SPDX-License-Identifier: MIT
// Pace, budget, back-off and refusal: what keeps an account in good standing.
#include "test_site.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace quarry::hdbits {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

constexpr const char* kFar = R"(,"min_interval_ms":5000,"jitter_percent":0)";

TEST(HdbitsSpacing, TheHostIsAskedToKeepTheDistanceWithJitter) {
  Bench b(R"(,"min_interval_ms":5000,"jitter_percent":30,"search_cache_minutes":0)");
  b.host.answer(200, envelope(""));
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(b.search().status.ok());
    b.host.advance(10'000);
  }
  const auto [low, high] = std::minmax_element(b.host.http.intervals.begin(), b.host.http.intervals.end());
  EXPECT_GE(*low, 5000);
  EXPECT_LE(*high, 6500);
  EXPECT_GT(*high - *low, 500);
}

TEST(HdbitsSpacing, WaitsInTheCallWhenThereIsTimeElseSaysWhen) {
  Bench b(kFar);
  b.host.answer(200, envelope(""));
  ASSERT_TRUE(b.search("a").status.ok());
  b.host.advance(1000);
  const Outcome hurried = b.search("b", "", 0, 0, 100, 5000);
  EXPECT_EQ(hurried.status.code, sdk::Code::rate_limited);
  EXPECT_EQ(hurried.status.retry_after_ms, 4000U);
  EXPECT_TRUE(hurried.status.not_started());
  EXPECT_EQ(b.host.requests(), 1U);
  EXPECT_TRUE(b.search("b").status.ok());
  EXPECT_EQ(b.host.http.intervals.back(), 5000);
  b.host.advance(4000);  // that is how long the host waited before it sent the second
  EXPECT_EQ(b.search("c", "", 0, 0, 100, 5000).status.retry_after_ms, 5000U);
}

TEST(HdbitsSpacing, ALongDistanceIsNeverWaitedFor) {
  Bench b(R"(,"min_interval_ms":60000,"jitter_percent":0)");
  b.host.answer(200, envelope(""));
  ASSERT_TRUE(b.search("a").status.ok());
  const Outcome out = b.search("b", "", 0, 0, 100, 600'000);
  EXPECT_EQ(out.status.code, sdk::Code::rate_limited);
  EXPECT_EQ(out.status.retry_after_ms, 60'000U);
}

TEST(HdbitsSpacing, SearchTestAndDownloadShareItAndARestartKeepsIt) {
  Bench b(kFar);
  b.host.answer(200, R"({"status":0})");
  ASSERT_TRUE(b.test().status.ok());
  b.restart();
  b.host.advance(2000);
  for (const Outcome& out : {b.search(), b.test(), b.fetch()}) {
    EXPECT_EQ(out.status.code, sdk::Code::rate_limited) << out.text;
    EXPECT_EQ(out.status.retry_after_ms, 3000U);
  }
  b.host.advance(3000);
  EXPECT_TRUE(b.search().status.ok());
}

TEST(HdbitsBudget, EndsAtTheLimitOverRestartsUntilADayIsOver) {
  Bench b(
      R"(,"min_interval_ms":0,"url":"http://127.0.0.1:9","daily_api_calls":2,"daily_downloads":1,"search_cache_minutes":0)");
  b.host.answer(200, envelope(""));
  EXPECT_TRUE(b.search().status.ok());
  b.restart();
  EXPECT_TRUE(b.test().status.ok());
  b.restart();
  const Outcome out = b.search();
  EXPECT_EQ(out.status.code, sdk::Code::rate_limited);
  EXPECT_EQ(out.status.retry_after_ms, 24U * kHour);
  EXPECT_EQ(b.host.requests(), 2U);
  b.host.answer(200, std::string(kTorrent));
  EXPECT_TRUE(b.fetch().status.ok());
  EXPECT_EQ(b.fetch().status.code, sdk::Code::rate_limited);
  b.host.advance(24 * kHour);
  EXPECT_TRUE(b.fetch().status.ok());
}

TEST(HdbitsBudget, AnAnswerFromTheCacheCostsNothing) {
  Bench b(R"(,"min_interval_ms":0,"url":"http://127.0.0.1:9","daily_api_calls":1)");
  b.host.answer(200, envelope(row(5)));
  for (int i = 0; i < 5; ++i) { EXPECT_EQ(b.search().releases.size(), 1U); }
}

TEST(HdbitsBackOff, TroubleGrowsAndOutlivesARestart) {
  Bench b;
  b.host.answer(500, "");
  for (const std::int64_t minutes : {1, 5, 15, 30, 60, 60}) {
    const Outcome out = b.search();
    EXPECT_EQ(out.status.code, sdk::Code::unavailable);
    EXPECT_EQ(out.status.vendor_code, 500);
    EXPECT_EQ(out.status.retry_after_ms, minutes * kMinute);
    b.restart();
    const std::size_t before = b.host.requests();
    b.host.advance(minutes * kMinute - 1);
    EXPECT_EQ(b.search().status.retry_after_ms, 1U);
    EXPECT_EQ(b.host.requests(), before);
    b.host.advance(1);
  }
  b.host.answer(200, envelope(""));
  EXPECT_TRUE(b.search().status.ok());
  b.restart();
  b.host.refuse(sdk::Code::deadline, "POST http://127.0.0.1:9/api/torrents: timed out");
  EXPECT_EQ(b.search("other").status.retry_after_ms, kMinute);
}

TEST(HdbitsBackOff, NoAnswerAtAllIsTrouble) {
  Bench b;
  b.host.refuse(sdk::Code::unavailable, "POST http://127.0.0.1:9/api/torrents: connection refused");
  const Outcome out = b.search();
  EXPECT_EQ(out.status.code, sdk::Code::unavailable);
  EXPECT_NE(out.text.find("connection refused"), std::string::npos);
  EXPECT_EQ(out.status.retry_after_ms, kMinute);
}

TEST(HdbitsBackOff, WhatIsNotTheSitesFaultStopsNothing) {
  Bench b;
  for (const sdk::Code code : {sdk::Code::cancelled, sdk::Code::invalid}) {
    b.host.refuse(code, "x");
    EXPECT_EQ(b.search().status.code, code);
    EXPECT_EQ(b.search().status.retry_after_ms, 0U);
  }
  // A caller in a hurry learns nothing about the site.
  b.host.refuse(sdk::Code::deadline, "x");
  EXPECT_EQ(b.search("a", "", 0, 0, 100, 50).status.retry_after_ms, 0U);
  b.host.answer(200, envelope(""));
  EXPECT_TRUE(b.search().status.ok());
}

TEST(HdbitsBackOff, ATestMayGoWhileTheSiteHasTroubleAndEndsIt) {
  Bench b;
  b.host.answer(503, "");
  EXPECT_FALSE(b.search().status.ok());
  b.host.answer(200, R"({"status":0})");
  EXPECT_TRUE(b.test().status.ok());
  EXPECT_TRUE(b.search().status.ok());
}

TEST(HdbitsBackOff, ALimitStopsAllCallsForAnHourOrAsLongAsSaid) {
  Bench b;
  b.host.answer(403, "");
  EXPECT_EQ(b.search().status.retry_after_ms, kHour);
  for (const Outcome& out : {b.search(), b.test(), b.fetch()}) { EXPECT_EQ(out.status.code, sdk::Code::rate_limited); }
  EXPECT_EQ(b.host.requests(), 1U);
  b.host.advance(kHour);
  b.host.answer(429, "", {{"Retry-After", "60"}});
  EXPECT_EQ(b.search().status.retry_after_ms, 2 * kMinute);  // the second in a row
  b.host.advance(2 * kMinute);
  b.host.answer(200, envelope(""));
  EXPECT_TRUE(b.search("a").status.ok());
  b.host.answer(403, "<html>Rate limit exceeded, please retry in 15 minutes</html>");
  EXPECT_EQ(b.fetch().status.retry_after_ms, 15 * kMinute);
  b.restart();
  EXPECT_EQ(b.search("b").status.retry_after_ms, 15 * kMinute);
}

TEST(HdbitsCredentials, ARefusalIsFinalUntilTheConfigurationChanges) {
  Bench b;
  b.host.answer(200, R"({"status":5,"message":"Auth failed"})");
  const Outcome first = b.test();
  EXPECT_EQ(first.status.code, sdk::Code::unauthenticated);
  EXPECT_EQ(first.status.vendor_code, 5);
  EXPECT_FALSE(first.status.retryable());
  EXPECT_NE(first.text.find("Auth failed"), std::string::npos);
  b.host.answer(200, envelope(""));
  b.host.advance(72 * kHour);
  for (const Outcome& out : {b.search(), b.test(), b.fetch(), b.recent(0)}) {
    EXPECT_EQ(out.status.code, sdk::Code::unauthenticated);
    EXPECT_NE(out.text.find("username"), std::string::npos);
  }
  EXPECT_EQ(b.host.requests(), 1U);
  b.restart();
  EXPECT_TRUE(b.search().status.ok());
}

TEST(HdbitsCredentials, ARestartLoopWithAWrongPasskeyIsSlowedDown) {
  Bench b;
  b.host.answer(200, R"({"status":5})");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(b.search().status.code, sdk::Code::unauthenticated);
    b.restart();
  }
  EXPECT_EQ(b.host.requests(), 4U);
  b.restart(R"(,"min_interval_ms":0,"url":"http://127.0.0.1:10")");
  EXPECT_EQ(b.search().status.code, sdk::Code::unauthenticated);
  EXPECT_EQ(b.host.requests(), 5U);
}

}  // namespace
}  // namespace quarry::hdbits
