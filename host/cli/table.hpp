// SPDX-License-Identifier: MIT
// A table of text, as wide as the terminal allows.
#pragma once

#include "cli/terminal.hpp"

#include <string>
#include <vector>

namespace quarry::cli {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
  bool flexible = false;  ///< cut first when the table is too wide
};

/// Cells and notes may hold anything that came over the network: the table makes it visible() itself,
/// so no caller can forget to.
class Table {
 public:
  /// At least one column.
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell for each column; missing ones are empty.
  void add_row(std::vector<std::string> cells);
  /// A line below the last row, indented by four columns. On a terminal it is wrapped, never cut.
  void add_note(std::string text);

  /// The head, the rows and the notes, each line ended by '\n' and without blanks at its end. With a
  /// width no line is wider than that; without one (a file, a pipe) nothing is cut.
  [[nodiscard]] std::string render(const Terminal& terminal) const;

 private:
  struct Line {
    std::vector<std::string> cells;  ///< empty: a note
    std::string note;
  };
  [[nodiscard]] std::vector<int> widths_for(const std::vector<Line>& lines, const Terminal& terminal) const;
  [[nodiscard]] std::string render_row(const Line& line, const std::vector<int>& widths,
                                       const Terminal& terminal) const;

  std::vector<Column> columns_;
  std::vector<Line> lines_;
};

}  // namespace quarry::cli
