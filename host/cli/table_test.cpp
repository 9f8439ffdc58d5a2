// SPDX-License-Identifier: MIT
#include "cli/table.hpp"

#include "cli/text.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace quarry::cli {
namespace {

Terminal terminal_of(int width) { return {true, true, width, 24}; }

Table sample() {
  Table table({{"id", Align::right, false}, {"title", Align::left, true}, {"size", Align::right, false}});
  table.add_row({"7", "The Film 2023 1080p BluRay", "1.4 GiB"});
  table.add_row({"12", "千と千尋の神隠し", "873 B"});
  return table;
}

TEST(Table, AlignsByColumnsOfTheTerminal) {
  EXPECT_EQ(sample().render({}),
            "id  title                          size\n"
            " 7  The Film 2023 1080p BluRay  1.4 GiB\n"
            "12  千と千尋の神隠し              873 B\n");
}

TEST(Table, CutsTheFlexibleColumnFirst) {
  EXPECT_EQ(sample().render(terminal_of(25)),
            "id  title            size\n"
            " 7  The Film 20…  1.4 GiB\n"
            "12  千と千尋の…     873 B\n");
}

TEST(Table, IsNeverWiderThanTheTerminal) {
  Table table = sample();
  table.add_note("a note that is a good deal longer than the terminal is wide");
  for (int width = 12; width <= 60; ++width) {
    std::istringstream lines(table.render(terminal_of(width)));
    for (std::string line; std::getline(lines, line);) { EXPECT_LE(display_width(line), width) << line; }
  }
}

TEST(Table, CutsNothingWithoutAWidth) {
  Table table({{"title", Align::left, true}});
  table.add_row({std::string(500, 'x')});
  table.add_note(std::string(500, 'y'));
  EXPECT_EQ(table.render({}), "title\n" + std::string(500, 'x') + "\n    " + std::string(500, 'y') + "\n");
}

TEST(Table, ShowsHostileCellsAndNotesWithoutObeyingThem) {
  Table table({{"title", Align::left, true}});
  table.add_row({"\x1b[2Jgone\n"});
  table.add_note("\x1b]52;c;cm0gLXJm\x07");
  const std::string text = table.render(terminal_of(80));
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_EQ(text, "title\n\\x1b[2Jgone\\x0a\n    \\x1b]52;c;cm0gLXJm\\x07\n");
}

TEST(Table, FillsMissingCells) {
  Table table({{"a", Align::left, false}, {"b", Align::left, false}});
  table.add_row({"1"});
  EXPECT_EQ(table.render({}), "a  b\n1\n");
}

TEST(Terminal, KnowsUtf8ByTheFirstVariableThatIsSet) {
  const auto with = [](std::vector<std::pair<std::string, std::string>> set) {
    return speaks_utf8([set](std::string_view name) -> std::optional<std::string> {
      for (const auto& [key, value] : set) {
        if (key == name) { return value; }
      }
      return std::nullopt;
    });
  };
  EXPECT_FALSE(with({}));
  EXPECT_TRUE(with({{"LANG", "de_DE.UTF-8"}}));
  EXPECT_TRUE(with({{"LANG", "C.utf8"}, {"LC_ALL", ""}}));
  EXPECT_FALSE(with({{"LANG", "de_DE.UTF-8"}, {"LC_ALL", "C"}}));
  EXPECT_TRUE(with({{"LANG", "C"}, {"LC_CTYPE", "en_US.UTF-8"}}));
}

}  // namespace
}  // namespace quarry::cli
