// SPDX-License-Identifier: MIT
#include "app/running_host.hpp"

#include "api/blocklist.hpp"
#include "app/bind_routes.hpp"
#include "app/command_ids.hpp"
#include "app/engine_runner.hpp"
#include "app/exit_codes.hpp"
#include "app/instances.hpp"
#include "app/load.hpp"
#include "app/readiness.hpp"
#include "app/record_keeping.hpp"
#include "app/run_on_threads.hpp"
#include "app/store_opening.hpp"
#include "http/server.hpp"
#include "ops/api_key.hpp"
#include "ops/logging.hpp"
#include "ops/random.hpp"
#include "search/search.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

namespace quarry::app {
namespace {

constexpr std::int64_t kProbeMs = 2'000;
constexpr std::int64_t kStopMs = 9'000;        ///< all of a stop; serve() gives it 10 s
constexpr std::int64_t kHttpGraceMs = 3'000;   ///< longer than calls of plugins live on once they are cancelled
constexpr std::int64_t kPluginStopMs = 2'000;  ///< of it, at most for calls that do not come back
/// What programs that speak this API take for its version; they ask for at least 5.3.6.8608.
constexpr char kApiVersion[] = "5.28.0.10274";
/// Handed over at the same time; more would only wait for the same client.
constexpr int kMostDispatchers = 3;

void log_plugin(sdk::LogLevel level, std::string_view instance, std::string_view text) {
  ops::log(level, instance.empty() ? "plugins" : instance, text);
}

}  // namespace

/// A generator that several threads may ask.
class Chance {
 public:
  double operator()() {
    const std::lock_guard lock(mutex_);
    return std::uniform_real_distribution<double>(0, 1)(engine_);
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_{ops::random_seed()};
};

struct RunningHost::Parts {
  Parts(const manifest::Manifest& m, const sdk::Clock& c) : manifest(m), clock(c) {}

  [[nodiscard]] StartFailure start_plugins();
  [[nodiscard]] StartFailure open_store();
  [[nodiscard]] sdk::Done ask_store() const;
  void build_queue();
  [[nodiscard]] StartFailure start_http();
  [[nodiscard]] std::string choose_client() const;

  const manifest::Manifest& manifest;
  const sdk::Clock& clock;
  Chance chance;
  CommandIds commands{clock.wall_ms(), ops::random_hex(4)};
  std::unique_ptr<plugins::PluginHost> plugins;
  sdk::QueueStore* store = nullptr;
  std::shared_ptr<queue::SetAside> set_aside =
      std::make_shared<queue::SetAside>([](const std::string& text) { ops::log(sdk::LogLevel::error, "queue", text); });
  std::unique_ptr<queue::StoreClient> store_client;
  std::unique_ptr<EngineRunner> engine;
  std::unique_ptr<RecordKeeping> records;  ///< null: the storage keeps none
  std::unique_ptr<queue::QueueService> queue;
  std::unique_ptr<search::Search> search;
  Readiness readiness{clock, [this] { return ask_store(); }};
  std::unique_ptr<api::Services> services;
  std::unique_ptr<http::Server> server;
};

StartFailure RunningHost::Parts::start_plugins() {
  std::error_code ec;
  std::filesystem::create_directories(manifest.data_dir, ec);
  if (ec) {
    return {kExitFailed, "the data directory " + manifest.data_dir.string() + " cannot be made: " + ec.message()};
  }
  plugins::HostOptions options = plugin_options(manifest, clock, log_plugin);
  options.on_secret = ops::register_secret;
  // A client on the same network is back within seconds, so it is never left alone for long.
  options.breaker.first_wait_ms = 5'000;
  options.breaker.max_wait_ms = 60'000;
  plugins = std::make_unique<plugins::PluginHost>(std::move(options));
  plugins->prepare(plugin_specs(manifest));
  if (const auto prepared = plugins->queue_store(); !prepared.ok()) {
    return {kExitConfiguration, manifest.file.string() + ": " + prepared.error().text};
  }
  plugins->create();  // instances that fail are logged there, and shown by /api/v3/health
  const auto found = plugins->queue_store();
  if (!found) { return {kExitConfiguration, manifest.file.string() + ": " + found.error().text}; }
  store = *found;
  return {};
}

StartFailure RunningHost::Parts::open_store() {
  OpeningPorts ports;
  ports.store = store;
  ports.clock = &clock;
  ports.pause = [](std::int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
  ports.random = [this] { return chance(); };
  ports.log = [](sdk::LogLevel level, const std::string& text) { ops::log(level, "app", text); };
  ports.waits = [this](const std::string& why) { readiness.waits(why); };
  if (records) {
    ports.then = [this] { return records->open(); };
  } else {
    ops::log(sdk::LogLevel::warning, "app", no_records_note().message);
  }
  const queue::QueueSettings settings = queue_settings(manifest);
  sdk::LaneSettings lane;
  lane.lane = settings.lane;
  lane.max_active = settings.max_concurrent_downloads;
  return open_storage(ports, lane, manifest.start_timeout_ms);
}

/// A small question, so that whoever asks whether we are ready hears of a storage that went away.
sdk::Done RunningHost::Parts::ask_store() const {
  sdk::BasicContext ctx(clock, kProbeMs, "ready");
  sdk::Stats stats;
  const sdk::Status status = store->stats(ctx, queue_settings(manifest).lane, stats);
  if (!status.ok()) { return ctx.failure(status, "it gave no reason"); }
  return sdk::Unit{};
}

/// The first client in the manifest that is not known to be down.
std::string RunningHost::Parts::choose_client() const {
  const std::vector<std::string> ids = plugins->download_clients();
  if (ids.size() < 2) { return ids.empty() ? std::string() : ids.front(); }
  for (const plugins::InstanceInfo& instance : plugins->instances()) {
    const bool healthy = instance.breaker == plugins::BreakerState::closed;
    if (healthy && std::find(ids.begin(), ids.end(), instance.id) != ids.end()) { return instance.id; }
  }
  return ids.front();
}

void RunningHost::Parts::build_queue() {
  store_client = std::make_unique<queue::StoreClient>(
      *store, clock, [this] { return commands.next(); }, set_aside);
  queue::EnginePorts ports;
  ports.store = store_client.get();
  ports.clock = &clock;
  ports.client = [this](std::string_view id) { return plugins->download_client(id); };
  ports.choose_client = [this] { return choose_client(); };
  ports.knows_client = [this](std::string_view id) {
    const auto all = plugins->instances();
    return std::any_of(all.begin(), all.end(), [&](const plugins::InstanceInfo& i) { return i.id == id; });
  };
  ports.indexer = [this](std::string_view id) { return plugins->indexer(id); };
  ports.http = &plugins->http();
  ports.random = [this] { return chance(); };
  ports.log = [](sdk::LogLevel level, const std::string& text) { ops::log(level, "queue", text); };
  ports.owner = ops::random_hex(16);
  const int dispatchers = std::min(kMostDispatchers, manifest.queue.max_concurrent_downloads);
  engine = std::make_unique<EngineRunner>(ports, engine_settings(manifest), dispatchers, plugins->download_clients());
  if (sdk::QueueWakeup* const wakeup = plugins->queue_wakeup()) { engine->listen(*wakeup, ports.log); }
  if (sdk::RecordStore* const held = plugins->record_store()) {
    records = std::make_unique<RecordKeeping>(*held, *store, ports, engine_settings(manifest));
  }
  queue = std::make_unique<queue::QueueService>(
      *store, clock, queue_settings(manifest), [this] { return commands.next(); }, [this] { engine->nudge(); },
      set_aside);

  search::Ports search_ports;
  search_ports.indexers = [this] {
    return named_indexers(plugins->instances(), [this](std::string_view id) { return plugins->indexer(id); });
  };
  search_ports.scorer = [this]() -> sdk::Scorer* {
    const auto ids = plugins->scorers();
    return ids.empty() ? nullptr : plugins->scorer(ids.front());
  };
  if (records) {
    search_ports.blocked = [this](const std::vector<search::Release>& releases) {
      return api::why_blocked(records->records().blocklist(), releases);
    };
  }
  search_ports.clock = &clock;
  search_ports.run_all = run_on_threads;
  search = std::make_unique<search::Search>(std::move(search_ports));
}

/// After open_store().
StartFailure RunningHost::Parts::start_http() {
  const auto key_file = manifest.data_dir / "api_key";
  const auto key = ops::load_or_create_api_key(key_file);
  if (!key) { return {kExitFailed, key.error().text}; }
  ops::register_secret(key->key);
  // Whatever the log level: nobody can use the host without it.
  if (key->created) { std::cerr << "quarry made an API key; it is in " << key_file.string() << '\n'; }
  services = std::make_unique<api::Services>(api::Services{*queue, *search, clock, kApiVersion, clock.wall_ms()});
  services->health = [this] {
    auto notes = health_of(plugins->instances(), plugins->last_crash());
    add_set_aside({"QueueRowCheck", "downloads", set_aside->sentences()}, notes);
    if (records) { add_set_aside({"RecordRowCheck", "records", records->records().set_aside().sentences()}, notes); }
    if (!records) { notes.push_back(no_records_note()); }
    if (const auto why = readiness.not_ready()) { notes.push_back({"StorageCheck", "error", ops::redact(*why)}); }
    return notes;
  };
  services->starting = [this] { return readiness.starting(); };
  services->not_ready = [this] { return readiness.not_ready(); };
  services->records = records ? &records->records() : nullptr;
  http::ServerOptions options;
  options.listen = {manifest.listen.address == "localhost" ? "127.0.0.1" : manifest.listen.address,
                    manifest.listen.port};
  options.api_key = key->key;
  options.app_version = kApiVersion;
  options.on_problem = [](std::string_view line) { ops::log(sdk::LogLevel::warning, "http", line); };
  server = std::make_unique<http::Server>(std::move(options), bind_routes(*services));
  if (const auto started = server->start(); !started) { return {kExitFailed, started.error().text}; }
  return {};
}

RunningHost::RunningHost(const manifest::Manifest& manifest, const sdk::Clock& clock)
    : parts_(std::make_unique<Parts>(manifest, clock)) {}
RunningHost::~RunningHost() = default;

StartFailure RunningHost::start(const std::function<void()>& on_listening, const std::function<void()>& on_opened) {
  if (StartFailure f = parts_->start_plugins(); f.exit_code != kExitOk) { return f; }
  parts_->build_queue();
  if (StartFailure f = parts_->start_http(); f.exit_code != kExitOk) { return f; }
  if (on_listening) { on_listening(); }
  if (StartFailure f = parts_->open_store(); f.exit_code != kExitOk) { return f; }
  if (on_opened) { on_opened(); }
  parts_->readiness.started();
  parts_->engine->start();
  if (parts_->records) { parts_->records->start(); }
  return {};
}

bool RunningHost::stop() {
  const std::int64_t end = parts_->clock.steady_ms() + kStopMs;
  const auto left = [&](std::int64_t most) {
    return std::clamp<std::int64_t>(end - parts_->clock.steady_ms(), 0, most);
  };
  parts_->engine->request_stop();
  if (parts_->records) { parts_->records->request_stop(); }
  parts_->plugins->close();
  parts_->server->stop(std::chrono::milliseconds(left(kHttpGraceMs)));
  const bool engine_ended = parts_->engine->stop(left(kStopMs));
  const bool records_ended = !parts_->records || parts_->records->stop(left(kStopMs));
  if (!engine_ended || !records_ended) {
    ops::log(sdk::LogLevel::warning, "app",
             "a plugin does not return; leaving without it, its work is taken up at the next start");
    return false;
  }
  return parts_->plugins->stop(left(kPluginStopMs));
}

std::string RunningHost::listens_at() const { return parts_->server->local_endpoint().to_string(); }

}  // namespace quarry::app
