// SPDX-License-Identifier: MIT
#include "api/format.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace quarry::api {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(Format, IsoTime) {
  EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso_time(1'700'000'000'999), "2023-11-14T22:13:20Z");
  EXPECT_EQ(iso_time(951'782'400'000), "2000-02-29T00:00:00Z");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(iso_time(253'402'300'799'000), "9999-12-31T23:59:59Z");
}

TEST(Format, Timeleft) {
  EXPECT_EQ(timeleft(-5), "00:00:00");
  EXPECT_EQ(timeleft(3725), "01:02:05");
  EXPECT_EQ(timeleft(86'399), "23:59:59");
  EXPECT_EQ(timeleft(86'400 * 12 + 61), "12.00:01:01");
}

TEST(Format, SizeDisplay) {
  EXPECT_EQ(size_display(-1), "unknown");
  EXPECT_EQ(size_display(0), "0 B");
  EXPECT_EQ(size_display(1023), "1023 B");
  EXPECT_EQ(size_display(1024), "1.0 KiB");
  EXPECT_EQ(size_display(1536), "1.5 KiB");
  EXPECT_EQ(size_display(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(size_display(1503238554), "1.4 GiB");
  EXPECT_EQ(size_display(kMax), "8.0 EiB");
  EXPECT_EQ(speed_display(0), "0 B/s");
  EXPECT_EQ(speed_display(-7), "0 B/s");
  EXPECT_EQ(speed_display(12'500'000), "11.9 MiB/s");
}

TEST(Format, EtaDisplay) {
  EXPECT_EQ(eta_display(-1), "unknown");
  EXPECT_EQ(eta_display(0), "0s");
  EXPECT_EQ(eta_display(59), "59s");
  EXPECT_EQ(eta_display(60), "1m 0s");
  EXPECT_EQ(eta_display(3 * 3600 + 12 * 60 + 9), "3h 12m");
  EXPECT_EQ(eta_display(2 * 86'400 + 4 * 3600), "2d 4h");
}

}  // namespace
}  // namespace quarry::api
