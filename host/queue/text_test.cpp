// SPDX-License-Identifier: MIT
#include "queue/text.hpp"

#include <gtest/gtest.h>

namespace quarry::queue {
namespace {

TEST(CleanLine, DropsControlCharactersAndWhatIsNoUtf8) {
  EXPECT_EQ(clean_line("a\r\nb\x1b[31mc\x7f", 100), "ab[31mc");
  EXPECT_EQ(clean_line(std::string_view("a\0b", 3), 100), "ab");
  EXPECT_EQ(clean_line("a\xC2\x9Bz", 100), "az");
  EXPECT_EQ(clean_line("\xFF\xC0\xAF\xED\xA0\x80\xF5\x80\x80\x80 ok \xE2\x82", 100), " ok ");
  EXPECT_EQ(clean_line("Amélie — 東京 🎬", 100), "Amélie — 東京 🎬");
}

TEST(CleanLine, CutsBetweenTwoCharacters) {
  EXPECT_EQ(clean_line("éé", 3), "é");
  EXPECT_EQ(clean_line("東京", 5), "東");
  EXPECT_EQ(clean_line("abc", 2), "ab");
}

}  // namespace
}  // namespace quarry::queue
