// SPDX-License-Identifier: MIT
#include "cli/table.hpp"

#include "cli/text.hpp"

#include <algorithm>
#include <numeric>

namespace quarry::cli {
namespace {

constexpr int kGap = 2;
constexpr int kLeastFlexible = 8;
constexpr const char* kNoteIndent = "    ";

}  // namespace

void Table::add_row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  lines_.push_back({std::move(cells), {}});
}

void Table::add_note(std::string text) { lines_.push_back({{}, std::move(text)}); }

std::vector<int> Table::widths_for(const std::vector<Line>& lines, const Terminal& terminal) const {
  std::vector<int> widths(columns_.size(), 0);
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(line.cells[i]));
    }
  }
  if (terminal.width <= 0) { return widths; }
  int excess =
      std::accumulate(widths.begin(), widths.end(), 0) + kGap * static_cast<int>(widths.size() - 1) - terminal.width;
  while (excess > 0) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool can_shrink = columns_[i].flexible && widths[i] > kLeastFlexible;
      if (can_shrink && (widest == widths.size() || widths[i] > widths[widest])) { widest = i; }
    }
    if (widest == widths.size()) { break; }
    --widths[widest];
    --excess;
  }
  return widths;
}

std::string Table::render_row(const Line& line, const std::vector<int>& widths, const Terminal& terminal) const {
  std::string out;
  for (std::size_t i = 0; i < line.cells.size(); ++i) {
    const std::string cell = cut(line.cells[i], widths[i], terminal.utf8);
    const std::string padding(static_cast<std::size_t>(widths[i] - display_width(cell)), ' ');
    if (i > 0) { out.append(kGap, ' '); }
    out += columns_[i].align == Align::right ? padding + cell : cell + padding;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return terminal.width > 0 ? cut(out, terminal.width, terminal.utf8) : out;
}

std::string Table::render(const Terminal& terminal) const {
  std::vector<Line> lines;
  lines.emplace_back();
  for (const Column& column : columns_) { lines.front().cells.push_back(column.title); }
  lines.insert(lines.end(), lines_.begin(), lines_.end());
  for (Line& line : lines) {
    for (std::string& cell : line.cells) { cell = visible(cell, terminal.utf8); }
    line.note = visible(line.note, terminal.utf8);
  }
  const std::vector<int> widths = widths_for(lines, terminal);
  std::string out;
  for (const Line& line : lines) {
    out += line.cells.empty() ? wrap(line.note, terminal.width, kNoteIndent) : render_row(line, widths, terminal);
    out += '\n';
  }
  return out;
}

}  // namespace quarry::cli
