// SPDX-License-Identifier: MIT
// Finds, checks, loads, calls and ends the plugins of one host.
//
// Life: construct -> prepare() -> create() -> calls -> stop(). One bad plugin never stops the others:
// its instance is shown as failed, with the reason.
#pragma once

#include "plugins/breaker.hpp"
#include "plugins/plugin_entry.hpp"

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/queue_wakeup.hpp>
#include <quarry/sdk/abi/record_store.hpp>
#include <quarry/sdk/abi/scorer.hpp>
#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/abi/storage_admin.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::plugins {

/// One [[plugin]] of the manifest; manifest::PluginEntry says what each field means.
struct PluginSpec {
  std::string id;
  std::string library;
  std::string config_json = "{}";
  std::vector<std::string> secrets;
  std::vector<std::string> expanded;  ///< JSON pointers of texts that may stand for a number or boolean
  std::string sha256;
  std::int32_t max_concurrency = 0;
  std::uint32_t line = 0;
};

enum class InstanceState : std::int32_t { prepared = 0, ok = 1, failed = 2, stopped = 3 };
[[nodiscard]] const char* to_string(InstanceState state) noexcept;

/// A snapshot. Texts hold no secret.
struct InstanceInfo {
  std::string id;
  std::string plugin;  ///< id of the plugin; empty when its entry could not be read
  std::string version;
  std::string description;
  std::vector<std::string> interfaces;  ///< "quarry.indexer/1" …
  std::vector<std::string> kinds;       ///< "indexer" …
  std::filesystem::path library;
  std::uint32_t line = 0;
  InstanceState state = InstanceState::failed;
  std::string error;  ///< why it failed; empty otherwise
  BreakerState breaker = BreakerState::closed;
  std::int64_t retry_after_ms = 0;  ///< while the breaker is open
  int slots = 0;                    ///< calls it takes at once
  int calls_in_flight = 0;          ///< stuck ones included
  int stuck_slots = 0;              ///< calls that did not come back by their deadline
  std::string refusal;              ///< while its credentials are refused, as WallState says: why; else empty
};

struct HostOptions {
  std::filesystem::path plugin_dir;
  std::filesystem::path data_dir;     ///< made when missing; kv/ and running.sentinel live here
  const sdk::Clock* clock = nullptr;  ///< never null; outlives the host
  /// Receives every log line of plugins and of the loader, redacted. Called on any thread; must not
  /// throw. Empty: lines are dropped. `instance` is empty for lines of the loader.
  std::function<void(sdk::LogLevel, std::string_view instance, std::string_view text)> log;
  /// Receives each secret of the manifest as soon as it is known: whoever shows texts of plugins must not show it.
  std::function<void(std::string_view secret)> on_secret;
  sdk::LogLevel min_level = sdk::LogLevel::info;
  /// Private hosts that may be reached: "host:port", an address or a CIDR block.
  std::vector<std::string> http_allow;
  std::string user_agent = "Quarry";
  BreakerSettings breaker;
  std::function<double()> random;  ///< [0, 1), on any thread; empty: a generator of its own
  std::int64_t create_timeout_ms = 10'000;
};

/// Accessors are [thread-safe] after create() has returned; prepare(), create() and stop() are for
/// one thread.
class PluginHost {
 public:
  /// Touches no file.
  explicit PluginHost(HostOptions options);
  /// As stop(0) when it was not called.
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  /// Loads the libraries, checks entries and configurations against the plugins' schemas. No function of
  /// a plugin is called. Sound instances are then `prepared`.
  void prepare(const std::vector<PluginSpec>& specs);
  /// Creates what is prepared, in manifest order; sound instances are then `ok`. With more than one
  /// storage in the manifest none of the storages is created. Makes the data directory; where that
  /// cannot be used, the kv service answers `unavailable` and all else works.
  void create();
  /// In place of create(): the storage alone, for a command that looks after it. Touches nothing in the data
  /// directory, which a running host may use.
  void create_storage();
  /// prepare() and create().
  void load(const std::vector<PluginSpec>& specs);

  /// Manifest order.
  [[nodiscard]] std::vector<InstanceInfo> instances() const;

  /// Proxies that implement the SDK interfaces: each call runs on the instance's own worker slots,
  /// ends at the caller's deadline whatever the plugin does, is counted by its breaker, and reaches
  /// the caller's sink only after the plugin has returned. Pointers live as long as this object; null
  /// when the instance is unknown, failed or lacks the interface. What the wall itself answers:
  /// `deadline`; `cancelled`; `unavailable` with kNotStarted when all slots are stuck, the breaker is
  /// open (retry_after_ms says how long; `unauthenticated` in place of it while the instance's credentials
  /// are refused) or the host stops; `internal` when the plugin floods.
  [[nodiscard]] sdk::DownloadClient* download_client(std::string_view id) const;
  [[nodiscard]] sdk::Indexer* indexer(std::string_view id) const;
  [[nodiscard]] sdk::Scorer* scorer(std::string_view id) const;

  /// Ids of the instances that are `ok`, in manifest order.
  [[nodiscard]] std::vector<std::string> download_clients() const;
  [[nodiscard]] std::vector<std::string> indexers() const;
  [[nodiscard]] std::vector<std::string> scorers() const;

  /// The one storage, unguarded: it is called on the caller's own thread, and outlives all but stop().
  /// `invalid` when the manifest has none or several (with their lines), `unavailable` when the one it
  /// has failed (with the reason). After prepare() alone it answers nullptr when all is well.
  [[nodiscard]] sdk::Result<sdk::QueueStore*> queue_store() const;
  /// The record store of the same storage; null when it offers none, or queue_store() fails.
  [[nodiscard]] sdk::RecordStore* record_store() const;
  /// The same storage's queue_wakeup/1, unguarded; null when it has none.
  [[nodiscard]] sdk::QueueWakeup* queue_wakeup() const;

  /// Its storage_admin/1, called as queue_store() is; failures as there, and `unsupported` when it offers none.
  [[nodiscard]] sdk::Result<sdk::StorageAdmin*> storage_admin() const;

  /// HTTP for the host itself, for URLs users give: public addresses and http_allow, redirects to other
  /// hosts followed when kFollowRedirects is set, each checked anew.
  [[nodiscard]] sdk::Http& http();

  /// `text` with every secret of the manifest replaced by "[secret]". [thread-safe]
  [[nodiscard]] std::string redact(std::string_view text) const;

  /// After create(): instances that were being called when the process before this one died, by name.
  /// After a power cut or a kill they need not be the cause. Empty after an orderly end.
  [[nodiscard]] const std::vector<std::string>& last_crash() const;

  /// Refuses new calls and cancels those in flight, also those of http(), and does not wait: callers have their
  /// answer within 2 s, whatever the plugins do. The storage, which is called without a wall, works on.
  /// [thread-safe]
  void close();

  /// close(), then waits for calls up to `deadline_ms`, destroys instances in
  /// reverse order of the manifest, storage last. An instance that is still called is left alone.
  /// False: such instances exist, so end the process with _exit once everything else is done.
  bool stop(std::int64_t deadline_ms);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quarry::plugins
