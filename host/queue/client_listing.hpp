// SPDX-License-Identifier: MIT
// What a download client says it has, read in the two ways there are: our own items by hash, often; and
// everything, rarely, because its cost grows with what is not ours. Only a complete listing that is
// believed can prove that an item is gone.
#pragma once

#include "queue/engine.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace quarry::queue {

/// Owned copy of what matters of an ItemView; see there.
struct ClientItem {
  sdk::ItemState state = sdk::ItemState::unknown;
  std::string id, infohash_v1, infohash_v2, tags, content_path, state_text, error;
  std::int64_t size_bytes = -1, done_bytes = 0, down_bps = 0, up_bps = 0, eta_s = -1;
  int seeders = -1, leechers = -1;
  double progress = 0, ratio = 0;
};

[[nodiscard]] sdk::ItemKey key_of(const ClientItem& item);

struct ClientItems {
  std::vector<ClientItem> items;
  std::unordered_map<std::string, std::size_t> by_name;  ///< id and both hashes
  [[nodiscard]] const ClientItem* find(const Download& download) const;
  void add(ClientItem item);
};

class ClientListing {
 public:
  ClientListing(EnginePorts ports, EngineSettings settings, std::string client_id);

  /// The items of these downloads. A failure says nothing about any of them.
  [[nodiscard]] sdk::Result<ClientItems> of(sdk::DownloadClient& client, const std::vector<Download>& wanted);

  /// Whether it is time to read everything: in the normal rhythm, or because an item is not to be found.
  /// Never before the back-off of a reading that failed has passed.
  [[nodiscard]] bool is_due(std::int64_t now_ms) const noexcept;
  [[nodiscard]] bool is_due_for_absent(std::int64_t now_ms) const noexcept;

  struct Everything {
    ClientItems items;
    bool believed = false;  ///< false: the client may still be loading; what is absent proves nothing
  };
  /// Somebody else read the client for a while: nothing of before is held against it.
  void start_over() noexcept;
  /// Nothing after a failure: that is logged, and a longer pause follows each time.
  [[nodiscard]] std::optional<Everything> everything(sdk::DownloadClient& client, std::int64_t now_ms);

 private:
  [[nodiscard]] bool is_believable(std::size_t total, std::int64_t now_ms) noexcept;
  void everything_failed(const sdk::Failure& failure, std::int64_t now_ms);
  [[nodiscard]] std::int64_t least_pause_ms() const noexcept;

  EnginePorts ports_;
  EngineSettings settings_;
  std::string client_id_;
  std::int64_t last_full_ms_ = -1;
  std::int64_t not_before_ms_ = 0;
  int full_failures_ = 0;
  LogThrottle full_log_;
  std::int64_t suspect_since_ms_ = -1;
  std::int64_t suspect_last_ms_ = 0;
  bool seemed_empty_ = false;
  std::size_t last_total_ = 0;
};

}  // namespace quarry::queue
