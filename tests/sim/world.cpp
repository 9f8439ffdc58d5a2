// SPDX-License-Identifier: MIT
#include "world.hpp"

#include "end_checker.hpp"
#include "users.hpp"

#include <algorithm>
#include <array>
#include <iomanip>
#include <ostream>

namespace quarry::sim {
namespace {

constexpr std::int64_t kTickMs = 700;
constexpr int kMostAtOnce = 3;  ///< users beside the one who acts
constexpr std::int64_t kBytesPerTick = 150;
constexpr std::int64_t kRestLookMs = 10'000;
constexpr std::int64_t kCalmMs = 30 * 60'000;
constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kDayMs = 24 * 60 * kMinuteMs;
constexpr std::size_t kMostViolations = 20;

std::int64_t wrong_by(Dice& dice) {
  const std::array<std::int64_t, 5> worst = {0, 2'000, 10 * kMinuteMs, 60 * kMinuteMs, kDayMs};
  const std::int64_t most = worst.at(static_cast<std::size_t>(dice.below(5)));
  return most == 0 ? 0 : dice.below(static_cast<int>(2 * most)) - most;
}

}  // namespace

World::World(const Options& wanted)
    : options(wanted),
      seams(wanted.seams == nullptr ? Seams() : *wanted.seams),
      dice(wanted.seed),
      plan(drawn(seams, dice, wanted.hosts)),
      store_clock(truth, 0),
      memory_(store_clock, plan.ownership),
      queue_(wrapped(seams.queue, memory_)),
      store(*queue_),
      records(std::make_shared<sdk::testing::MemoryRecords>()),
      referee(*this) {
  for (int i = 0; i < plan.clients; ++i) {
    clients.push_back(std::make_unique<SimClient>("client-" + std::to_string(i + 1), seams.client));
  }
  machines_.resize(static_cast<std::size_t>(plan.hosts));
  for (Machine& machine : machines_) {
    const bool alone = plan.ownership == sdk::testing::Ownership::one_process;
    machine.clock = std::make_unique<HostClock>(truth, alone ? 0 : wrong_by(dice));
    machine.starts_at_ms = now() + dice.below(5'000);
  }
  users_ = std::make_unique<Users>(*this);
  sdk::LaneSettings lane;
  lane.lane = "downloads";
  lane.max_active = plan.max_active;
  sdk::BasicContext ctx(truth, 1000, "sim");
  sdk::testing::MemoryRecordStore beside(store_clock, records);
  link(memory_, beside);
  static_cast<void>(store.open(ctx));
  static_cast<void>(store.set_lane(ctx, lane));
  start_ms_ = now();
  chaos_end_ms_ = start_ms_ + plan.chaos_ms;
  next_tick_ms_ = start_ms_;
}

World::~World() = default;

void World::violation(const std::string& what) {
  say("", [&] { return "VIOLATION: " + what; });
  if (report.violations.size() < kMostViolations) { report.violations.push_back(what); }
}

void World::write_line(const std::string& who, const std::string& text) {
  *options.trace << std::setw(9) << std::fixed << std::setprecision(3) << static_cast<double>(now() - start_ms_) / 1000
                 << "  " << std::setw(6) << std::left << who << std::right << "  " << text << '\n';
}

void World::pass(std::int64_t ms) {
  const std::int64_t until = std::min(now() + ms, chaos_end_ms_);
  if (fibers_.current() == nullptr || until <= now()) { return; }
  waiting_.emplace(until, fibers_.current());
  fibers_.wait();
}

void World::later(std::int64_t ms, std::function<void()> effect) {
  later_.emplace(std::min(now() + ms, chaos_end_ms_), std::move(effect));
}

SimHost* World::some_host() {
  std::vector<SimHost*> awake;
  for (const Machine& machine : machines_) {
    if (machine.host != nullptr && machine.host->is_awake(now())) { awake.push_back(machine.host.get()); }
  }
  return awake.empty() ? nullptr : awake[static_cast<std::size_t>(dice.below(static_cast<int>(awake.size())))];
}

void World::start_or_bury(Machine& machine, int number) {
  if (machine.host == nullptr) {
    if (now() < machine.starts_at_ms) { return; }
    machine.host = std::make_unique<SimHost>(*this, *machine.clock,
                                             "h" + std::to_string(number) + "." + std::to_string(++machine.lives));
    return say(machine.host->owner(), [] { return std::string("starts"); });
  }
  if (machine.host->is_busy()) { return; }
  if (machine.host->is_alive()) {
    if (machine.host->is_stopping()) { machine.host->let_go(); }
    return;
  }
  report.crashes += machine.host->is_stopping() ? 0 : 1;
  machine.host.reset();
  machine.starts_at_ms = now() + dice.below(calm_ ? 1'000 : 40'000);
}

std::int64_t World::next_event() const {
  std::int64_t next = ticking_ ? chaos_end_ms_ : next_tick_ms_;
  if (!waiting_.empty()) { next = std::min(next, waiting_.begin()->first); }
  if (!later_.empty()) { next = std::min(next, later_.begin()->first); }
  for (const Machine& machine : machines_) {
    next = std::min(next, machine.host == nullptr ? machine.starts_at_ms : machine.host->next_due());
  }
  return next;
}

void World::run_due() {
  while (!later_.empty() && later_.begin()->first <= now()) {
    const auto effect = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    effect();
  }
  while (!waiting_.empty() && waiting_.begin()->first <= now()) {
    Fiber* fiber = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    fibers_.resume(*fiber);
  }
  int number = 0;
  for (Machine& machine : machines_) {
    start_or_bury(machine, ++number);
    if (machine.host != nullptr) { machine.host->run_due(); }
    start_or_bury(machine, number);
  }
  if (!ticking_ && next_tick_ms_ <= now()) { tick(); }
}

void World::run_until(std::int64_t until_ms) {
  while (now() < until_ms) {
    const std::int64_t next = std::min(until_ms, std::max(next_event(), now() + 1));
    truth.advance(next - now());
    run_due();
  }
}

void World::tick() {
  next_tick_ms_ = now() + kTickMs;
  ticking_ = true;
  for (int i = calm_ ? 0 : dice.below(kMostAtOnce); i > 0; --i) {
    spawn([this] { users_->name_a_film(); });
  }
  spawn([this] {
    live_a_little();
    ticking_ = false;
  });
}

void World::live_a_little() {
  for (const auto& client : clients) { client->fake().download(kBytesPerTick); }
  if (!calm_) {
    act_as_fate();
    users_->act();
  }
  referee.check_rows();
}

void World::act_as_fate() {
  const Weather& w = plan.weather;
  for (const auto& client : clients) {
    for (const auto& item : client->fake().items()) {
      if (dice.happens(w.item_vanishes)) {
        say(client->id(), [&] { return "loses " + item.infohash_v1; });
        client->fake().lose(item.id);
        referee.note_tampering(item.infohash_v1);
        dealt(Trouble::item_vanishes);
      }
      if (dice.happens(w.item_breaks)) {
        client->fake().fail(item.id);
        dealt(Trouble::item_breaks);
      }
    }
    client->look(now());
    // An empty listing is believed after a minute: no trouble of this kind may look as long as that.
    if (now() > client->lists_nothing_until_ms + kMinuteMs && dice.happens(w.client_restarts)) {
      client->lists_nothing_until_ms = now() + 5'000 + dice.below(25'000);
      dealt(Trouble::client_restarts);
      say(client->id(), [] { return std::string("was restarted, and lists nothing for a while"); });
    }
  }
  if (dice.happens(w.store_restarts)) {
    store_down_until_ms_ = now() + 1'000 + dice.below(20'000);
    dealt(Trouble::storage_restarts);
    say("store", [] { return std::string("goes down"); });
  }
  if (SimHost* host = dice.happens(w.host_stops) ? some_host() : nullptr; host != nullptr) {
    say(host->owner(), [] { return std::string("is told to stop"); });
    host->stop();
    dealt(Trouble::host_stops);
  }
  if (dice.happens(w.clock_jumps)) { jump_a_clock(); }
}

void World::jump_a_clock() {
  Machine& machine = machines_[static_cast<std::size_t>(dice.below(plan.hosts))];
  if (plan.store_clock_slack_ms == 0) {
    machine.clock->offset_ms = wrong_by(dice);
  } else {
    // A wrong clock, not a random walk: never further off than so, however often it is set.
    const std::int64_t most = plan.store_clock_slack_ms / 2;
    machine.clock->offset_ms = dice.below(static_cast<int>(2 * most)) - most;
    store_clock.offset_ms = machine.clock->offset_ms;
  }
  dealt(Trouble::clock_jumps);
  say("", [&] { return "a clock is now wrong by " + std::to_string(machine.clock->offset_ms / 1000) + " s"; });
}

void World::become_calm() {
  calm_ = true;
  store_down_until_ms_ = 0;
  for (const auto& client : clients) { client->lists_nothing_until_ms = 0; }
  say("", [] { return std::string("--- nothing goes wrong any more ---"); });
  users_->let_go();
}

Report World::run() {
  report.hosts = plan.hosts;
  say("", [&] { return plan.text(); });
  run_until(chaos_end_ms_);
  become_calm();
  const std::int64_t calm_wall_ms = store_clock.wall_ms();
  const std::int64_t end_ms = chaos_end_ms_ + kCalmMs + plan.store_clock_slack_ms;
  EndChecker checker(*this, *users_);
  while (now() < end_ms && !checker.is_at_rest()) { run_until(now() + kRestLookMs); }
  checker.check(calm_wall_ms);
  report.virtual_ms = now() - start_ms_;
  return report;
}

Report run_simulation(const Options& options) { return World(options).run(); }

}  // namespace quarry::sim
