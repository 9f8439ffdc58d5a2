// SPDX-License-Identifier: MIT
// Time, hosts, store and clients of one run, on one thread.
//
// A host's duty is plain code that blocks only in the interfaces it calls. Such a call may take time:
// pass() then lets everything else go on before the caller goes on itself. So other hosts act between any
// two effects of a host, and a host that sleeps wakes up with what it had in its hands.
#pragma once

#include "dice.hpp"
#include "fiber.hpp"
#include "plan.hpp"
#include "referee.hpp"
#include "seams.hpp"
#include "sim_client.hpp"
#include "sim_host.hpp"
#include "simulation.hpp"

#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>
#include <quarry/sdk/testing/memory_record_store.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace quarry::sim {

/// A wall clock that is wrong by some offset; as steady as the true one.
class HostClock final : public sdk::Clock {
 public:
  HostClock(const sdk::testing::ManualClock& truth, std::int64_t offset_ms) : offset_ms(offset_ms), truth_(truth) {}
  [[nodiscard]] std::int64_t wall_ms() const noexcept override { return truth_.wall_ms() + offset_ms; }
  [[nodiscard]] std::int64_t steady_ms() const noexcept override { return truth_.steady_ms(); }
  std::int64_t offset_ms;

 private:
  const sdk::testing::ManualClock& truth_;
};

class World {
 public:
  explicit World(const Options& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] Report run();

  /// Begins something that may call pass(); returns when it does so or ends.
  void spawn(std::function<void()> activity) { fibers_.start(std::move(activity)); }
  /// Lets so much time pass for the caller, and everybody else go on; less when the trouble ends before.
  void pass(std::int64_t ms);
  /// Does something later, in the time of trouble at the latest.
  void later(std::int64_t ms, std::function<void()> effect);
  [[nodiscard]] std::int64_t now() const { return truth.steady_ms(); }
  [[nodiscard]] bool is_calm() const noexcept { return calm_; }
  [[nodiscard]] bool store_is_down() const { return now() < store_down_until_ms_; }
  /// A host that is alive and awake, or null.
  [[nodiscard]] SimHost* some_host();
  /// One line of the trace. `who` may be empty.
  template <class Text>
  void say(const std::string& who, const Text& text) {
    if (options.trace != nullptr) { write_line(who, text()); }
  }
  void violation(const std::string& what);
  /// To be called where it has its effect.
  void dealt(Trouble kind) { report.dealt.add(kind); }

  const Options options;
  const Seams seams;
  Dice dice;
  const Plan plan;
  sdk::testing::ManualClock truth;
  HostClock store_clock;

 private:
  sdk::testing::MemoryQueueStore memory_;
  const std::shared_ptr<sdk::QueueStore> queue_;

 public:
  sdk::QueueStore& store;  ///< for everybody, the judges too
  const std::shared_ptr<sdk::testing::MemoryRecords> records;
  std::vector<std::unique_ptr<SimClient>> clients;
  Report report;
  Referee referee;

 private:
  /// A machine: its clock stays wrong through all lives of its host.
  struct Machine {
    std::unique_ptr<HostClock> clock;
    std::unique_ptr<SimHost> host;
    std::int64_t starts_at_ms = 0;
    int lives = 0;
  };

  void run_until(std::int64_t until_ms);
  [[nodiscard]] std::int64_t next_event() const;
  void run_due();
  void start_or_bury(Machine& machine, int number);
  void tick();
  void live_a_little();
  void act_as_fate();
  void jump_a_clock();
  void become_calm();
  void write_line(const std::string& who, const std::string& text);

  std::vector<Machine> machines_;
  std::unique_ptr<class Users> users_;
  Fibers fibers_;
  std::multimap<std::int64_t, Fiber*> waiting_;
  std::multimap<std::int64_t, std::function<void()>> later_;
  bool calm_ = false;
  bool ticking_ = false;
  std::int64_t start_ms_ = 0;
  std::int64_t chaos_end_ms_ = 0;
  std::int64_t next_tick_ms_ = 0;
  std::int64_t store_down_until_ms_ = 0;
};

}  // namespace quarry::sim
