// SPDX-License-Identifier: MIT
// One configured instance, from its line in the manifest to its end.
#pragma once

#include "plugins/call_wall.hpp"
#include "plugins/guarded.hpp"
#include "plugins/instance_services.hpp"
#include "plugins/plugin_host.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace quarry::plugins {

/// What all instances of a host share. Kept alive by whoever still needs it.
struct HostParts {
  HostOptions options;
  std::shared_ptr<Redactor> redactor;
  std::shared_ptr<const AllowList> allow;
  std::unique_ptr<CrashSentinel> sentinel;

  void keep_secret(std::string_view secret) const {
    redactor->add(secret);
    if (options.on_secret) { options.on_secret(secret); }
  }
};

/// Not thread-safe but for info() and the interfaces.
class PluginInstance {
 public:
  PluginInstance(HostParts& parts, PluginSpec spec);
  /// Leaves an instance that is still called alone: nothing of it is freed.
  ~PluginInstance();
  PluginInstance(const PluginInstance&) = delete;
  PluginInstance& operator=(const PluginInstance&) = delete;

  /// Reads the entry and checks the configuration: `prepared`, or `failed`.
  void prepare();
  /// Creates what is prepared and asks for each interface it promised: `ok`, or `failed`.
  void create();
  void fail(const std::string& why);

  void close();
  /// False: a call is still running after `timeout_ms`.
  [[nodiscard]] bool drain(std::int64_t timeout_ms);
  /// Only once drained.
  void destroy();

  [[nodiscard]] InstanceInfo info() const;
  [[nodiscard]] const PluginSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] InstanceState state() const noexcept { return state_; }
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  /// By its entry; false when that could not be read.
  [[nodiscard]] bool provides(std::string_view interface_id) const;

  // Null unless `ok` and offered.
  [[nodiscard]] sdk::DownloadClient* client() noexcept { return client_ ? &*client_ : nullptr; }
  [[nodiscard]] sdk::Indexer* indexer() noexcept { return indexer_ ? &*indexer_ : nullptr; }
  [[nodiscard]] sdk::Scorer* scorer() noexcept { return scorer_ ? &*scorer_ : nullptr; }
  [[nodiscard]] sdk::QueueStore* store() noexcept { return store_; }
  [[nodiscard]] sdk::RecordStore* records() noexcept { return records_; }
  [[nodiscard]] sdk::QueueWakeup* wakeup() noexcept { return wakeup_; }
  [[nodiscard]] sdk::StorageAdmin* storage_admin() noexcept { return storage_admin_; }

 private:
  struct Creation;
  [[nodiscard]] std::string config_problem();
  void start_services();
  [[nodiscard]] std::string take_interfaces(const std::vector<void*>& found_interfaces);

  HostParts& parts_;
  PluginSpec spec_;
  std::optional<EntryInfo> entry_;
  std::string config_;
  InstanceState state_ = InstanceState::failed;
  std::string error_;
  std::unique_ptr<InstanceServices> services_;
  std::unique_ptr<CallWall> wall_;
  sdk::Instance* plugin_ = nullptr;
  bool drained_ = true;
  std::optional<GuardedDownloadClient> client_;
  std::optional<GuardedIndexer> indexer_;
  std::optional<GuardedScorer> scorer_;
  sdk::QueueStore* store_ = nullptr;
  sdk::RecordStore* records_ = nullptr;
  sdk::QueueWakeup* wakeup_ = nullptr;
  sdk::StorageAdmin* storage_admin_ = nullptr;
};

}  // namespace quarry::plugins
