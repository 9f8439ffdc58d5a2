// SPDX-License-Identifier: MIT
// The history beside the events that it tells of.
#pragma once

#include "records/records.hpp"

#include <quarry/sdk/testing/memory_record_store.hpp>
#include <quarry/sdk/testing/queue_store_row.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace quarry::sim {

class World;

class HistoryChecker {
 public:
  explicit HistoryChecker(World& world);

  /// There are as many entries as there is to tell of these events.
  [[nodiscard]] bool is_complete(const std::vector<sdk::testing::QueueEvent>& events);
  /// Tells the world what the history lacks or makes up; fills its report. `films`: those of the downloads.
  void check(const std::vector<sdk::testing::QueueEvent>& events, const std::map<std::int64_t, std::int64_t>& films);

 private:
  [[nodiscard]] bool open();

  World& world_;
  sdk::testing::MemoryRecordStore store_;
  records::Records records_;
  bool is_open_ = false;
};

}  // namespace quarry::sim
