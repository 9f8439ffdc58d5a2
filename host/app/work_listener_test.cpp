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
  std::int64_t fail(sdk::Code code = sdk::Code::unavailable) {
    wakeup_.next = {code, 0, 0, 0};
    return listener_.step(kNow) - kNow;
  }

  static constexpr std::int64_t kNow = 1'000'000;
  sdk::testing::ManualClock clock_;
  ScriptedWakeup wakeup_;
  int nudges_ = 0;
  std::vector<std::string> lines_;
  std::vector<sdk::LogLevel> levels_;
  WorkListener listener_{wakeup_, clock_, [this] { ++nudges_; },
                         [this](sdk::LogLevel level, const std::string& line) {
                           levels_.push_back(level);
                           lines_.push_back(line);
                         }};
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
  EXPECT_EQ(levels_[0], sdk::LogLevel::warning);
}

TEST_F(Listening, AStorageWithoutHintsIsNothingToWarnOf) {
  EXPECT_EQ(fail(sdk::Code::unsupported), 600'000);
  EXPECT_EQ(fail(sdk::Code::unsupported), 600'000);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(levels_[0], sdk::LogLevel::info);
  EXPECT_NE(lines_[0].find("every second"), std::string::npos);
}

}  // namespace
}  // namespace quarry::app
