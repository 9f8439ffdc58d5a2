// SPDX-License-Identifier: MIT
#include "app/storage_progress.hpp"

#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <sstream>

namespace quarry::app {
namespace {

class StorageProgressTest : public ::testing::Test {
 protected:
  std::unique_ptr<StorageProgress> make(bool terminal = false) {
    return std::make_unique<StorageProgress>(err_, terminal, clock_, [this] { return cancelled_; });
  }
  /// What was shown since the last look.
  std::string shown() {
    std::string text = err_.str();
    err_.str({});
    return text;
  }

  sdk::testing::ManualClock clock_;
  std::ostringstream err_;
  bool cancelled_ = false;
};

TEST_F(StorageProgressTest, AFastCommandShowsNothing) {
  for (const bool terminal : {false, true}) {
    const auto progress = make(terminal);
    for (const char* what : {"copying", "reading back"}) {
      progress->begin(what, "rows");
      EXPECT_TRUE(progress->step(1, 15));
      clock_.advance(999);
      EXPECT_TRUE(progress->step(15, 15));
    }
    progress->end();
    EXPECT_EQ(shown(), "") << terminal;
  }
}

TEST_F(StorageProgressTest, ALongOneShowsHowFarItIsOnceTwoSecondsHavePassed) {
  const auto progress = make();
  progress->begin("check", "questions");
  progress->step(1, 15);
  clock_.advance(1'999);
  progress->step(2, 15);
  EXPECT_EQ(shown(), "");
  clock_.advance(1);
  progress->step(3, 15);
  EXPECT_EQ(shown(), "check: 3 of 15 questions, 20 %\n");
}

TEST_F(StorageProgressTest, TheTwoSecondsAreThoseOfTheWholeCommand) {
  const auto progress = make();
  progress->begin("copying", "rows");
  progress->step(1, 2);
  clock_.advance(2'500);
  progress->begin("reading back", "rows");
  progress->step(1, 2);
  EXPECT_EQ(shown(), "reading back: 1 of 2 rows, 50 %\n");
  progress->step(2, 2);
  EXPECT_EQ(shown(), "") << "lines come ever more seldom";
  progress->begin("making indexes and counters", "steps");
  progress->step(0, 1);
  EXPECT_EQ(shown(), "making indexes and counters: 0 of 1 steps, 0 %\n");
}

TEST_F(StorageProgressTest, ATerminalsLineIsWipedInTheEnd) {
  const auto progress = make(true);
  progress->begin("backup", "pages");
  clock_.advance(2'000);
  progress->step(1, 4);
  EXPECT_EQ(shown(), "\r\x1b[Kbackup: 1 of 4 pages, 25 %");
  progress->end();
  EXPECT_EQ(shown(), "\r\x1b[K");
}

TEST_F(StorageProgressTest, ItIsCancelledBeforeAnythingShows) {
  const auto progress = make();
  progress->begin("backup", "pages");
  EXPECT_TRUE(progress->step(1, 4));
  cancelled_ = true;
  EXPECT_FALSE(progress->step(2, 4));
}

}  // namespace
}  // namespace quarry::app
