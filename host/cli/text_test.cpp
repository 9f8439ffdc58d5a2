// SPDX-License-Identifier: MIT
#include "cli/text.hpp"

#include <gtest/gtest.h>

namespace quarry::cli {
namespace {

TEST(Visible, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(visible("Amélie (2001) 千と千尋 👍", true), "Amélie (2001) 千と千尋 👍");
  EXPECT_EQ(visible("", true), "");
}

TEST(Visible, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(visible("\x1b[2J\x1b]0;owned\x07", true), "\\x1b[2J\\x1b]0;owned\\x07");
  EXPECT_EQ(visible("a\nb\tc\rd\x7f", true), "a\\x0ab\\x09c\\x0dd\\x7f");
  EXPECT_EQ(visible(std::string_view("a\0b", 3), true), "a\\x00b");
  EXPECT_EQ(visible("\xc2\x9b"
                    "31m",
                    true),
            "\\x9b31m")
      << "C1: a control sequence of one character";
}

TEST(Visible, ShowsMarksThatReorderOrHide) {
  EXPECT_EQ(visible("a\u202egpj.exe", true), "a\\u202egpj.exe");
  EXPECT_EQ(visible("a\u200bb\u2066c\ufeff", true), "a\\u200bb\\u2066c\\ufeff");
  EXPECT_EQ(visible("x\U000e0041", true), "x\\ue0041");
}

TEST(Visible, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(visible("a\xff"
                    "b",
                    true),
            "a\uFFFDb");
  EXPECT_EQ(visible("\xc0\xaf", true), "\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(visible("\xed\xa0\x80", true), "\uFFFD\uFFFD\uFFFD") << "surrogate";
  EXPECT_EQ(visible("\xe2\x82", true), "\uFFFD\uFFFD") << "cut off";
}

TEST(Visible, UsesAsciiAloneWhereNothingElseCanBeShown) {
  EXPECT_EQ(visible("Amélie 千\xff\x1b", false), "Am?lie ??\\x1b");
}

TEST(Width, CountsColumns) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("Amélie"), 6);
  EXPECT_EQ(display_width("Ame\u0301lie"), 6) << "a combining accent takes no column";
  EXPECT_EQ(display_width("千と"), 4);
  EXPECT_EQ(display_width("ｱ"), 1) << "half width";
  EXPECT_EQ(display_width("👍"), 2);
  EXPECT_EQ(display_width("███▌░…"), 6);
}

TEST(Cut, MarksWhatIsMissing) {
  EXPECT_EQ(cut("abcdef", 6, true), "abcdef");
  EXPECT_EQ(cut("abcdef", 5, true), "abcd…");
  EXPECT_EQ(cut("abcdef", 5, false), "ab...");
  EXPECT_EQ(cut("abcdef", 1, true), "…");
  EXPECT_EQ(cut("abcdef", 2, false), "..");
  EXPECT_EQ(cut("abcdef", 0, true), "");
}

TEST(Cut, NeverSplitsACharacter) {
  EXPECT_EQ(cut("千千千", 5, true), "千千…");
  EXPECT_EQ(cut("千千千", 4, true), "千…") << "three columns are left, a wide character takes two";
  EXPECT_LE(display_width(cut("千千千", 4, true)), 4);
  EXPECT_EQ(cut("éééé", 3, true), "éé…");
}

TEST(Wrap, BreaksAtBlanks) {
  EXPECT_EQ(wrap("one two three four", 14, "    "), "    one two\n    three four");
  EXPECT_EQ(wrap("one two three four", 0, "  "), "  one two three four") << "no width, no break";
  EXPECT_EQ(wrap("", 20, "  "), "  ");
}

TEST(Wrap, BreaksAWordThatIsLongerThanALine) {
  EXPECT_EQ(wrap("abcdefghijkl", 10, "  "), "  abcdefgh\n  ijkl");
  EXPECT_EQ(wrap("千千千千千", 10, "  "), "  千千千千\n  千");
}

TEST(PercentEncode, KeepsOnlyWhatNeedsNoEncoding) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b&c=d/é?#%"), "a%20b%26c%3Dd%2F%C3%A9%3F%23%25");
}

}  // namespace
}  // namespace quarry::cli
