// SPDX-License-Identifier: MIT
#include "simulation.hpp"

#include "faulty_store.hpp"
#include "queue/dispatcher.hpp"
#include "queue/queue_service.hpp"
#include "queue/reconciler.hpp"

#include <quarry/sdk/testing/fake_download_client.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <utility>

namespace quarry::sim {
namespace {

using sdk::testing::FakeDownloadClient;
using sdk::testing::Fault;
using sdk::testing::ManualClock;
using sdk::testing::MemoryQueueStore;

constexpr int kMaxActive = 4;
constexpr std::int64_t kChaosMs = 8 * 60'000;
constexpr std::int64_t kCalmMs = 30 * 60'000;
constexpr std::int64_t kWorldTickMs = 700;

std::string hash_of(int number) {
  char text[41];
  std::snprintf(text, sizeof text, "%040x", number + 1);
  return text;
}

/// What one kind of trouble costs in this run: each is off, rare or frequent, by the seed.
struct Weather {
  double store_fails = 0, store_loses = 0, host_dies = 0;
  double client_refused = 0, client_error = 0, client_loses = 0, client_half = 0, client_empty = 0;
  double indexer_fails = 0, item_vanishes = 0, item_breaks = 0;
};

class World;

/// One life of a host: everything in it dies with it.
class Host {
 public:
  Host(World& world, int life);
  /// Runs whatever is due; true while it lives.
  bool run_due();
  [[nodiscard]] std::int64_t next_due() const;

 private:
  World& world_;
  Fates fates_;
  FaultyStore store_;
  int commands_ = 0;
  int life_;
  std::unique_ptr<queue::StoreClient> client_face_;
  queue::LeaseKeeper leases_;
  struct Duty {
    std::function<std::int64_t(std::int64_t)> step;
    std::int64_t due = 0;
  };
  std::vector<std::unique_ptr<queue::Dispatcher>> dispatchers_;
  std::unique_ptr<queue::Reconciler> reconciler_;
  std::unique_ptr<queue::Housekeeper> housekeeper_;
  std::vector<Duty> duties_;
};

/// Hands out magnets, or fails as sites do.
class SimIndexer final : public sdk::Indexer {
 public:
  explicit SimIndexer(World& world) : world_(world) {}
  sdk::Status capabilities(sdk::CallContext&, sdk::IndexerCapabilities&) noexcept override { return {}; }
  sdk::Status test(sdk::CallContext&, sdk::TestSink&) noexcept override { return {}; }
  sdk::Status search(sdk::CallContext&, const sdk::IndexerQuery&, sdk::ReleaseSink&) noexcept override { return {}; }
  sdk::Status recent(sdk::CallContext&, std::int64_t, sdk::ReleaseSink&) noexcept override { return {}; }
  sdk::Status fetch(sdk::CallContext& ctx, const sdk::ReleaseRef& release, sdk::FetchSink& sink) noexcept override;

 private:
  World& world_;
};

/// The client as the living host reaches it.
class ClientGate final : public sdk::DownloadClient {
 public:
  /// `removes` is called with each removal that reaches the client: for which download, and whether with data.
  ClientGate(FakeDownloadClient& inner, std::function<Fates*()> fates,
             std::function<void(std::int64_t, const sdk::ItemKey&, bool)> removes)
      : inner_(inner), fates_(std::move(fates)), removes_(std::move(removes)) {}
  sdk::Status capabilities(sdk::CallContext& c, sdk::ClientCapabilities& o) noexcept override {
    return inner_.capabilities(c, o);
  }
  sdk::Status test(sdk::CallContext& c, sdk::TestSink& f) noexcept override { return inner_.test(c, f); }
  sdk::Status add(sdk::CallContext& c, const sdk::AddRequest& r) noexcept override {
    return gated(c, [&] { return inner_.add(c, r); });
  }
  sdk::Status list(sdk::CallContext& c, const sdk::ListQuery& q, sdk::ItemSink& s) noexcept override {
    return gated(c, [&] { return inner_.list(c, q, s); });
  }
  sdk::Status pause(sdk::CallContext& c, std::span<const sdk::ItemKey> k) noexcept override {
    return gated(c, [&] { return inner_.pause(c, k); });
  }
  sdk::Status resume(sdk::CallContext& c, std::span<const sdk::ItemKey> k) noexcept override {
    return gated(c, [&] { return inner_.resume(c, k); });
  }
  sdk::Status remove(sdk::CallContext& c, std::span<const sdk::ItemKey> k, std::int32_t d) noexcept override {
    return gated(c, [&] {
      for (const sdk::ItemKey& key : k) { removes_(queue::id_in_tags(c.request_id()), key, d != 0); }
      return inner_.remove(c, k, d);
    });
  }
  sdk::Status set_priority(sdk::CallContext& c, std::span<const sdk::ItemKey> k, sdk::Priority p) noexcept override {
    return inner_.set_priority(c, k, p);
  }
  sdk::Status set_category(sdk::CallContext& c, std::span<const sdk::ItemKey> k, std::string_view n) noexcept override {
    return inner_.set_category(c, k, n);
  }
  sdk::Status set_limits(sdk::CallContext& c, std::span<const sdk::ItemKey> k,
                         const sdk::ClientLimits& l) noexcept override {
    return inner_.set_limits(c, k, l);
  }
  sdk::Status files(sdk::CallContext& c, const sdk::ItemKey& k, sdk::FileSink& s) noexcept override {
    return inner_.files(c, k, s);
  }

 private:
  template <class F>
  sdk::Status gated(sdk::CallContext& ctx, F effect) {
    Fates* fates = fates_();
    const Fate fate = fates == nullptr ? Fate::dies_before : fates->next();
    if (fate == Fate::dies_before) { return ctx.fail({sdk::Code::unavailable, sdk::kNotStarted, 0, 0}, "dead"); }
    const sdk::Status status = effect();
    return fate == Fate::dies_after ? sdk::Status{sdk::Code::deadline, 0, 0, 0} : status;
  }
  FakeDownloadClient& inner_;
  std::function<Fates*()> fates_;
  std::function<void(std::int64_t, const sdk::ItemKey&, bool)> removes_;
};

class World {
 public:
  explicit World(std::uint64_t seed);
  Report run();

  double random() { return std::uniform_real_distribution<double>(0, 1)(engine); }
  bool chance(double p) { return p > 0 && random() < p; }
  int number(int below) { return static_cast<int>(engine() % static_cast<std::uint64_t>(below)); }
  [[nodiscard]] Fate draw_store_fate();
  void check_limit();

  std::mt19937_64 engine;
  Weather weather;
  bool calm = false;
  ManualClock clock;
  MemoryQueueStore store{clock};
  FakeDownloadClient client;
  Fates* living = nullptr;
  ClientGate gate{
      client, [this] { return living; },
      [this](std::int64_t id, const sdk::ItemKey& key, bool with_data) { check_removal(id, key, with_data); }};
  SimIndexer indexer{*this};

 private:
  void grab();
  void cancel(std::int64_t id, bool with_data);
  void user_acts();
  void world_acts();
  void release_holds();
  void check_always();
  void check_removal(std::int64_t id, const sdk::ItemKey& key, bool with_data);
  void check_events();
  void check_end();
  void violation(const std::string& what) {
    if (report_.violations.size() < 20) { report_.violations.push_back(what); }
  }
  std::vector<queue::Download> rows();
  std::int64_t random_id();

  int user_commands_ = 0;
  queue::QueueService users_;
  std::unique_ptr<Host> host_;
  std::int64_t reborn_at_ = 0;
  int lives_ = 0;
  std::vector<std::int64_t> accepted_;
  std::map<std::int64_t, std::string> data_to_go_;  ///< cancelled with their data: hash by id
  std::set<std::string> tampered_;                  ///< hashes the world took out of the client
  std::int64_t last_event_ = -1;
  std::int64_t clock_offset_ms_ = 0;
  Report report_;
};

queue::QueueSettings service_settings() {
  queue::QueueSettings settings;
  settings.max_concurrent_downloads = kMaxActive;
  return settings;
}

World::World(std::uint64_t seed)
    : engine(seed),
      users_(
          store, clock, service_settings(), [this] { return "user-" + std::to_string(++user_commands_); }, [] {}) {
  const auto level = [&] {
    static constexpr std::array<double, 4> kLevels = {0, 0, 0.01, 0.08};
    return kLevels[static_cast<std::size_t>(number(4))];
  };
  weather = {level(), level(), level() / 4, level(),      level(),     level(),
             level(), level(), level() * 3, level() / 20, level() / 20};
  client.on_call([this](std::string_view) {
    if (calm) { return Fault::none; }
    if (chance(weather.client_refused)) { return Fault::refused; }
    if (chance(weather.client_error)) { return Fault::error; }
    if (chance(weather.client_loses)) { return Fault::lost_answer; }
    if (chance(weather.client_half)) { return Fault::half_answer; }
    if (chance(weather.client_empty)) { return Fault::empty; }
    return Fault::none;
  });
  sdk::LaneSettings lane;
  lane.lane = "downloads";
  lane.max_active = kMaxActive;
  sdk::BasicContext ctx(clock, 1000, "sim");
  static_cast<void>(store.open(ctx));
  static_cast<void>(store.set_lane(ctx, lane));
}

Fate World::draw_store_fate() {
  if (calm) { return Fate::normal; }
  if (chance(weather.host_dies)) { return chance(0.5) ? Fate::dies_before : Fate::dies_after; }
  if (chance(weather.store_fails)) { return Fate::fails; }
  if (chance(weather.store_loses)) { return Fate::loses_answer; }
  return Fate::normal;
}

sdk::Status SimIndexer::fetch(sdk::CallContext& ctx, const sdk::ReleaseRef& release, sdk::FetchSink& sink) noexcept {
  if (!world_.calm && world_.chance(world_.weather.indexer_fails)) {
    static constexpr std::array<sdk::Code, 4> kCodes = {sdk::Code::unavailable, sdk::Code::rate_limited,
                                                        sdk::Code::not_found, sdk::Code::deadline};
    return ctx.fail({kCodes[static_cast<std::size_t>(world_.number(4))], 0, 0, 0}, "the site has trouble");
  }
  sink.magnet("magnet:?xt=urn:btih:" + std::string(release.guid));
  return {};
}

Host::Host(World& world, int life)
    : world_(world),
      fates_([&world] { return world.draw_store_fate(); }),
      store_(world.store, fates_, [&world] { world.check_limit(); }),
      life_(life) {
  client_face_ = std::make_unique<queue::StoreClient>(
      store_, world.clock, [this] { return "host-" + std::to_string(life_) + "-" + std::to_string(++commands_); });
  queue::EnginePorts ports;
  ports.store = client_face_.get();
  ports.clock = &world.clock;
  ports.client = [&world](std::string_view) -> sdk::DownloadClient* { return &world.gate; };
  ports.choose_client = [] { return std::string("client"); };
  ports.indexer = [&world](std::string_view) -> sdk::Indexer* { return &world.indexer; };
  ports.random = [&world] { return world.random(); };
  ports.log = [](sdk::LogLevel, const std::string&) {};
  ports.owner = "host-" + std::to_string(life);
  queue::EngineSettings settings;
  housekeeper_ = std::make_unique<queue::Housekeeper>(ports, settings, leases_);
  reconciler_ = std::make_unique<queue::Reconciler>(ports, settings, "client");
  const std::int64_t now = world.clock.steady_ms();
  duties_.push_back({[this](std::int64_t t) { return housekeeper_->step(t); }, now});
  for (int i = 0; i < 2; ++i) {
    dispatchers_.push_back(std::make_unique<queue::Dispatcher>(ports, settings, leases_));
    duties_.push_back({[d = dispatchers_.back().get()](std::int64_t t) { return d->step(t); }, now});
  }
  duties_.push_back({[this](std::int64_t t) { return reconciler_->step(t); }, now});
  world.living = &fates_;
}

std::int64_t Host::next_due() const {
  return std::min_element(duties_.begin(), duties_.end(), [](const Duty& a, const Duty& b) { return a.due < b.due; })
      ->due;
}

bool Host::run_due() {
  for (Duty& duty : duties_) {
    const std::int64_t now = world_.clock.steady_ms();
    if (duty.due > now) { continue; }
    // A step that found work asks to run at once; time must pass all the same.
    duty.due = std::max(now + 1, duty.step(now));
    if (!fates_.alive()) { return false; }
  }
  return true;
}

std::vector<queue::Download> World::rows() {
  queue::StoreClient face(store, clock, [] { return std::string("read"); });
  auto all = face.list_all({});
  return all ? std::move(*all) : std::vector<queue::Download>{};
}

std::int64_t World::random_id() {
  return accepted_.empty() ? 0 : accepted_[static_cast<std::size_t>(number(static_cast<int>(accepted_.size())))];
}

void World::grab() {
  queue::GrabRequest request;
  const std::string hash = hash_of(number(40));
  if (chance(0.5)) {
    request.magnet = "magnet:?xt=urn:btih:" + hash;
  } else {
    request.indexer = "indexer";
    request.guid = hash;
  }
  request.title = "film " + hash.substr(36);
  request.priority = static_cast<sdk::Priority>(number(4));
  const auto answer = users_.grab(request);
  if (const auto* grabbed = std::get_if<queue::Grabbed>(&answer)) {
    accepted_.push_back(grabbed->id);
    // Who grabs it again may keep what is there.
    std::erase_if(data_to_go_, [&](const auto& entry) { return entry.second == hash; });
    ++report_.grabs;
  }
}

void World::cancel(std::int64_t id, bool with_data) {
  const auto before = users_.find(id);
  const bool first = before && before->state != sdk::DownloadState::cancelled;
  if (users_.cancel(id, with_data).ok() && first && with_data) { data_to_go_[id] = before->infohash_v1; }
}

void World::user_acts() {
  if (chance(0.35)) { grab(); }
  const std::int64_t id = random_id();
  if (id == 0) { return; }
  if (chance(0.02)) { cancel(id, chance(0.5)); }
  if (chance(0.03)) { static_cast<void>(users_.set_hold(id, chance(0.5))); }
  if (chance(0.03)) { static_cast<void>(users_.retry(id)); }
  if (chance(0.03)) { static_cast<void>(users_.set_priority(id, static_cast<sdk::Priority>(number(4)))); }
  if (chance(0.02)) { static_cast<void>(users_.move_to_top(id)); }
}

void World::world_acts() {
  client.download(150);
  for (const auto& item : client.items()) {
    if (chance(weather.item_vanishes)) {
      client.lose(item.id);
      tampered_.insert(item.infohash_v1);
    }
    if (chance(weather.item_breaks)) { client.fail(item.id); }
  }
  if (chance(0.01)) {
    // Ten minutes off at most, however often it is set: a wrong clock, not a random walk.
    const std::int64_t offset = number(20 * 60'000) - 10 * 60'000;
    clock.jump(offset - std::exchange(clock_offset_ms_, offset));
  }
}

/// What a person paused would rightly wait for ever.
void World::release_holds() {
  for (const std::int64_t id : accepted_) { static_cast<void>(users_.set_hold(id, false)); }
}

/// Asked right after a claim: only resuming what was paused may exceed the limit, a claim never does.
void World::check_limit() {
  const auto all = rows();
  const auto active =
      std::count_if(all.begin(), all.end(), [](const queue::Download& d) { return sdk::takes_slot(d.state, d.flags); });
  if (active > kMaxActive) { violation("a claim made more downloads active than allowed: " + std::to_string(active)); }
}

void World::check_removal(std::int64_t id, const sdk::ItemKey& key, bool with_data) {
  const auto items = client.items();
  const bool there =
      std::any_of(items.begin(), items.end(), [&](const auto& item) { return item.infohash_v1 == key.infohash_v1; });
  if (there && !with_data && data_to_go_.count(id) != 0) {
    violation("download " + std::to_string(id) + " was to go with its data, which was left behind");
  }
}

void World::check_always() {
  sdk::BasicContext ctx(clock, 1000, "check");
  sdk::Stats stats;
  static_cast<void>(store.stats(ctx, "downloads", stats));
  if (std::exchange(last_event_, stats.last_event) == stats.last_event) { return; }
  const auto all = rows();
  std::map<std::string, std::int64_t> live;
  for (const queue::Download& d : all) {
    if (!sdk::is_live(d.state)) { continue; }
    const auto [it, fresh] = live.emplace(d.release_key, d.id);
    if (!fresh) {
      violation("two live downloads of one release: " + std::to_string(d.id) + " and " + std::to_string(it->second));
    }
    if (d.attempts > d.max_retries + 1) { violation("download " + std::to_string(d.id) + " was tried too often"); }
  }
}

void World::check_events() {
  std::map<std::int64_t, std::pair<std::int32_t, std::int64_t>> last;  // id -> state, epoch
  std::int64_t after = 0;
  std::uint64_t hash = 14695981039346656037ULL;
  for (bool more = true; more;) {
    more = false;
    sdk::BasicContext ctx(clock, 1000, "check");
    auto sink = sdk::event_sink([&](const sdk::EventView& e) {
      more = true;
      after = e.sequence;
      for (const std::int64_t part : {e.download_id, static_cast<std::int64_t>(e.to), e.epoch, e.at_ms}) {
        hash = (hash ^ static_cast<std::uint64_t>(part)) * 1099511628211ULL;
      }
      const auto known = last.find(e.download_id);
      const bool first = known == last.end();
      if (first != (e.from == -1)) {
        violation("an event of " + std::to_string(e.download_id) + " does not follow the one before");
      }
      if (!first) {
        if (known->second.first != e.from) {
          violation("events of " + std::to_string(e.download_id) + " do not chain");
        }
        if (e.epoch < known->second.second) { violation("the epoch of " + std::to_string(e.download_id) + " fell"); }
        const auto* change =
            sdk::find_change(static_cast<sdk::DownloadState>(e.from), static_cast<sdk::DownloadState>(e.to), e.actor);
        if (change == nullptr) {
          violation("a change that is not in the table: " + std::to_string(e.from) + " to " + std::to_string(e.to));
        }
      }
      last[e.download_id] = {e.to, e.epoch};
    });
    static_cast<void>(store.events_since(ctx, after, 1000, sink));
  }
  report_.event_hash = hash;
}

void World::check_end() {
  const auto all = rows();
  std::map<std::int64_t, const queue::Download*> by_id;
  std::map<std::string, const queue::Download*> live_by_hash;
  for (const queue::Download& d : all) {
    by_id[d.id] = &d;
    if (sdk::is_live(d.state) && !d.infohash_v1.empty()) { live_by_hash[d.infohash_v1] = &d; }
  }
  for (const std::int64_t id : accepted_) {
    const auto it = by_id.find(id);
    if (it == by_id.end()) {
      violation("download " + std::to_string(id) + " was accepted and is gone");
      continue;
    }
    const queue::Download& d = *it->second;
    const bool at_rest = sdk::is_ended(d.state) || d.state == sdk::DownloadState::blocked;
    if (!at_rest) {
      violation("download " + std::to_string(id) + " is stuck in " + std::string(sdk::to_string(d.state)) + " (flags " +
                std::to_string(d.flags) + ", due in " + std::to_string(d.due_at_ms - clock.wall_ms()) +
                " ms): " + d.error);
    }
    if (d.cleanup != 0) { violation("download " + std::to_string(id) + " still waits to be removed from the client"); }
    if (d.state == sdk::DownloadState::completed) { ++report_.completed; }
  }
  std::set<std::string> in_client;
  for (const auto& item : client.items()) {
    in_client.insert(item.infohash_v1);
    if (queue::id_in_tags(item.tags) != 0 && live_by_hash.count(item.infohash_v1) == 0) {
      const auto owner = by_id.find(queue::id_in_tags(item.tags));
      const bool given_up = owner != by_id.end() && owner->second->state == sdk::DownloadState::failed;
      if (!given_up) { violation("the client holds " + item.id + ", which nobody wants any more"); }
    }
  }
  for (const queue::Download& d : all) {
    if (d.state != sdk::DownloadState::completed || tampered_.count(d.infohash_v1) != 0) { continue; }
    if (in_client.count(d.infohash_v1) == 0) {
      violation("download " + std::to_string(d.id) + " is completed, but the client never had it");
    }
  }
}

Report World::run() {
  const std::int64_t start = clock.steady_ms();
  std::int64_t next_tick = start;
  while (clock.steady_ms() < start + kChaosMs + kCalmMs) {
    if (!std::exchange(calm, clock.steady_ms() >= start + kChaosMs) && calm) { release_holds(); }
    if (!host_ && clock.steady_ms() >= reborn_at_) { host_ = std::make_unique<Host>(*this, ++lives_); }
    if (host_ && !host_->run_due()) {
      living = nullptr;
      host_.reset();
      ++report_.crashes;
      reborn_at_ = clock.steady_ms() + number(calm ? 1000 : 40'000);
    }
    if (clock.steady_ms() >= next_tick) {
      next_tick = clock.steady_ms() + kWorldTickMs;
      if (calm) {
        client.download(150);
      } else {
        user_acts();
        world_acts();
      }
      check_always();
    }
    const std::int64_t next_host = host_ ? host_->next_due() : reborn_at_;
    clock.advance(std::max<std::int64_t>(1, std::min(next_tick, next_host) - clock.steady_ms()));
  }
  check_events();
  check_end();
  return report_;
}

}  // namespace

Report run_simulation(std::uint64_t seed) { return World(seed).run(); }

}  // namespace quarry::sim
