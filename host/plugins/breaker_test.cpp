// SPDX-License-Identifier: MIT
#include "plugins/breaker.hpp"

#include <gtest/gtest.h>

namespace quarry::plugins {
namespace {

using sdk::Code;

constexpr sdk::Status kFailure{Code::unavailable, 0, 0, 0};
constexpr sdk::Status kFine{};

/// Whole waits, so that times are plain to read.
Breaker breaker(double draw = 1.0) {
  return Breaker({}, [draw] { return draw; });
}

void fail_times(Breaker& b, int times, std::int64_t now) {
  for (int i = 0; i < times; ++i) { b.record(kFailure, false, now); }
}

TEST(Breaker, OpensAfterFiveFailuresInARow) {
  Breaker b = breaker();
  fail_times(b, 4, 0);
  EXPECT_TRUE(b.ask(0).allowed);
  fail_times(b, 1, 0);
  const auto asked = b.ask(1000);
  EXPECT_FALSE(asked.allowed);
  EXPECT_EQ(asked.retry_after_ms, 14'000);
  EXPECT_EQ(b.state(1000), BreakerState::open);
}

TEST(Breaker, ASuccessEndsTheRow) {
  Breaker b = breaker();
  fail_times(b, 4, 0);
  b.record(kFine, false, 0);
  fail_times(b, 4, 0);
  EXPECT_TRUE(b.ask(0).allowed);
}

TEST(Breaker, OpensAtHalfOfTheLastTwenty) {
  Breaker b = breaker();
  for (int i = 0; i < 9; ++i) {
    b.record(kFailure, false, 0);
    b.record(kFine, false, 0);
  }
  b.record(kFine, false, 0);
  EXPECT_TRUE(b.ask(0).allowed) << "9 of 19";
  b.record(kFailure, false, 0);
  EXPECT_FALSE(b.ask(0).allowed) << "10 of 20";
}

TEST(Breaker, OldFailuresLeaveTheWindow) {
  Breaker b = breaker();
  fail_times(b, 4, 0);
  for (int i = 0; i < 20; ++i) { b.record(kFine, false, 0); }
  for (int i = 0; i < 4; ++i) {
    b.record(kFailure, false, 0);
    b.record(kFine, false, 0);
  }
  EXPECT_TRUE(b.ask(0).allowed);
}

TEST(Breaker, OneProbeWhenTheWaitIsOver) {
  Breaker b = breaker();
  fail_times(b, 5, 0);
  EXPECT_EQ(b.state(15'000), BreakerState::half_open);
  const auto probe = b.ask(15'000);
  EXPECT_TRUE(probe.allowed);
  EXPECT_TRUE(probe.probe);
  EXPECT_FALSE(b.ask(15'000).allowed) << "only one at a time";
  b.record(kFine, true, 15'100);
  EXPECT_EQ(b.state(15'100), BreakerState::closed);
  EXPECT_FALSE(b.ask(15'100).probe);
}

TEST(Breaker, WaitsDoubleUpToTheCap) {
  Breaker b = breaker();
  std::int64_t now = 0;
  fail_times(b, 5, now);
  for (const std::int64_t wait : {15'000, 30'000, 60'000, 120'000, 240'000, 480'000, 960'000, 1'800'000, 1'800'000}) {
    EXPECT_EQ(b.retry_after_ms(now), wait);
    now += wait;
    ASSERT_TRUE(b.ask(now).probe);
    b.record(kFailure, true, now);
  }
  now += b.retry_after_ms(now);
  ASSERT_TRUE(b.ask(now).probe);
  b.record(kFine, true, now);
  fail_times(b, 5, now);
  EXPECT_EQ(b.retry_after_ms(now), 15'000) << "a success starts over";
}

TEST(Breaker, TheWaitIsDrawnButNeverTooShort) {
  Breaker half = breaker(0.5);
  fail_times(half, 5, 0);
  EXPECT_EQ(half.retry_after_ms(0), 7'500);
  Breaker none = breaker(0.0);
  fail_times(none, 5, 0);
  EXPECT_EQ(none.retry_after_ms(0), 1'000);
}

TEST(Breaker, RetryAfterLengthensTheWait) {
  Breaker b = breaker();
  fail_times(b, 4, 0);
  b.record({Code::unavailable, 0, 60'000, 0}, false, 0);
  EXPECT_EQ(b.retry_after_ms(0), 60'000);
}

TEST(Breaker, RetryAfterDoesNotPassTheCap) {
  Breaker b = breaker();
  fail_times(b, 4, 0);
  b.record({Code::unavailable, 0, 23 * 3600 * 1000, 0}, false, 0);
  EXPECT_EQ(b.retry_after_ms(0), 30 * 60'000);
}

TEST(Breaker, ASpentBudgetLeavesOtherCallsAlone) {
  Breaker b = breaker();
  for (int i = 0; i < 20; ++i) { b.record({Code::rate_limited, 0, 23 * 3600 * 1000, 0}, false, 0); }
  EXPECT_TRUE(b.ask(0).allowed);
  fail_times(b, 5, 0);
  ASSERT_TRUE(b.ask(15'000).probe);
  b.record({Code::rate_limited, 0, 23 * 3600 * 1000, 0}, true, 15'000);
  EXPECT_TRUE(b.ask(15'000).probe) << "the next caller probes";
}

TEST(Breaker, HonestRefusalsAreNoFailures) {
  Breaker b = breaker();
  for (const Code code :
       {Code::invalid, Code::not_found, Code::conflict, Code::unsupported, Code::rate_limited, Code::cancelled}) {
    EXPECT_FALSE(is_breaker_failure(code));
    for (int i = 0; i < 20; ++i) { b.record({code, 0, 0, 0}, false, 0); }
  }
  EXPECT_TRUE(b.ask(0).allowed);
  for (const Code code : {Code::deadline, Code::unauthenticated, Code::unavailable, Code::internal}) {
    EXPECT_TRUE(is_breaker_failure(code));
  }
}

TEST(Breaker, ACancelledProbeDecidesNothing) {
  Breaker b = breaker();
  fail_times(b, 5, 0);
  ASSERT_TRUE(b.ask(15'000).probe);
  b.record({Code::cancelled, 0, 0, 0}, true, 15'000);
  EXPECT_TRUE(b.ask(15'000).probe) << "the next caller probes";
  b.forget(true);
  EXPECT_TRUE(b.ask(15'000).probe);
}

TEST(Breaker, LateAnswersOfEarlierCallsChangeNothingWhileOpen) {
  Breaker b = breaker();
  fail_times(b, 5, 0);
  b.record(kFine, false, 1);
  EXPECT_FALSE(b.ask(1).allowed);
  b.record(kFailure, false, 1);
  EXPECT_EQ(b.retry_after_ms(0), 15'000);
}

}  // namespace
}  // namespace quarry::plugins
