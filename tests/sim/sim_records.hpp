// SPDX-License-Identifier: MIT
// The records of one life of a host, and its part in writing the history.
#pragma once

#include "record_gate.hpp"

#include "queue/duty.hpp"
#include "records/history_writer.hpp"
#include "records/records.hpp"

#include <cstdint>
#include <memory>

namespace quarry::sim {

class SimRecords {
 public:
  /// All outlive this object. `queue`: as the host reaches it.
  SimRecords(World& world, SimHost& host, sdk::QueueStore& queue, queue::EnginePorts ports);
  ~SimRecords();

  /// Opens the records, with a new store each time, until that succeeds; then writes the history while it is on duty.
  [[nodiscard]] std::int64_t step(std::int64_t now_ms);
  /// Null until the records are open.
  [[nodiscard]] const records::Records* opened() const noexcept;
  void give_up_duty();

 private:
  struct Life;

  World& world_;
  SimHost& host_;
  sdk::QueueStore& queue_;
  queue::EnginePorts ports_;
  queue::DutyKeeper duty_;
  std::unique_ptr<Life> life_;
};

}  // namespace quarry::sim
