// SPDX-License-Identifier: MIT
#include "cli/formats.hpp"

#include "cli/text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace quarry::cli {
namespace {

TEST(Formats, Score) {
  EXPECT_EQ(format_score(75), "75");
  EXPECT_EQ(format_score(62.54), "62.5");
  EXPECT_EQ(format_score(-0.01), "0");
  EXPECT_EQ(format_score(1e6), "1000000");
}

TEST(Formats, Points) {
  EXPECT_EQ(format_points(50), "+50");
  EXPECT_EQ(format_points(-7.5), "-7.5");
  EXPECT_EQ(format_points(0), "+0");
}

TEST(Formats, Age) {
  EXPECT_EQ(format_age(-1), "-");
  EXPECT_EQ(format_age(0), "0 min");
  EXPECT_EQ(format_age(59), "59 min");
  EXPECT_EQ(format_age(60), "1 h");
  EXPECT_EQ(format_age(24 * 60 - 1), "23 h");
  EXPECT_EQ(format_age(24 * 60), "1 d");
  EXPECT_EQ(format_age(364 * 24 * 60), "364 d");
  EXPECT_EQ(format_age(365 * 24 * 60), "1 y");
}

TEST(Formats, PercentSaysHundredOnlyOfWhatIsComplete) {
  EXPECT_EQ(format_percent(0), "  0 %");
  EXPECT_EQ(format_percent(99.99), " 99 %");
  EXPECT_EQ(format_percent(100), "100 %");
  EXPECT_EQ(format_percent(-5), "  0 %");
  EXPECT_EQ(format_percent(500), "100 %");
}

TEST(ProgressBar, DrawsEighthsOfAColumn) {
  EXPECT_EQ(progress_bar(0, 4, true), "░░░░");
  EXPECT_EQ(progress_bar(50, 4, true), "██░░");
  EXPECT_EQ(progress_bar(37.5, 4, true), "█▌░░");
  EXPECT_EQ(progress_bar(3.2, 4, true), "▏░░░");
  EXPECT_EQ(progress_bar(100, 4, true), "████");
}

TEST(ProgressBar, DrawsAsciiWhereNothingElseCanBeShown) {
  EXPECT_EQ(progress_bar(0, 6, false), "[----]");
  EXPECT_EQ(progress_bar(50, 6, false), "[##--]");
  EXPECT_EQ(progress_bar(99.9, 6, false), "[###-]");
  EXPECT_EQ(progress_bar(100, 6, false), "[####]");
}

TEST(ProgressBar, IsAlwaysAsWideAsAsked) {
  for (int tenth = -10; tenth <= 1010; ++tenth) {
    EXPECT_EQ(display_width(progress_bar(tenth / 10.0, 16, true)), 16) << tenth;
    EXPECT_EQ(display_width(progress_bar(tenth / 10.0, 16, false)), 16) << tenth;
  }
  EXPECT_EQ(display_width(progress_bar(std::numeric_limits<double>::quiet_NaN(), 16, true)), 16);
}

}  // namespace
}  // namespace quarry::cli
