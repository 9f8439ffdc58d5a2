// SPDX-License-Identifier: MIT
#include "memory_queue_store_rows.hpp"

#include <quarry/sdk/helpers/barrier.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <algorithm>

namespace quarry::sdk::testing {
namespace {

bool matches(const ListFilter& filter, const QueueRow& row) {
  if (filter.states != 0 && (filter.states & bit(row.data.state)) == 0) { return false; }
  if (filter.statuses != 0 && (filter.statuses & bit(status_of(row))) == 0) { return false; }
  if (filter.cleanup != 0 && row.data.cleanup == 0) { return false; }
  if (filter.movie_id != 0 && filter.movie_id != row.data.movie_id) { return false; }
  return filter.client.empty() || filter.client == row.client;
}

/// Whether `a` comes before `b` in ascending order, the id apart.
bool sorts_before(SortKey key, const QueueRow& a, const QueueRow& b) {
  switch (key) {
    case SortKey::id:
      return false;
    case SortKey::rank:
      return a.data.rank < b.data.rank;
    case SortKey::title:
      return a.title < b.title;
    case SortKey::size:
      return a.data.size_bytes < b.data.size_bytes;
    case SortKey::progress:
      return a.data.progress < b.data.progress;
    case SortKey::status:
      return status_of(a) < status_of(b);
    case SortKey::timeleft:
      return rules::timeleft_key(a.data.eta_s) < rules::timeleft_key(b.data.eta_s);
    case SortKey::added:
      return a.data.enqueued_at_ms < b.data.enqueued_at_ms;
  }
  return false;
}

}  // namespace

Status MemoryQueueStore::metainfo(CallContext& ctx, std::int64_t id, ByteSink& bytes) noexcept {
  return guard(ctx, [&] {
    std::unique_lock lock(mutex_);
    const Row* row = find_row(id);
    if (row == nullptr) { throw Error(Code::not_found, "there is no download " + std::to_string(id)); }
    const std::string kept = row->metainfo;
    lock.unlock();
    if (!kept.empty()) { bytes.write(as_bytes(kept)); }
  });
}

Status MemoryQueueStore::find(CallContext& ctx, const FindRequest& request, DownloadSink& row) noexcept {
  return guard(ctx, [&] {
    std::vector<QueueRow> found;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, r] : rows_) {
        const bool live = is_live(r.data.state) && !request.text.empty();
        const bool hit = (request.by == FindBy::id && id == request.id) ||
                         (request.by == FindBy::infohash && live &&
                          (r.infohash_v1 == request.text || r.infohash_v2 == request.text)) ||
                         (request.by == FindBy::release_key && live && r.release_key == request.text) ||
                         (request.by == FindBy::command && r.created_by == request.text);
        if (hit && found.empty()) { found.emplace_back(r); }
      }
    }
    if (found.empty()) { throw Error(Code::not_found, "there is no such download"); }
    give(found, row);
  });
}

Status MemoryQueueStore::list(CallContext& ctx, const ListRequest& request, DownloadSink& rows,
                              std::int64_t& total) noexcept {
  return guard(ctx, [&] {
    rules::check(request);
    std::vector<QueueRow> page;
    {
      const std::lock_guard lock(mutex_);
      std::vector<const Row*> matching;
      for (const auto& [id, row] : rows_) {
        if (matches(request.filter, row)) { matching.push_back(&row); }
      }
      total = static_cast<std::int64_t>(matching.size());
      std::erase_if(matching, [&](const Row* row) { return row->data.id <= request.filter.after_id; });
      std::sort(matching.begin(), matching.end(), [&](const Row* a, const Row* b) {
        if (request.descending != 0) { std::swap(a, b); }
        if (sorts_before(request.sort, *a, *b)) { return true; }
        return !sorts_before(request.sort, *b, *a) && a->data.id < b->data.id;
      });
      const auto first = std::min(matching.size(), static_cast<std::size_t>(request.offset));
      const auto last = std::min(matching.size(), first + static_cast<std::size_t>(request.limit));
      for (std::size_t i = first; i < last; ++i) { page.emplace_back(*matching[i]); }
    }
    give(page, rows);
  });
}

Status MemoryQueueStore::stats(CallContext& ctx, std::string_view lane_name, Stats& out) noexcept {
  return guard(ctx, [&] {
    const std::lock_guard lock(mutex_);
    Stats stats;
    for (const auto& [id, row] : rows_) {
      ++stats.by_status[static_cast<std::size_t>(status_of(row))];
      if (row.lane != lane_name || !is_claimable(row)) { continue; }
      if (stats.next_due_ms == 0 || row.data.due_at_ms < stats.next_due_ms) { stats.next_due_ms = row.data.due_at_ms; }
    }
    stats.active = active_in(lane_name);
    stats.last_event = static_cast<std::int64_t>(events_.size());
    stats.lane_hold = lane(lane_name).hold ? 1 : 0;
    stats.lane_max_active = lane(lane_name).max_active;
    out = stats;
  });
}

Status MemoryQueueStore::events_since(CallContext& ctx, std::int64_t after, std::int32_t limit,
                                      EventSink& events) noexcept {
  return guard(ctx, [&] {
    rules::check_events(limit);
    std::vector<QueueEvent> found;
    {
      const std::lock_guard lock(mutex_);
      for (const QueueEvent& event : events_) {
        if (event.data.sequence > after && found.size() < static_cast<std::size_t>(limit)) { found.push_back(event); }
      }
    }
    for (const QueueEvent& event : found) {
      if (!events.add(event.view())) { return; }
    }
  });
}

}  // namespace quarry::sdk::testing
