// SPDX-License-Identifier: MIT
#include "app/record_keeping.hpp"

namespace quarry::app {
namespace {

constexpr char kDuty[] = "history";
constexpr std::int64_t kLookAgainMs = 10'000;

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
      records_(records, clock_, [log = ports.log](const std::string& text) { log(sdk::LogLevel::error, text); }),
      duty_(ports, settings, kDuty),
      writer_(history_ports(queue, records_, ports, duty_)),
      thread_(clock_, [this](std::int64_t now) { return step(now); }) {}

std::int64_t RecordKeeping::step(std::int64_t now_ms) {
  if (now_ms >= look_again_ms_) {
    records_.client().look_again();
    look_again_ms_ = now_ms + kLookAgainMs;
  }
  return writer_.step(now_ms);
}

bool RecordKeeping::stop(std::int64_t deadline_ms) {
  request_stop();
  const std::int64_t until = clock_.steady_ms() + deadline_ms;
  if (!thread_.join_until(until)) { return false; }
  if (clock_.steady_ms() < until) { duty_.give_up(); }
  return true;
}

}  // namespace quarry::app
