// SPDX-License-Identifier: MIT
// A row of the queue, owned; and the small wrappers that make calling a store pleasant.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace quarry::queue {

/// Owned copy of sdk::DownloadView; see there for the meaning of each field.
struct Download {
  std::int64_t id = 0;
  std::int64_t epoch = 0;
  std::int64_t version = 0;
  sdk::DownloadState state = sdk::DownloadState::queued;
  sdk::Priority priority = sdk::Priority::normal;
  std::uint32_t flags = 0;
  std::string lane, release_key, title, indexer, guid, download_url, magnet, category;
  std::string client, client_item_id, infohash_v1, infohash_v2, output_path;
  std::string due_reason, error, client_state;
  std::int64_t movie_id = 0, size_bytes = -1, rank = 0, due_at_ms = 0, lease_until_ms = 0;
  std::int64_t enqueued_at_ms = 0, updated_at_ms = 0, ended_at_ms = 0;
  std::int64_t done_bytes = 0, down_bps = 0, up_bps = 0, eta_s = -1, progress_at_ms = 0;
  int attempts = 0, max_retries = 3, seeders = -1, leechers = -1, cleanup = 0;
  sdk::Code error_code = sdk::Code::ok;
  double progress = 0, ratio = 0;

  [[nodiscard]] sdk::PublicStatus status() const noexcept { return sdk::public_status(state, flags); }
  [[nodiscard]] bool has(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }
};

/// The value of `cleanup` that asks to remove the data, too.
inline constexpr int kCleanupWithData = 2;

/// Sees a row where it lies: the view ends with the call. Called while the storage reads, so it is brief, calls no
/// storage and does not throw.
using RowVisit = std::function<void(const sdk::DownloadView&)>;

[[nodiscard]] Download copy_of(const sdk::DownloadView& view);

}  // namespace quarry::queue
