// SPDX-License-Identifier: MIT
#include "app/managed_storage.hpp"

#include "app/load.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>

namespace quarry::app {
namespace {

constexpr std::int64_t kAllTheTimeMs = 7LL * 24 * 3600 * 1000;

bool is_storage(const plugins::InstanceInfo& instance) {
  const auto& offered = instance.interfaces;
  return std::find(offered.begin(), offered.end(), sdk::QueueStore::kId) != offered.end();
}

/// The [[plugin]] of an instance.
const manifest::PluginEntry& entry_of(const manifest::Manifest& manifest, const plugins::InstanceInfo& instance) {
  return *std::find_if(manifest.plugins.begin(), manifest.plugins.end(),
                       [&](const manifest::PluginEntry& entry) { return entry.id == instance.id; });
}

/// Prints what the storages' own configurations name and what is not there. False: something was.
bool has_all_it_needs(const plugins::PluginHost& host, const manifest::Manifest& manifest, std::ostream& err) {
  bool all = true;
  for (const auto& instance : host.instances()) {
    if (!is_storage(instance)) { continue; }
    for (const auto& absence : entry_of(manifest, instance).absences) {
      err << absence.describe() << '\n';
      all = false;
    }
  }
  return all;
}

}  // namespace

std::unique_ptr<ManagedStorage> ManagedStorage::load(const HostArguments& arguments, const sdk::Clock& clock,
                                                     std::ostream& err) {
  const manifest::Loaded loaded = load_manifest_for(arguments, manifest::Demand::storage);
  for (const manifest::Problem& p : loaded.problems) { err << p.describe() << '\n'; }
  if (!loaded.ok()) { return nullptr; }
  const manifest::Manifest& manifest = *loaded.manifest;
  const std::string file = std::filesystem::absolute(manifest.file).string();
  std::filesystem::current_path(std::filesystem::path(file).parent_path());
  const auto log = [&err](sdk::LogLevel level, std::string_view, std::string_view text) {
    // Other plugins may fail to load, which is no matter here.
    if (level == sdk::LogLevel::warning) { err << text << '\n'; }
  };
  std::unique_ptr<ManagedStorage> made(
      new ManagedStorage(clock, std::make_unique<plugins::PluginHost>(plugin_options(manifest, clock, log))));
  made->host_->prepare(plugin_specs(manifest));
  if (!has_all_it_needs(*made->host_, manifest, err)) { return nullptr; }
  made->host_->create_storage();
  const auto admin = made->host_->storage_admin();
  if (!admin) {
    err << made->redact(manifest.file.string() + ": " + admin.error().text) << '\n';
    return nullptr;
  }
  made->admin_ = *admin;
  const auto instances = made->host_->instances();
  const auto storage = std::find_if(instances.begin(), instances.end(), [](const plugins::InstanceInfo& i) {
    return i.state == plugins::InstanceState::ok;
  });
  made->name_ = storage->plugin + " of " + file;
  made->words_ = {storage->plugin, entry_of(manifest, *storage).config_json,
                  std::filesystem::path(file).parent_path().string()};
  return made;
}

sdk::Done ManagedStorage::run(const std::function<sdk::Status(sdk::StorageAdmin&, sdk::CallContext&)>& call) {
  sdk::BasicContext ctx(clock_, kAllTheTimeMs, "storage");
  const sdk::Status status = call(*admin_, ctx);
  if (status.ok()) { return sdk::Unit{}; }
  sdk::Failure failure = ctx.failure(status, "the storage gave no reason");
  failure.text = redact(failure.text);
  return failure;
}

}  // namespace quarry::app
