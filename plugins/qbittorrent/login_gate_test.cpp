// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/login_gate.hpp"

#include <gtest/gtest.h>

namespace quarry::qbittorrent {
namespace {

constexpr std::int64_t kMinute = 60'000;

TEST(LoginGate, DoublesUpToADay) {
  LoginGate gate;
  std::int64_t now = 5;
  EXPECT_EQ(gate.wait_ms(now), 0);
  for (const std::int64_t minutes : {30, 60, 120, 240, 480, 960, 1440, 1440}) {
    EXPECT_EQ(gate.refuse(now, "wrong"), minutes * kMinute);
    EXPECT_EQ(gate.wait_ms(now), minutes * kMinute);
    EXPECT_EQ(gate.wait_ms(now + minutes * kMinute - 1), 1);
    now += minutes * kMinute;
    EXPECT_EQ(gate.wait_ms(now), 0);
    EXPECT_EQ(gate.reason(), "wrong");
  }
}

TEST(LoginGate, ResetStartsOver) {
  LoginGate gate;
  gate.refuse(0, "a");
  gate.refuse(0, "b");
  gate.reset();
  EXPECT_EQ(gate.wait_ms(0), 0);
  EXPECT_EQ(gate.reason(), "");
  EXPECT_EQ(gate.refuse(0, "c"), 30 * kMinute);
}

TEST(LoginGate, SaysDurations) {
  EXPECT_EQ(duration_text(1), "1 second");
  EXPECT_EQ(duration_text(59'001), "60 seconds");
  EXPECT_EQ(duration_text(60'001), "2 minutes");
  EXPECT_EQ(duration_text(30 * kMinute), "30 minutes");
  EXPECT_EQ(duration_text(60 * kMinute), "1 hour");
  EXPECT_EQ(duration_text(90 * kMinute), "90 minutes");
  EXPECT_EQ(duration_text(24 * 60 * kMinute), "24 hours");
}

}  // namespace
}  // namespace quarry::qbittorrent
