// SPDX-License-Identifier: MIT
#include "app/readiness.hpp"

#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

namespace quarry::app {
namespace {

TEST(Readiness, TellsWhatTheStartWaitsForAndAsksNothing) {
  const sdk::testing::ManualClock clock;
  Readiness readiness(clock, []() -> sdk::Done {
    ADD_FAILURE() << "the storage is not open yet";
    return sdk::Unit{};
  });
  EXPECT_EQ(readiness.starting(), "the storage is being opened");
  readiness.waits("nobody answers");
  EXPECT_EQ(readiness.starting(), "waiting for the storage: nobody answers");
  EXPECT_EQ(readiness.not_ready(), readiness.starting());
}

TEST(Readiness, HearsOfAStorageThatGoesAndComesBackAndAsksOnceASecond) {
  sdk::testing::ManualClock clock;
  int asked = 0;
  bool down = false;
  Readiness readiness(clock, [&]() -> sdk::Done {
    ++asked;
    if (down) { return sdk::failure(sdk::Code::unavailable, "it is gone"); }
    return sdk::Unit{};
  });
  readiness.started();
  EXPECT_EQ(readiness.not_ready(), std::nullopt);
  down = true;
  clock.advance(999);
  EXPECT_EQ(readiness.not_ready(), std::nullopt);
  EXPECT_EQ(asked, 1);
  clock.advance(1);
  EXPECT_EQ(readiness.not_ready(), "waiting for the storage: it is gone");
  EXPECT_EQ(readiness.starting(), std::nullopt) << "the API is asked, and answers for itself";
  down = false;
  clock.advance(1'000);
  EXPECT_EQ(readiness.not_ready(), std::nullopt);
  EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace quarry::app
