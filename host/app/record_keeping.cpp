// SPDX-License-Identifier: MIT
#include "app/record_keeping.hpp"

namespace quarry::app {
namespace {

constexpr char kDuty[] = "history";

records::HistoryPorts history_ports(sdk::QueueStore& queue, const records::Records& records,
                                    const queue::EnginePorts& ports, queue::DutyKeeper& duty) {
  records::HistoryPorts out;
  out.queue = &queue;
  out.records = &records;
  out.clock = ports.clock;
  out.on_duty = [&duty] { return duty.keep() != queue::DutyKeeper::Hold::none; };
  out.log = ports.log;
  return out;
}

}  // namespace

RecordKeeping::RecordKeeping(sdk::RecordStore& records, sdk::QueueStore& queue, const queue::EnginePorts& ports,
                             const queue::EngineSettings& settings)
    : clock_(*ports.clock),
      records_(records, clock_),
      duty_(ports, settings, kDuty),
      writer_(history_ports(queue, records_, ports, duty_)),
      thread_(clock_, [this](std::int64_t now) { return writer_.step(now); }) {}

bool RecordKeeping::stop(std::int64_t deadline_ms) {
  request_stop();
  const std::int64_t until = clock_.steady_ms() + deadline_ms;
  if (!thread_.join_until(until)) { return false; }
  if (clock_.steady_ms() < until) { duty_.give_up(); }
  return true;
}

}  // namespace quarry::app
