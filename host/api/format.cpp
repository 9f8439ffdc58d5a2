// SPDX-License-Identifier: MIT
#include "api/format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

namespace quarry::api {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

/// The last `digits` digits of `value`, with leading zeros. Called for every time of every row, so it
/// does not go through a stream or printf.
void put(std::string& out, std::int64_t value, int digits) {
  const std::size_t end = out.size() + static_cast<std::size_t>(digits);
  out.resize(end);
  for (int i = 1; i <= digits; ++i) {
    out[end - static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

void put_clock(std::string& out, std::int64_t seconds_of_day) {
  put(out, seconds_of_day / kHour, 2);
  out += ':';
  put(out, seconds_of_day % kHour / kMinute, 2);
  out += ':';
  put(out, seconds_of_day % kMinute, 2);
}

}  // namespace

std::string iso_time(std::int64_t epoch_ms) {
  namespace chr = std::chrono;
  const auto time = chr::floor<chr::seconds>(chr::sys_time<chr::milliseconds>(chr::milliseconds(epoch_ms)));
  const auto day = chr::floor<chr::days>(time);
  const chr::year_month_day date(day);
  std::string out;
  out.reserve(20);
  put(out, std::clamp(static_cast<int>(date.year()), 0, 9999), 4);
  out += '-';
  put(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  put(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  put_clock(out, (time - day).count());
  out += 'Z';
  return out;
}

std::string timeleft(std::int64_t seconds) {
  seconds = std::max<std::int64_t>(0, seconds);
  std::string out;
  if (seconds >= kDay) { out = std::to_string(seconds / kDay) + "."; }
  put_clock(out, seconds % kDay);
  return out;
}

std::string size_display(std::int64_t bytes) {
  static constexpr std::array<std::string_view, 6> kUnits = {" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  if (bytes < 0) { return "unknown"; }
  if (bytes < 1024) { return std::to_string(bytes) + " B"; }
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) { value /= 1024; }  // else it would read "1024.0"
  std::array<char, 32> text{};
  auto* const end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 1).ptr;
  return std::string(text.data(), end).append(kUnits[unit]);
}

std::string speed_display(std::int64_t bytes_per_second) {
  return size_display(std::max<std::int64_t>(0, bytes_per_second)) + "/s";
}

std::string eta_display(std::int64_t seconds) {
  const auto two = [](std::int64_t a, char unit_a, std::int64_t b, char unit_b) {
    return std::to_string(a) + unit_a + " " + std::to_string(b) + unit_b;
  };
  if (seconds < 0) { return "unknown"; }
  if (seconds >= kDay) { return two(seconds / kDay, 'd', seconds % kDay / kHour, 'h'); }
  if (seconds >= kHour) { return two(seconds / kHour, 'h', seconds % kHour / kMinute, 'm'); }
  if (seconds >= kMinute) { return two(seconds / kMinute, 'm', seconds % kMinute, 's'); }
  return std::to_string(seconds) + "s";
}

}  // namespace quarry::api
