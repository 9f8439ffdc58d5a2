// SPDX-License-Identifier: MIT
#include "app/work_listener.hpp"

#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace quarry::app {
namespace {

class ScriptedWakeup final : public sdk::QueueWakeup {
 public:
  sdk::Status next;
  sdk::Wakeup answer;

  sdk::Status wait(sdk::CallContext& ctx, sdk::Wakeup& out) noexcept override {
    out = answer;
    return next.ok() ? next : ctx.fail(next, "the line is cut");
  }
};

class Listening : public ::testing::Test {
 protected:
  /// How long the listener then pauses.
  std::int64_t step(std::int32_t woken, std::int32_t hears) {
    wakeup_.next = {};
    wakeup_.answer.woken = woken;
    wakeup_.answer.hears = hears;
    return listener_.step(kNow) - kNow;
  }
  std::int64_t fail() {
    wakeup_.next = {sdk::Code::unavailable, sdk::kRetryable, 0, 0};
    return listener_.step(kNow) - kNow;
  }

  static constexpr std::int64_t kNow = 1'000'000;
  sdk::testing::ManualClock clock_;
  ScriptedWakeup wakeup_;
  int nudges_ = 0;
  std::vector<std::string> lines_;
  WorkListener listener_{wakeup_, clock_, [this] { ++nudges_; },
                         [this](sdk::LogLevel, const std::string& line) { lines_.push_back(line); }};
};

TEST_F(Listening, AHintWakesAndTheNextIsAwaitedAtOnce) {
  EXPECT_EQ(step(0, 1), 0);
  EXPECT_EQ(nudges_, 0);
  EXPECT_EQ(step(1, 0), 0);
  EXPECT_EQ(nudges_, 1);
  EXPECT_TRUE(lines_.empty());
}

TEST_F(Listening, WhoHearsNothingIsToldOnceAndTriesAgainSeldom) {
  EXPECT_EQ(step(1, -1), 600'000);
  EXPECT_EQ(nudges_, 1);
  EXPECT_EQ(step(0, -1), 600'000);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_NE(lines_[0].find("pooler"), std::string::npos);
  step(0, 1);
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_NE(lines_[1].find("again"), std::string::npos);
}

TEST_F(Listening, ALostLineIsToldOnceWithItsReason) {
  EXPECT_EQ(fail(), 5'000);
  EXPECT_EQ(fail(), 5'000);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_NE(lines_[0].find("the line is cut"), std::string::npos);
  EXPECT_EQ(step(0, 0), 0);
  EXPECT_EQ(lines_.size(), 1U) << "silence proves nothing";
}

}  // namespace
}  // namespace quarry::app
