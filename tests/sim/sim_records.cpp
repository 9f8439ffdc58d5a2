// SPDX-License-Identifier: MIT
#include "sim_records.hpp"

#include "world.hpp"

namespace quarry::sim {
namespace {

constexpr std::int64_t kOpenAgainMs = 1'000;
constexpr std::int64_t kSetAsideAgainMs = 10'000;

}  // namespace

struct SimRecords::Life {
  Life(World& world, SimHost& host, const sdk::Clock& clock, records::HistoryPorts history)
      : gate(world, host),
        records(gate, clock, [&world](const std::string& text) { world.violation("set aside: " + text); }),
        writer(with(std::move(history), records)) {}

  static records::HistoryPorts with(records::HistoryPorts ports, const records::Records& records) {
    ports.records = &records;
    return ports;
  }

  RecordGate gate;
  records::Records records;
  records::HistoryWriter writer;
  bool is_open = false;
  std::int64_t look_again_ms = 0;
};

SimRecords::SimRecords(World& world, SimHost& host, sdk::QueueStore& queue, queue::EnginePorts ports)
    : world_(world),
      host_(host),
      queue_(queue),
      ports_(std::move(ports)),
      duty_(ports_, queue::EngineSettings(), "history") {}

SimRecords::~SimRecords() = default;

const records::Records* SimRecords::opened() const noexcept {
  return life_ != nullptr && life_->is_open ? &life_->records : nullptr;
}

std::int64_t SimRecords::step(std::int64_t now_ms) {
  if (opened() == nullptr) {
    records::HistoryPorts history;
    history.queue = &queue_;
    history.clock = ports_.clock;
    history.on_duty = [this] { return duty_.keep() != queue::DutyKeeper::Hold::none; };
    history.log = ports_.log;
    life_ = std::make_unique<Life>(world_, host_, *ports_.clock, std::move(history));
    const auto done = life_->records.open();
    world_.say(host_.owner(), [&] { return "opens the records" + (done ? "" : ": " + done.error().text); });
    life_->is_open = done.ok();
    return now_ms + (life_->is_open ? 0 : kOpenAgainMs);
  }
  if (now_ms >= life_->look_again_ms) {
    life_->records.client().look_again();
    life_->look_again_ms = now_ms + kSetAsideAgainMs;
  }
  return life_->writer.step(now_ms);
}

void SimRecords::give_up_duty() { duty_.give_up(); }

}  // namespace quarry::sim
