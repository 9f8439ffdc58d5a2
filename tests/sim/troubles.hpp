// SPDX-License-Identifier: MIT
// The kinds of trouble that a run deals out, beside the crashes and sleeps of hosts, and how often each really came.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace quarry::sim {

enum class Trouble : std::uint8_t {
  queue_fails,
  queue_loses_answer,
  queue_never_hears,
  queue_twice,
  records_fail,
  records_lose_answer,
  records_never_hear,
  records_twice,
  storage_restarts,
  host_stops,
  host_slow,
  clock_jumps,
  client_refuses,
  client_error,
  client_limits,
  client_conflict,
  client_loses_answer,
  client_never_hears,
  client_twice,
  client_late_add,
  client_half_list,
  client_empty_list,
  client_restarts,
  site_fails,
  item_vanishes,
  item_breaks,
};

inline constexpr std::array<std::string_view, 26> kTroubleNames = {
    "queue fails",         "queue loses answer",  "queue never hears",  "queue twice",      "records fail",
    "records lose answer", "records never hear",  "records twice",      "storage restarts", "host stops",
    "host slow",           "clock jumps",         "client refuses",     "client error",     "client 429",
    "client 409",          "client loses answer", "client never hears", "client twice",     "client late add",
    "client half list",    "client empty list",   "client restarts",    "site fails",       "item vanishes",
    "item breaks"};
static_assert(static_cast<std::size_t>(Trouble::item_breaks) + 1 == kTroubleNames.size());

class TroublesDealt {
 public:
  void add(Trouble kind) { ++times_.at(static_cast<std::size_t>(kind)); }
  void add(const TroublesDealt& others) {
    for (std::size_t i = 0; i < times_.size(); ++i) { times_.at(i) += others.times_.at(i); }
  }
  [[nodiscard]] std::int64_t of(Trouble kind) const { return times_.at(static_cast<std::size_t>(kind)); }
  /// "queue fails 12, queue loses answer 3, …"
  [[nodiscard]] std::string text() const {
    std::string all;
    for (std::size_t i = 0; i < times_.size(); ++i) {
      all += (all.empty() ? "" : ", ") + std::string(kTroubleNames.at(i)) + " " + std::to_string(times_.at(i));
    }
    return all;
  }

 private:
  std::array<std::int64_t, kTroubleNames.size()> times_{};
};

}  // namespace quarry::sim
