// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/http_client.hpp>

#include <gtest/gtest.h>

namespace quarry::sdk {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT
constexpr std::uint32_t kDay = 24U * 3600 * 1000;

std::uint32_t wait_for(const std::string& value) {
  HttpReply reply;
  reply.headers.emplace_back("retry-after", value);
  return reply.retry_after_ms(kNow);
}

TEST(RetryAfter, TakesSecondsAndDates) {
  EXPECT_EQ(wait_for("30"), 30'000U);
  EXPECT_EQ(wait_for("Tue, 14 Nov 2023 22:14:20 GMT"), 60'000U);
  EXPECT_EQ(wait_for("Tue, 14 Nov 2023 22:12:20 GMT"), 0U) << "a time that has passed";
}

TEST(RetryAfter, IsHeldToADayAndNeverNegative) {
  EXPECT_EQ(wait_for("9223372036854775807"), kDay);
  EXPECT_EQ(wait_for("-9223372036854775807"), 0U);
  EXPECT_EQ(wait_for("-1"), 0U);
  EXPECT_EQ(wait_for("soon"), 0U);
  EXPECT_EQ(wait_for(""), 0U);
  EXPECT_EQ(HttpReply{}.retry_after_ms(kNow), 0U);
}

}  // namespace
}  // namespace quarry::sdk
