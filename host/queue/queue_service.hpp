// SPDX-License-Identifier: MIT
// What people and programs can ask of the queue. Everything here is validated, answers quickly and
// never talks to an indexer or a download client: the engine's duties do that.
#pragma once

#include "queue/download.hpp"
#include "queue/set_aside.hpp"

#include <quarry/sdk/abi/services.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace quarry::queue {

struct GrabRequest {
  std::string title;    ///< empty: the magnet's dn or hash, or "download from HOST"
  std::string indexer;  ///< with guid: the instance that hands the release out
  std::string guid;
  std::string download_url;  ///< http, https or magnet
  std::string magnet;
  std::string category;
  std::string infohash_v1;  ///< when known
  std::int64_t movie_id = 0;
  std::int64_t size_bytes = -1;
  sdk::Priority priority = sdk::Priority::normal;
};

/// `conflict` carries the id of the download that is there already.
struct GrabFailure {
  sdk::Failure failure;
  std::int64_t existing_id = 0;
};
struct Grabbed {
  std::int64_t id = 0;
};

class StoreClient;

struct QueueSettings {
  std::string lane = "downloads";
  int max_concurrent_downloads = 3;  ///< 1–10
  int default_max_retries = 3;       ///< 1–10
  bool priority_queue = true;        ///< false: first come, first served
  std::int64_t priority_step_ms = 7LL * 24 * 3600 * 1000;
  std::string default_category = "quarry";
};

/// [thread-safe] Failures: `invalid` (the text says which field and why), `not_found`, `conflict`,
/// `unavailable` (the storage cannot be written: nothing was changed).
class QueueService {
 public:
  /// `changed` is called after each change, so that the engine looks at once. `set_aside`: see StoreClient.
  QueueService(sdk::QueueStore& store, const sdk::Clock& clock, QueueSettings settings,
               std::function<std::string()> next_command_id, std::function<void()> changed,
               std::shared_ptr<SetAside> set_aside = std::make_shared<SetAside>());
  ~QueueService();

  [[nodiscard]] std::variant<Grabbed, GrabFailure> grab(const GrabRequest& request);
  [[nodiscard]] sdk::Result<Download> find(std::int64_t id);
  /// Without a copy; `not_found` without a call of `visit`.
  [[nodiscard]] sdk::Done find(std::int64_t id, const RowVisit& visit);
  /// How many match in all.
  [[nodiscard]] sdk::Result<std::int64_t> list(const sdk::ListRequest& request, const RowVisit& visit);
  [[nodiscard]] sdk::Result<sdk::Stats> stats();

  /// Cancels; the reconciler then removes the item from its client, with data when asked. Asking again
  /// with `delete_files` still counts while the item has not been removed.
  [[nodiscard]] sdk::Done cancel(std::int64_t id, bool delete_files);
  [[nodiscard]] sdk::Done set_hold(std::int64_t id, bool hold);
  [[nodiscard]] sdk::Done set_queue_hold(bool hold);
  [[nodiscard]] sdk::Done set_priority(std::int64_t id, sdk::Priority priority);
  [[nodiscard]] sdk::Done move_to_top(std::int64_t id);
  /// failed, blocked or missing: back to queued with attempts from 0.
  [[nodiscard]] sdk::Done retry(std::int64_t id);
  /// All failed ones (not blocked); how many were put back. Works for about 10 s at most: with very many,
  /// ask again until the answer is 0.
  [[nodiscard]] sdk::Result<std::int64_t> retry_all_failed();
  /// Looks for work now. How many downloads are waiting.
  [[nodiscard]] sdk::Result<std::int64_t> process();
  /// Deletes rows that ended (completed, failed, cancelled) at least so many days ago; how
  /// many. Works for about 10 s at most, as above.
  [[nodiscard]] sdk::Result<std::int64_t> cleanup(int older_than_days);

  [[nodiscard]] const QueueSettings& settings() const noexcept { return settings_; }

 private:
  [[nodiscard]] sdk::Done user_transition(std::int64_t id, sdk::DownloadState to, std::string_view reason,
                                          const std::function<sdk::Patch(const Download&)>& patch_for);
  [[nodiscard]] sdk::Done edit(sdk::Edit edit);
  [[nodiscard]] sdk::Done delete_data_too(std::int64_t id);
  [[nodiscard]] static sdk::Patch retry_patch();
  [[nodiscard]] sdk::Done retry_pages(std::int64_t& count);
  [[nodiscard]] std::int64_t rank_bonus_ms(sdk::Priority priority) const noexcept;

  std::unique_ptr<StoreClient> store_;
  const sdk::Clock& clock_;
  QueueSettings settings_;
  std::function<void()> changed_;
};

/// Whether a person may ask for a retry.
[[nodiscard]] bool can_retry(sdk::DownloadState state) noexcept;
/// "low", "normal", "high", "very_high".
[[nodiscard]] sdk::Result<sdk::Priority> parse_priority(std::string_view text);
[[nodiscard]] std::string_view to_string(sdk::Priority priority) noexcept;

}  // namespace quarry::queue
