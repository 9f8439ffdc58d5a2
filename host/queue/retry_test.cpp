// SPDX-License-Identifier: MIT
#include "queue/retry.hpp"

#include <gtest/gtest.h>

namespace quarry::queue {
namespace {

using sdk::Code;
using sdk::DownloadState;

sdk::Status status(Code code, std::uint32_t retry_after = 0) { return {code, 0, retry_after, 0}; }

TEST(RetryPolicy, DoublesFromTheBaseUpToTheCap) {
  RetryPolicy policy;
  policy.cap_ms = 10'000;
  EXPECT_EQ(policy.delay_ms(1, 0), 1000);
  EXPECT_EQ(policy.delay_ms(2, 0), 2000);
  EXPECT_EQ(policy.delay_ms(3, 0), 4000);
  EXPECT_EQ(policy.delay_ms(60, 0), 10'000);
  EXPECT_EQ(policy.delay_ms(1'000'000, 0), 10'000);
  EXPECT_LE(policy.delay_ms(60, 0.999), 12'500);
  EXPECT_EQ(policy.delay_ms(1, 0.5), 1125);
}

TEST(Judge, HopelessFailuresEndAtOnce) {
  for (const Code code : {Code::invalid, Code::not_found, Code::unsupported, Code::conflict}) {
    EXPECT_EQ(judge(status(code), Party::source, 1, 3, {}, 0).to, DownloadState::failed);
  }
}

TEST(Judge, CountsAttemptsOfTheSourceUntilTheyAreUsedUp) {
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const Verdict v = judge(status(Code::unavailable), Party::source, attempt, 3, {}, 0);
    EXPECT_EQ(v.to, DownloadState::queued);
    EXPECT_TRUE(v.counts);
    EXPECT_EQ(v.delay_ms, 1000LL << (attempt - 1));
  }
  EXPECT_EQ(judge(status(Code::unavailable), Party::source, 4, 3, {}, 0).to, DownloadState::failed);
}

TEST(Judge, AClientThatIsDownCostsNoAttempt) {
  for (const Code code : {Code::unavailable, Code::deadline, Code::unauthenticated}) {
    const Verdict v = judge(status(code), Party::client, 99, 3, {}, 0);
    EXPECT_EQ(v.to, DownloadState::queued);
    EXPECT_FALSE(v.counts);
    EXPECT_GT(v.delay_ms, 0);
  }
}

TEST(Judge, CredentialsAreLookedAtAgainSoonWhateverWasAskedFor) {
  EXPECT_EQ(judge(status(Code::unauthenticated, 30 * 60'000), Party::client, 1, 3, {}, 0).delay_ms, 30'000);
}

TEST(Judge, AWaitThatWasAskedForWins) {
  const Verdict limited = judge(status(Code::rate_limited, 90'000), Party::source, 9, 3, {}, 0);
  EXPECT_EQ(limited.to, DownloadState::queued);
  EXPECT_EQ(limited.delay_ms, 90'000);
  EXPECT_FALSE(limited.counts);
  EXPECT_GE(judge(status(Code::unavailable, 30'000), Party::source, 1, 3, {}, 0.9).delay_ms, 30'000);
}

TEST(Judge, TooManyRequestsWithoutATimeBacksOffAndCounts) {
  const Verdict first = judge(status(Code::rate_limited), Party::source, 1, 3, {}, 0);
  EXPECT_EQ(first.to, DownloadState::queued);
  EXPECT_TRUE(first.counts);
  EXPECT_EQ(first.delay_ms, 60'000);
  RetryPolicy slow;
  slow.base_ms = 50'000;
  EXPECT_EQ(judge(status(Code::rate_limited), Party::source, 3, 3, slow, 0).delay_ms, 200'000);
  EXPECT_EQ(judge(status(Code::rate_limited), Party::source, 4, 3, {}, 0).to, DownloadState::failed);
}

}  // namespace
}  // namespace quarry::queue
