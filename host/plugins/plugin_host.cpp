// SPDX-License-Identifier: MIT
#include "plugins/plugin_host.hpp"

#include "plugins/plugin_instance.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <ranges>

namespace quarry::plugins {
namespace {

/// [0, 1), on any thread.
double draw() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

std::string named(const PluginInstance& instance) {
  const auto& spec = instance.spec();
  return "\"" + spec.id + "\"" + (spec.line == 0 ? "" : " (line " + std::to_string(spec.line) + ")");
}

}  // namespace

const char* to_string(InstanceState state) noexcept {
  switch (state) {
    case InstanceState::prepared:
      return "prepared";
    case InstanceState::ok:
      return "ok";
    case InstanceState::failed:
      return "failed";
    case InstanceState::stopped:
      return "stopped";
  }
  return "failed";
}

struct PluginHost::Impl {
  HostParts parts;
  std::vector<std::unique_ptr<PluginInstance>> instances;
  std::unique_ptr<HttpService> http;
  std::vector<std::string> last_crash;
  bool stopped = false;
  bool drained = true;

  [[nodiscard]] PluginInstance* find(std::string_view id) const {
    const auto it = std::find_if(instances.begin(), instances.end(), [&](const auto& i) { return i->spec().id == id; });
    return it == instances.end() ? nullptr : it->get();
  }
  [[nodiscard]] std::vector<PluginInstance*> stores() const {
    std::vector<PluginInstance*> out;
    for (const auto& instance : instances) {
      if (instance->provides(sdk::QueueStore::kId)) { out.push_back(instance.get()); }
    }
    return out;
  }
  template <class Get>
  [[nodiscard]] std::vector<std::string> ids(Get get) const {
    std::vector<std::string> out;
    for (const auto& instance : instances) {
      if (get(*instance) != nullptr) { out.push_back(instance->spec().id); }
    }
    return out;
  }
  void log(sdk::LogLevel level, std::string_view text) const {
    if (parts.options.log && level >= parts.options.min_level) { parts.options.log(level, {}, text); }
  }
  void note_failure(const PluginInstance& instance) const {
    log(sdk::LogLevel::error, "plugin " + named(instance) + " failed: " + instance.error());
  }
  /// Not before create(): a host that only checks must not touch what a running one uses.
  void prepare_data_dir() {
    const auto& folder = parts.options.data_dir;
    std::error_code ec;
    std::filesystem::create_directories(folder / "kv", ec);
    if (ec) {
      log(sdk::LogLevel::error, "the data directory cannot be made: " + folder.string() + ": " + ec.message());
    }
    parts.sentinel = std::make_unique<CrashSentinel>(folder / "running.sentinel");
    last_crash = parts.sentinel->left_behind();
    for (const auto& id : last_crash) {
      log(sdk::LogLevel::warning, "Quarry ended without warning while it called the plugin \"" + id + "\"");
    }
  }
  /// The one storage, not failed.
  [[nodiscard]] sdk::Result<PluginInstance*> storage() const;
  [[nodiscard]] std::string several_stores() const {
    std::string names;
    for (const auto* store : stores()) { names += (names.empty() ? "" : " and ") + named(*store); }
    return "the manifest has several storages, " + names + ": keep one, and write enabled = false in the others";
  }
};

PluginHost::PluginHost(HostOptions options) : impl_(std::make_unique<Impl>()) {
  HostParts& parts = impl_->parts;
  parts.options = std::move(options);
  if (!parts.options.random) { parts.options.random = &draw; }
  parts.redactor = std::make_shared<Redactor>();
  parts.allow = std::make_shared<AllowList>(parts.options.http_allow);
  impl_->http =
      std::make_unique<HttpService>(HttpOptions{parts.options.clock, parts.allow, {}, parts.options.user_agent, true});
}

PluginHost::~PluginHost() {
  stop(0);
  if (!impl_->drained) {
    // Plugin threads are still inside and use what hangs on this: it must outlive us.
    static_cast<void>(impl_.release());
  }
}

void PluginHost::prepare(const std::vector<PluginSpec>& specs) {
  for (const auto& spec : specs) {
    auto instance = std::make_unique<PluginInstance>(impl_->parts, spec);
    instance->prepare();
    if (instance->state() == InstanceState::failed) { impl_->note_failure(*instance); }
    impl_->instances.push_back(std::move(instance));
  }
}

void PluginHost::create() {
  impl_->prepare_data_dir();
  if (const auto stores = impl_->stores(); stores.size() > 1) {
    const std::string why = impl_->several_stores();
    for (auto* store : stores) { store->fail(why); }
  }
  for (const auto& instance : impl_->instances) {
    if (instance->state() != InstanceState::prepared) { continue; }
    instance->create();
    if (instance->state() == InstanceState::failed) { impl_->note_failure(*instance); }
  }
}

void PluginHost::create_storage() {
  const auto stores = impl_->stores();
  if (stores.size() != 1 || stores.front()->state() != InstanceState::prepared) { return; }
  stores.front()->create();
}

void PluginHost::load(const std::vector<PluginSpec>& specs) {
  prepare(specs);
  create();
}

std::vector<InstanceInfo> PluginHost::instances() const {
  std::vector<InstanceInfo> out;
  for (const auto& instance : impl_->instances) { out.push_back(instance->info()); }
  return out;
}

sdk::DownloadClient* PluginHost::download_client(std::string_view id) const {
  auto* instance = impl_->find(id);
  return instance == nullptr ? nullptr : instance->client();
}
sdk::Indexer* PluginHost::indexer(std::string_view id) const {
  auto* instance = impl_->find(id);
  return instance == nullptr ? nullptr : instance->indexer();
}
sdk::Scorer* PluginHost::scorer(std::string_view id) const {
  auto* instance = impl_->find(id);
  return instance == nullptr ? nullptr : instance->scorer();
}
std::vector<std::string> PluginHost::download_clients() const {
  return impl_->ids([](PluginInstance& i) { return i.client(); });
}
std::vector<std::string> PluginHost::indexers() const {
  return impl_->ids([](PluginInstance& i) { return i.indexer(); });
}
std::vector<std::string> PluginHost::scorers() const {
  return impl_->ids([](PluginInstance& i) { return i.scorer(); });
}

sdk::Result<PluginInstance*> PluginHost::Impl::storage() const {
  const auto found = stores();
  if (found.size() > 1) { return sdk::failure(sdk::Code::invalid, several_stores()); }
  if (found.size() == 1) {
    auto& store = *found.front();
    if (store.state() != InstanceState::failed) { return &store; }
    return sdk::failure(sdk::Code::unavailable, "the storage " + named(store) + " failed: " + store.error());
  }
  // One of those that failed before it could say what it is may be the storage.
  std::string failed;
  for (const auto& instance : instances) {
    if (instance->state() == InstanceState::failed) {
      failed += "; " + named(*instance) + " failed: " + instance->error();
    }
  }
  return sdk::failure(sdk::Code::invalid,
                      "the manifest has no storage: add a [[plugin]] whose library is a storage" + failed);
}

sdk::RecordStore* PluginHost::record_store() const {
  const auto stores = impl_->stores();
  return stores.size() == 1 ? stores.front()->records() : nullptr;
}

sdk::QueueWakeup* PluginHost::queue_wakeup() const {
  const auto stores = impl_->stores();
  return stores.size() == 1 ? stores.front()->wakeup() : nullptr;
}

sdk::Result<sdk::QueueStore*> PluginHost::queue_store() const {
  const auto found = impl_->storage();
  if (!found) { return found.error(); }
  return (*found)->store();
}

sdk::Result<sdk::StorageAdmin*> PluginHost::storage_admin() const {
  const auto found = impl_->storage();
  if (!found) { return found.error(); }
  if ((*found)->storage_admin() != nullptr) { return (*found)->storage_admin(); }
  return sdk::failure(sdk::Code::unsupported, "the storage " + named(**found) +
                                                  " has no way to be looked after: its plugin does not offer " +
                                                  std::string(sdk::StorageAdmin::kId));
}

sdk::Http& PluginHost::http() { return *impl_->http; }
std::string PluginHost::redact(std::string_view text) const { return impl_->parts.redactor->clean(text); }
const std::vector<std::string>& PluginHost::last_crash() const { return impl_->last_crash; }

void PluginHost::close() {
  for (const auto& instance : impl_->instances) { instance->close(); }
  impl_->http->close();
}

bool PluginHost::stop(std::int64_t deadline_ms) {
  using Clock = std::chrono::steady_clock;
  Impl& impl = *impl_;
  if (impl.stopped) { return impl.drained; }
  impl.stopped = true;
  close();
  const auto end = Clock::now() + std::chrono::milliseconds(deadline_ms);
  const auto finish = [&](PluginInstance& instance) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (instance.drain(std::max<std::int64_t>(left, 0))) {
      instance.destroy();
      return;
    }
    impl.drained = false;
    impl.log(sdk::LogLevel::warning, "plugin " + named(instance) + " is still busy and is left behind");
  };
  const auto is_store = [](const PluginInstance& i) { return i.provides(sdk::QueueStore::kId); };
  for (const auto& instance : std::views::reverse(impl.instances)) {
    if (!is_store(*instance)) { finish(*instance); }
  }
  for (const auto& instance : std::views::reverse(impl.instances)) {
    if (is_store(*instance)) { finish(*instance); }
  }
  return impl.drained;
}

}  // namespace quarry::plugins
