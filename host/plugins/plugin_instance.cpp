// SPDX-License-Identifier: MIT
#include "plugins/plugin_instance.hpp"

#include "plugins/plugin_config.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>

namespace quarry::plugins {
namespace {

/// The entry's type promises noexcept; a plugin built by hand may break that promise, and through this
/// type its exception can be caught.
using ThrowingCreate = sdk::Instance* (*)(sdk::CallContext&, sdk::HostServices&, std::string_view);

}  // namespace

/// Owned by the call that creates: that call may outlast our patience.
struct PluginInstance::Creation {
  ThrowingCreate create = nullptr;
  sdk::HostServices* services = nullptr;
  std::string config;
  std::vector<std::string> promised;
  sdk::Instance* made = nullptr;
  std::vector<void*> interfaces;  ///< in the order of `promised`
};

PluginInstance::PluginInstance(HostParts& parts, PluginSpec spec) : parts_(parts), spec_(std::move(spec)) {}

PluginInstance::~PluginInstance() {
  if (drained_) { return; }
  // A plugin's thread is inside: it goes on using its services and its wall.
  static_cast<void>(services_.release());
  static_cast<void>(wall_.release());
}

void PluginInstance::fail(const std::string& why) {
  state_ = InstanceState::failed;
  error_ = parts_.redactor->clean(why);
  client_.reset();
  indexer_.reset();
  scorer_.reset();
  store_ = nullptr;
  records_ = nullptr;
  wakeup_ = nullptr;
  storage_admin_ = nullptr;
}

bool PluginInstance::provides(std::string_view interface_id) const {
  return entry_ && std::find(entry_->provides.begin(), entry_->provides.end(), interface_id) != entry_->provides.end();
}

void PluginInstance::prepare() {
  for (const auto& secret : spec_.secrets) { parts_.keep_secret(secret); }
  auto entry = read_entry(LibraryRef{spec_.library, parts_.options.plugin_dir, spec_.sha256});
  if (!entry) { return fail(entry.error().text); }
  entry_ = std::move(*entry);
  if (auto problem = config_problem(); !problem.empty()) { return fail(std::move(problem)); }
  state_ = InstanceState::prepared;
}

std::string PluginInstance::config_problem() {
  config_ = coerce_config(spec_.config_json, entry_->config_schema, spec_.expanded);
  for (const auto& secret : secret_values(config_, entry_->config_schema)) { parts_.keep_secret(secret); }
  const auto checked = sdk::validate_json(entry_->config_schema, config_);
  if (checked) { return {}; }
  const std::string where = spec_.line == 0 ? "" : " in line " + std::to_string(spec_.line);
  return "the configuration of \"" + spec_.id + "\"" + where + " does not suit the plugin: " + checked.error().text;
}

void PluginInstance::start_services() {
  const HostOptions& options = parts_.options;
  HttpOptions http{options.clock, parts_.allow, {}, options.user_agent, false};
  for (const auto& url : urls_of(config_)) {
    if (auto target = parse_target(url)) { http.own_origins.push_back(std::move(target->origin)); }
  }
  auto log = std::make_unique<LogService>(spec_.id, options.min_level, options.log, parts_.redactor);
  LogService& lines = *log;
  services_ = std::make_unique<InstanceServices>(std::move(log), *options.clock, std::move(http),
                                                 options.data_dir / "kv" / (spec_.id + ".json"));
  const int offered = static_cast<int>(entry_->max_concurrency);
  WallNumbers numbers;
  numbers.breaker = options.breaker;
  numbers.slots = spec_.max_concurrency > 0 ? std::min(spec_.max_concurrency, offered) : offered;
  WallPorts ports;
  ports.clock = options.clock;
  ports.sentinel = parts_.sentinel.get();
  ports.redact = [redactor = parts_.redactor](std::string_view text) { return redactor->clean(text); };
  ports.log = [&lines](sdk::LogLevel level, std::string_view text) { lines.write(level, text); };
  ports.random = options.random;
  wall_ = std::make_unique<CallWall>(spec_.id, std::move(ports), numbers);
}

void PluginInstance::create() {
  if (state_ != InstanceState::prepared) { return; }
  start_services();
  auto creation = std::make_shared<Creation>();
  creation->create = entry_->entry->create;
  creation->services = services_.get();
  creation->config = config_;
  creation->promised = entry_->provides;
  sdk::BasicContext ctx(*parts_.options.clock, parts_.options.create_timeout_ms, "create");
  const auto answer = wall_->run(ctx, "create", [creation](sdk::CallContext& inner) -> sdk::Status {
    creation->made = creation->create(inner, *creation->services, creation->config);
    if (creation->made == nullptr) { return {sdk::Code::internal, 0, 0, 0}; }
    for (const auto& id : creation->promised) { creation->interfaces.push_back(creation->made->query(id)); }
    return {};
  });
  if (!answer.returned || !answer.status.ok()) {
    drained_ = answer.returned;
    return fail("the plugin \"" + entry_->id + "\" could not be created: " + ctx.text());
  }
  plugin_ = creation->made;
  if (auto problem = take_interfaces(creation->interfaces); !problem.empty()) {
    destroy();
    return fail(std::move(problem));
  }
  state_ = InstanceState::ok;
}

std::string PluginInstance::take_interfaces(const std::vector<void*>& found_interfaces) {
  for (std::size_t i = 0; i < entry_->provides.size(); ++i) {
    const std::string& id = entry_->provides[i];
    void* found = found_interfaces[i];
    if (found == nullptr) {
      return "the plugin \"" + entry_->id + "\" promises " + id + " and does not have it: this is a bug of the plugin";
    }
    if (id == sdk::DownloadClient::kId) { client_.emplace(*wall_, *static_cast<sdk::DownloadClient*>(found)); }
    if (id == sdk::Indexer::kId) { indexer_.emplace(*wall_, *static_cast<sdk::Indexer*>(found)); }
    if (id == sdk::Scorer::kId) { scorer_.emplace(*wall_, *static_cast<sdk::Scorer*>(found)); }
    if (id == sdk::QueueStore::kId) { store_ = static_cast<sdk::QueueStore*>(found); }
    if (id == sdk::QueueWakeup::kId) { wakeup_ = static_cast<sdk::QueueWakeup*>(found); }
    if (id == sdk::RecordStore::kId) { records_ = static_cast<sdk::RecordStore*>(found); }
    if (id == sdk::StorageAdmin::kId) { storage_admin_ = static_cast<sdk::StorageAdmin*>(found); }
  }
  return {};
}

void PluginInstance::close() {
  if (wall_) { wall_->close(); }
}

bool PluginInstance::drain(std::int64_t timeout_ms) {
  if (wall_) { drained_ = wall_->drain(timeout_ms); }
  return drained_;
}

void PluginInstance::destroy() {
  if (plugin_ == nullptr) { return; }
  if (parts_.sentinel) {
    const CrashSentinel::Mark mark(*parts_.sentinel, spec_.id);
    plugin_->destroy();
  } else {
    plugin_->destroy();
  }
  plugin_ = nullptr;
  if (state_ == InstanceState::ok) { state_ = InstanceState::stopped; }
}

InstanceInfo PluginInstance::info() const {
  InstanceInfo info;
  info.id = spec_.id;
  info.line = spec_.line;
  info.state = state_;
  info.error = error_;
  info.library = spec_.library;
  if (entry_) {
    info.plugin = entry_->id;
    info.version = entry_->version;
    info.description = entry_->description;
    info.interfaces = entry_->provides;
    info.library = entry_->library;
    for (const auto& id : entry_->provides) {
      if (const auto kind = kind_of(id); !kind.empty()) { info.kinds.emplace_back(kind); }
    }
    const int offered = static_cast<int>(entry_->max_concurrency);
    info.slots = spec_.max_concurrency > 0 ? std::min(spec_.max_concurrency, offered) : offered;
  }
  if (wall_) {
    WallState wall = wall_->state();
    info.breaker = wall.breaker;
    info.retry_after_ms = wall.retry_after_ms;
    info.calls_in_flight = wall.in_flight;
    info.stuck_slots = wall.stuck;
    info.refusal = std::move(wall.refusal);
  }
  return info;
}

}  // namespace quarry::plugins
