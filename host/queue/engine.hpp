// SPDX-License-Identifier: MIT
// What the duties of the engine share: their view of the world, their settings, their leases.
//
// A duty is plain code: step(now) does what is due and says when to come again. It blocks only in
// the interfaces it calls, so a test or a simulator drives it on virtual time, on one thread.
#pragma once

#include "queue/download.hpp"
#include "queue/retry.hpp"
#include "queue/store_client.hpp"

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/services.hpp>

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace quarry::queue {

struct EngineSettings {
  std::string lane = "downloads";
  std::int64_t lease_ms = 30'000;
  std::int64_t duty_lease_ms = 30'000;     ///< see DutyKeeper
  std::int64_t duty_look_ms = 2'000;       ///< how often a host looks whether a duty of another became free
  std::int64_t idle_ms = 1'000;            ///< how often a duty with nothing to do looks again
  std::int64_t poll_ms = 1'000;            ///< how often open downloads are read from their client
  std::int64_t seeding_poll_ms = 60'000;   ///< the same for what only seeds
  std::int64_t full_listing_ms = 300'000;  ///< how often a client is listed whole, for orphans
  std::int64_t call_timeout_ms = 15'000;   ///< one call to a client
  std::int64_t fetch_timeout_ms = 30'000;  ///< one .torrent
  int absent_listings = 3;                 ///< complete listings an item must be absent from …
  std::int64_t absent_ms = 10'000;         ///< … over at least this time
  std::int64_t suspect_ms = 60'000;        ///< an empty or halved listing is not believed before this
  std::int64_t stalled_ms = 60'000;        ///< without a new byte for so long
  bool check_announced_size = true;        ///< see obtain_source()
  RetryPolicy retry;
};

/// What the engine needs from outside. Everything is called from the duty's own thread.
struct EnginePorts {
  StoreClient* store = nullptr;
  const sdk::Clock* clock = nullptr;
  std::function<sdk::DownloadClient*(std::string_view)> client;  ///< by instance id; null: not there
  std::function<std::string()> choose_client;                    ///< for a new download; empty: none
  std::function<bool(std::string_view)> knows_client;      ///< whether it is configured, loaded or not; null: all are
  std::function<sdk::Indexer*(std::string_view)> indexer;  ///< by instance id; null: not there
  sdk::Http* http = nullptr;                               ///< for URLs that users gave
  std::function<double()> random;                          ///< uniform in [0, 1)
  std::function<void(sdk::LogLevel, const std::string&)> log;
  std::string owner;  ///< of leases; random, new at each start
};

/// The leases this host holds, so that one heartbeat can extend them all. [thread-safe]
class LeaseKeeper {
 public:
  void hold(std::int64_t id, std::int64_t epoch);
  void drop(std::int64_t id);
  [[nodiscard]] std::vector<sdk::LeaseRef> held() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, std::int64_t> epochs_;
};

/// For a trouble that may come back each second: tells the first, then the 2nd, 4th, 8th … A night of
/// it is a dozen lines, not thirty thousand.
class LogThrottle {
 public:
  [[nodiscard]] bool tell() noexcept {
    ++seen_;
    return (seen_ & (seen_ - 1)) == 0;
  }
  void reset() noexcept { seen_ = 0; }

 private:
  std::uint64_t seen_ = 0;
};

/// Rescues rows whose lease ran out, looked for every two seconds, and extends the leases that are held when a third of
/// their time is over.
class Housekeeper {
 public:
  Housekeeper(EnginePorts ports, EngineSettings settings, LeaseKeeper& leases);
  /// `now_ms` by the steady clock, as is the answer: when to come again.
  [[nodiscard]] std::int64_t step(std::int64_t now_ms);

 private:
  /// False: none is held, or the storage could not be written.
  [[nodiscard]] bool extend_leases();

  EnginePorts ports_;
  EngineSettings settings_;
  LeaseKeeper& leases_;
  std::int64_t extend_ms_ = 0;  ///< not before
  LogThrottle store_log_;
};

/// The bit of a state or status in a filter.
[[nodiscard]] constexpr std::uint32_t bit(sdk::DownloadState s) noexcept { return 1U << static_cast<std::uint32_t>(s); }
[[nodiscard]] constexpr std::uint32_t bit(sdk::PublicStatus s) noexcept { return 1U << static_cast<std::uint32_t>(s); }
/// "download 17", for log lines.
[[nodiscard]] std::string name_of(const Download& download);
/// "quarry.17": marks an item of ours in a client.
[[nodiscard]] std::string tag_of(std::int64_t id);
/// The id in a list of tags separated by commas, or 0.
[[nodiscard]] std::int64_t id_in_tags(std::string_view tags);
/// How an item of this download is asked for.
[[nodiscard]] sdk::ItemKey key_of(const Download& download);
/// Whether this is the download's item.
[[nodiscard]] bool is_item_of(const Download& download, const sdk::ItemView& item);

}  // namespace quarry::queue
