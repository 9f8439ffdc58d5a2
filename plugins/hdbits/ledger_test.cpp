// SPDX-License-Identifier: MIT
#include "ledger.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace quarry::hdbits {
namespace {

constexpr std::int64_t kT0 = 1'700'000'000'000;
constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;

Settings settings() {
  Settings s;
  s.url = "https://hdbits.org";
  s.username = "alice";
  s.passkey = "0123456789abcdef";
  s.daily_api_calls = 3;
  s.daily_downloads = 2;
  return s;
}
Problem problem(Effect effect, std::int64_t wait_ms = 0) {
  return {sdk::Status{sdk::Code::unavailable, sdk::kRetryable, 0, 500}, "x", effect, wait_ms};
}
Ledger reloaded(const Ledger& ledger) {
  Ledger other(settings());
  other.load(ledger.save());
  return other;
}

TEST(Ledger, TroubleWaitsLongerEachTime) {
  Ledger ledger(settings());
  std::int64_t now = kT0;
  for (const std::int64_t minutes : {1, 5, 15, 30, 60, 60}) {
    EXPECT_EQ(ledger.bad(problem(Effect::trouble), now), minutes * kMinute);
    const auto blocked = ledger.obstacle(Call::api, now + minutes * kMinute - 1);
    ASSERT_TRUE(blocked.has_value());
    EXPECT_EQ(blocked->status.code, sdk::Code::unavailable);
    EXPECT_EQ(blocked->status.retry_after_ms, 1U);
    EXPECT_TRUE(blocked->status.not_started());
    now += minutes * kMinute;
    EXPECT_FALSE(ledger.obstacle(Call::api, now).has_value());
  }
  EXPECT_TRUE(ledger.good());
  EXPECT_FALSE(ledger.good());
  EXPECT_EQ(ledger.bad(problem(Effect::trouble), now), kMinute);
}

TEST(Ledger, ALimitStopsEverythingAndDoublesUpToADay) {
  Ledger ledger(settings());
  std::int64_t now = kT0;
  for (const std::int64_t hours : {1, 2, 4, 8, 16, 24, 24}) {
    EXPECT_EQ(ledger.bad(problem(Effect::limit), now), hours * kHour);
    for (const Call call : {Call::api, Call::test, Call::download}) {
      const auto blocked = ledger.obstacle(call, now + 1);
      ASSERT_TRUE(blocked.has_value());
      EXPECT_EQ(blocked->status.code, sdk::Code::rate_limited);
    }
    now += hours * kHour;
  }
}

TEST(Ledger, ALimitWaitsWhatTheSiteSaid) {
  Ledger ledger(settings());
  EXPECT_EQ(ledger.bad(problem(Effect::limit, 90'000), kT0), 90'000);
  EXPECT_EQ(ledger.bad(problem(Effect::limit, 90'000), kT0), 180'000);
  EXPECT_EQ(ledger.bad(problem(Effect::limit, 100 * kHour), kT0), 24 * kHour);
}

TEST(Ledger, APersonMayTestWhileTheSiteHasTrouble) {
  Ledger ledger(settings());
  ledger.bad(problem(Effect::trouble), kT0);
  EXPECT_TRUE(ledger.obstacle(Call::download, kT0).has_value());
  EXPECT_FALSE(ledger.obstacle(Call::test, kT0).has_value());
}

TEST(Ledger, BudgetsAreApartAndEndAfterADay) {
  Ledger ledger(settings());
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(ledger.obstacle(Call::api, kT0).has_value());
    ledger.count(i == 0 ? Call::test : Call::api, kT0, kT0);
  }
  const auto blocked = ledger.obstacle(Call::test, kT0 + kHour);
  ASSERT_TRUE(blocked.has_value());
  EXPECT_EQ(blocked->status.code, sdk::Code::rate_limited);
  EXPECT_EQ(blocked->status.retry_after_ms, 23U * kHour);
  EXPECT_NE(blocked->text.find("daily_api_calls"), std::string::npos);
  EXPECT_FALSE(ledger.obstacle(Call::download, kT0 + kHour).has_value());
  EXPECT_TRUE(reloaded(ledger).obstacle(Call::api, kT0 + kHour).has_value());
  EXPECT_FALSE(ledger.obstacle(Call::api, kT0 + 24 * kHour).has_value());
  EXPECT_EQ(ledger.api_calls(kT0 + 24 * kHour), 0);
}

TEST(Ledger, ARestartForgetsNothing) {
  Ledger ledger(settings());
  ledger.count(Call::download, kT0, kT0);
  ledger.bad(problem(Effect::limit), kT0);
  ledger.set_newest_id(77);
  Ledger other = reloaded(ledger);
  EXPECT_EQ(other.save(), ledger.save());
  EXPECT_EQ(other.downloads(kT0), 1);
  EXPECT_EQ(other.newest_id(), 77);
  EXPECT_EQ(other.spacing_ms(5000, kT0 + 1000), 4000);
  EXPECT_EQ(other.obstacle(Call::api, kT0)->status.retry_after_ms, kHour);
  EXPECT_EQ(other.bad(problem(Effect::limit), kT0 + kHour), 2 * kHour);
}

TEST(Ledger, AnotherAccountStartsAnew) {
  Ledger ledger(settings());
  ledger.bad(problem(Effect::limit), kT0);
  Settings bob = settings();
  bob.username = "bob";
  Ledger other(bob);
  other.load(ledger.save());
  EXPECT_FALSE(other.obstacle(Call::api, kT0).has_value());
}

TEST(Ledger, RefusalHoldsAndRestartsGiveFewTries) {
  Ledger ledger(settings());
  for (int start = 1; start <= 4; ++start) {
    EXPECT_FALSE(ledger.obstacle(Call::api, kT0).has_value()) << start;
    ledger.bad(problem(Effect::refuse), kT0);
    for (const Call call : {Call::api, Call::test, Call::download}) {
      const auto blocked = ledger.obstacle(call, kT0 + 48 * kHour);
      ASSERT_TRUE(blocked.has_value());
      EXPECT_EQ(blocked->status.code, sdk::Code::unauthenticated);
      EXPECT_FALSE(blocked->status.retryable());
    }
    ledger = reloaded(ledger);
  }
  EXPECT_TRUE(ledger.obstacle(Call::test, kT0 + kHour - 1).has_value());
  EXPECT_FALSE(ledger.obstacle(Call::test, kT0 + kHour).has_value());
  EXPECT_TRUE(ledger.good());
  EXPECT_FALSE(ledger.obstacle(Call::api, kT0).has_value());
}

TEST(Ledger, SpacingIsNeverMoreThanOneInterval) {
  Ledger ledger(settings());
  EXPECT_EQ(ledger.spacing_ms(5000, kT0), 0);
  ledger.count(Call::api, kT0, kT0);
  EXPECT_EQ(ledger.spacing_ms(5000, kT0), 5000);
  EXPECT_EQ(ledger.spacing_ms(5000, kT0 + 4999), 1);
  EXPECT_EQ(ledger.spacing_ms(5000, kT0 + 5000), 0);
  EXPECT_EQ(ledger.spacing_ms(5000, kT0 - 365 * 24 * kHour), 5000);
}

TEST(Ledger, AClockThatGoesBackNeitherLengthensAPauseNorRefillsABudget) {
  Ledger ledger(settings());
  ledger.count(Call::download, kT0, kT0);
  ledger.count(Call::download, kT0, kT0);
  ledger.bad(problem(Effect::trouble), kT0);
  const std::int64_t earlier = kT0 - 1000 * kHour;
  EXPECT_EQ(ledger.obstacle(Call::api, earlier)->status.retry_after_ms, kMinute);
  EXPECT_FALSE(ledger.obstacle(Call::api, earlier + kMinute).has_value());
  EXPECT_TRUE(ledger.obstacle(Call::download, earlier + kMinute).has_value());
  EXPECT_FALSE(ledger.obstacle(Call::download, earlier + 24 * kHour).has_value());
}

TEST(Ledger, NonsenseInTheStoreCountsAsEmpty) {
  const std::string good = [] {
    Ledger l(settings());
    l.bad(problem(Effect::limit), kT0);
    return l.save();
  }();
  for (std::size_t n = 0; n < good.size(); ++n) {
    Ledger ledger(settings());
    ledger.load(std::string_view(good).substr(0, n));
    EXPECT_FALSE(ledger.obstacle(Call::api, kT0).has_value()) << n;
  }
  Ledger ledger(settings());
  const std::string account = good.substr(0, good.find(','));
  ledger.load(
      account +
      R"(,"pause":"limit","pause_from_ms":9223372036854775807,"pause_until_ms":"x","window_ms":-5,"refusals":null})");
  static_cast<void>(ledger.obstacle(Call::api, kT0));
  EXPECT_EQ(ledger.newest_id(), 0);
}

}  // namespace
}  // namespace quarry::hdbits
