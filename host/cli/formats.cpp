// SPDX-License-Identifier: MIT
#include "cli/formats.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace quarry::cli {
namespace {

std::string with_format(const char* format, double value) {
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

double tenths(double value) {
  const double rounded = std::round(value * 10) / 10;
  return rounded == 0 ? 0 : rounded;  // no "-0"
}

double clamped(double percent) { return percent >= 0 ? std::min(percent, 100.0) : 0.0; }

}  // namespace

std::string format_score(double score) {
  const double value = tenths(score);
  return with_format(value == std::floor(value) ? "%.0f" : "%.1f", value);
}

std::string format_points(double points) {
  const double value = tenths(points);
  return with_format(value == std::floor(value) ? "%+.0f" : "%+.1f", value);
}

std::string format_age(std::int64_t minutes) {
  constexpr std::int64_t kHour = 60;
  constexpr std::int64_t kDay = 24 * kHour;
  constexpr std::int64_t kYear = 365 * kDay;
  if (minutes < 0) { return "-"; }
  if (minutes < kHour) { return std::to_string(minutes) + " min"; }
  if (minutes < kDay) { return std::to_string(minutes / kHour) + " h"; }
  if (minutes < kYear) { return std::to_string(minutes / kDay) + " d"; }
  return std::to_string(minutes / kYear) + " y";
}

std::string format_percent(double percent) { return with_format("%3.0f %%", std::floor(clamped(percent))); }

std::string progress_bar(double percent, int width, bool utf8) {
  const double part = clamped(percent) / 100;
  std::string bar;
  if (!utf8) {
    const int room = std::max(width - 2, 0);
    const int full = static_cast<int>(part * room);
    bar.append("[").append(static_cast<std::size_t>(full), '#');
    return bar.append(static_cast<std::size_t>(room - full), '-').append("]");
  }
  constexpr std::array<std::string_view, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(part * width * 8);
  for (int i = 0; i < eighths / 8; ++i) { bar += "█"; }
  bar += kEighths[static_cast<std::size_t>(eighths % 8)];
  for (int i = (eighths + 7) / 8; i < width; ++i) { bar += "░"; }
  return bar;
}

}  // namespace quarry::cli
