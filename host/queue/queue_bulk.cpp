// SPDX-License-Identifier: MIT
// What a person asks of many downloads at once: in pages, and never for long.
#include "queue/engine.hpp"
#include "queue/queue_service.hpp"
#include "queue/store_client.hpp"

#include <algorithm>
#include <utility>

namespace quarry::queue {
namespace {

constexpr int kBatch = 500;
constexpr std::int64_t kBulkMs = 10'000;

}  // namespace

sdk::Result<std::int64_t> QueueService::retry_all_failed() {
  std::int64_t count = 0;
  const auto done = retry_pages(count);
  if (count > 0) { changed_(); }
  if (!done) { return done.error(); }
  return count;
}

sdk::Done QueueService::retry_pages(std::int64_t& count) {
  const std::int64_t until = clock_.steady_ms() + kBulkMs;
  sdk::ListRequest page;
  page.filter.states = bit(sdk::DownloadState::failed);
  page.limit = kBatch;
  while (true) {
    const auto failed = store_->list(page);
    if (!failed) { return failed.error(); }
    if (failed->empty()) { return sdk::Unit{}; }
    std::vector<sdk::Transition> changes;
    for (const Download& d : *failed) {
      sdk::Transition& change = changes.emplace_back();
      change.actor = sdk::Actor::user;
      change.id = d.id;
      change.epoch = d.epoch;
      change.from = d.state;
      change.to = sdk::DownloadState::queued;
      change.reason = "retried by a person";
      change.patch = retry_patch();
    }
    const auto outcomes = store_->transitions(std::move(changes));
    if (!outcomes) { return outcomes.error(); }
    count += std::count_if(outcomes->begin(), outcomes->end(), [](const auto& o) { return is_done(o.result); });
    const bool last = failed->size() < static_cast<std::size_t>(kBatch);
    if (last || clock_.steady_ms() >= until) { return sdk::Unit{}; }
    page.filter.after_id = failed->back().id;
  }
}

sdk::Result<std::int64_t> QueueService::cleanup(int older_than_days) {
  if (older_than_days < 0 || older_than_days > 36'500) {
    return sdk::failure(sdk::Code::invalid, "olderThanDays must lie between 0 and 36500");
  }
  const std::int64_t before = clock_.wall_ms() - older_than_days * 86'400'000LL + (older_than_days == 0 ? 1 : 0);
  const std::uint32_t ended =
      bit(sdk::DownloadState::completed) | bit(sdk::DownloadState::failed) | bit(sdk::DownloadState::cancelled);
  const std::int64_t until = clock_.steady_ms() + kBulkMs;
  std::int64_t removed = 0;
  while (true) {
    const auto batch = store_->prune(ended, before, kBatch);
    if (!batch) { return batch.error(); }
    removed += *batch;
    if (*batch < kBatch || clock_.steady_ms() >= until) { return removed; }
  }
}

}  // namespace quarry::queue
