// SPDX-License-Identifier: MIT
#include "sim_host.hpp"

#include "world.hpp"

#include <algorithm>
#include <limits>

namespace quarry::sim {
namespace {

constexpr int kLongestWaitMs = 3'000;
constexpr int kShortestSleepMs = 2'000;
constexpr int kLongestSleepMs = 90'000;
/// Half of all sleeps end about when a lease has run out and others have begun to act on that.
constexpr int kOverALeaseMs = 28'000;
constexpr int kActOnItMs = 20'000;

}  // namespace

queue::EnginePorts SimHost::ports(const sdk::Clock& clock) {
  queue::EnginePorts p;
  p.store = &store_client_;
  p.clock = &clock;
  p.client = [this](std::string_view id) -> sdk::DownloadClient* {
    for (const auto& gate : clients_) {
      if (gate->id() == id) { return gate.get(); }
    }
    return nullptr;
  };
  // Mostly the first, as long as it is well.
  p.choose_client = [this] {
    const bool first = world_.dice.happens(0.8);
    return clients_[first ? 0U : static_cast<std::size_t>(world_.dice.below(world_.plan.clients))]->id();
  };
  p.indexer = [this](std::string_view) -> sdk::Indexer* { return &indexer_; };
  p.random = [this] { return world_.dice.uniform(); };
  p.log = [this](sdk::LogLevel, const std::string& text) { world_.say(owner_, [&] { return "# " + text; }); };
  p.owner = owner_;
  return p;
}

SimHost::SimHost(World& world, const sdk::Clock& clock, std::string owner)
    : world_(world),
      owner_(std::move(owner)),
      store_(world, *this),
      indexer_(world, *this),
      store_client_(store_, clock, [this] { return owner_ + "-" + std::to_string(++commands_); }) {
  for (const auto& client : world.clients) { clients_.push_back(std::make_unique<ClientGate>(world, *this, *client)); }
  const queue::EngineSettings& settings = world.seams.engine;
  const queue::EnginePorts p = ports(clock);
  records_ = std::make_unique<SimRecords>(world, *this, store_, p);
  add_duty([this](std::int64_t now) { return records_->step(now); });
  housekeeper_ = std::make_unique<queue::Housekeeper>(p, settings, leases_);
  add_duty([this](std::int64_t now) { return housekeeper_->step(now); });
  for (int i = 0; i < world.plan.dispatchers; ++i) {
    dispatchers_.push_back(std::make_unique<queue::Dispatcher>(p, settings, leases_));
    add_duty([d = dispatchers_.back().get()](std::int64_t now) { return d->step(now); });
  }
  for (const auto& client : world.clients) {
    reconcilers_.push_back(std::make_unique<queue::Reconciler>(p, settings, client->id()));
    add_duty([r = reconcilers_.back().get()](std::int64_t now) { return r->step(now); });
  }
  queue::QueueSettings service_settings;
  service_settings.max_concurrent_downloads = world.plan.max_active;
  service_ = std::make_unique<queue::QueueService>(
      store_, clock, service_settings, [this] { return owner_ + "-u" + std::to_string(++commands_); }, [] {});
}

SimHost::~SimHost() = default;

void SimHost::add_duty(std::function<std::int64_t(std::int64_t)> step) {
  duties_.push_back({std::move(step), world_.now(), false});
}

std::int64_t SimHost::next_due() const {
  if (!alive_ || stopping_) { return is_busy() ? std::numeric_limits<std::int64_t>::max() : world_.now(); }
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const Duty& duty : duties_) {
    if (!duty.under_way) { next = std::min(next, duty.due_ms); }
    if (!is_open()) { break; }
  }
  return std::max(next, asleep_until_ms_);
}

void SimHost::run_due() {
  for (Duty& duty : duties_) {
    const std::int64_t now = world_.now();
    if (&duty != duties_.data() && !is_open()) { return; }
    if (!is_awake(now) || duty.under_way || duty.due_ms > now) { continue; }
    duty.under_way = true;
    ++busy_;
    world_.spawn([this, &duty] {
      const std::int64_t next = duty.step(world_.now());
      // A step that found work asks to run at once; time must pass all the same.
      duty.due_ms = std::max(world_.now() + 1, next);
      duty.under_way = false;
      --busy_;
    });
  }
}

void SimHost::let_go() {
  ++busy_;
  world_.spawn([this] {
    for (const auto& reconciler : reconcilers_) { reconciler->give_up_duty(); }
    records_->give_up_duty();
    world_.say(owner_, [&] { return std::string(alive_ ? "has ended in good order" : "died while it stopped"); });
    alive_ = false;
    --busy_;
  });
}

void SimHost::wait(std::int64_t ms) {
  world_.pass(ms);
  while (alive_ && !world_.is_calm() && asleep_until_ms_ > world_.now()) {
    const std::int64_t before = world_.now();
    world_.pass(asleep_until_ms_ - before);
    // The trouble is over, and everybody wakes up.
    if (world_.now() == before) { asleep_until_ms_ = before; }
  }
}

void SimHost::befall(const char* when, const char* what) {
  const Weather& w = world_.plan.weather;
  // Each effect has two such moments.
  if (world_.dice.happens(w.host_dies / 2)) {
    world_.say(owner_, [&] { return std::string("DIES ") + when + " " + what; });
    alive_ = false;
  } else if (world_.dice.happens(w.host_sleeps / 2)) {
    const std::int64_t ms = world_.dice.happens(0.5)
                                ? kOverALeaseMs + world_.dice.below(kActOnItMs)
                                : kShortestSleepMs + world_.dice.below(kLongestSleepMs - kShortestSleepMs);
    world_.say(owner_, [&] { return "SLEEPS " + std::to_string(ms) + " ms " + when + " " + what; });
    ++world_.report.sleeps;
    asleep_until_ms_ = std::max(asleep_until_ms_, world_.now() + ms);
    wait(ms);
    world_.say(owner_, [&] { return std::string("wakes up ") + when + " " + what; });
  } else if (world_.dice.happens(w.slow)) {
    world_.dealt(Trouble::host_slow);
    wait(1 + world_.dice.below(kLongestWaitMs));
  }
}

Fate SimHost::before_call(const char* what, const Odds& odds) {
  if (alive_ && !world_.is_calm()) { befall("before", what); }
  if (!alive_) { return Fate::dead; }
  if (world_.is_calm()) { return Fate::normal; }
  Dice& dice = world_.dice;
  if (dice.happens(odds.fails)) { return Fate::fails; }
  if (dice.happens(odds.loses_answer)) { return dice.happens(0.5) ? Fate::loses_answer : Fate::never_arrives; }
  return dice.happens(odds.twice) ? Fate::twice : Fate::normal;
}

bool SimHost::after_call(const char* what) {
  if (alive_ && !world_.is_calm()) { befall("after", what); }
  return alive_;
}

}  // namespace quarry::sim
