// SPDX-License-Identifier: MIT
#include "memory_queue_store_rows.hpp"

#include <quarry/sdk/helpers/barrier.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <algorithm>
#include <set>

namespace quarry::sdk::testing {
namespace {

void apply(const Patch& patch, QueueRow& row, std::int64_t now) {
  DownloadView& d = row.data;
  const auto has = [&](PatchField field) { return (patch.fields & field) != 0; };
  if (has(kPatchNoIntent)) {
    row.client.clear();
    row.client_item_id.clear();
  }
  if (has(kPatchDue)) {
    d.due_at_ms = rules::due_time(patch.due_at_ms, now);
    row.due_reason = patch.due_reason;
  }
  if (has(kPatchError)) {
    d.error_code = patch.error_code;
    row.error = patch.error;
  }
  if (has(kPatchClientItem)) { row.client_item_id = patch.client_item_id; }
  if (has(kPatchOutput)) { row.output_path = patch.output_path; }
  if (has(kPatchSize)) { d.size_bytes = patch.size_bytes; }
  if (has(kPatchCleanup)) { d.cleanup = patch.cleanup; }
  if (has(kPatchFlags)) { d.flags = (d.flags & ~patch.clear_flags) | patch.set_flags; }
  if (has(kPatchAttempts)) { d.attempts = patch.attempts; }
  if (has(kPatchHashes)) {
    row.infohash_v1 = patch.infohash_v1;
    row.infohash_v2 = patch.infohash_v2;
  }
  if (has(kPatchDone)) {
    d.done_bytes = patch.done_bytes;
    d.progress = patch.progress;
  }
}

}  // namespace

MemoryQueueStore::Row* MemoryQueueStore::find_row(std::int64_t id) {
  const auto it = rows_.find(id);
  return it == rows_.end() ? nullptr : &it->second;
}

std::int64_t MemoryQueueStore::holder(std::int64_t self, std::string_view release_key, std::string_view v1,
                                      std::string_view v2) const {
  for (const auto& [id, row] : rows_) {
    if (id == self || !is_live(row.data.state)) { continue; }
    const bool same_release = row.release_key == release_key;
    const bool same_hash = (!v1.empty() && row.infohash_v1 == v1) || (!v2.empty() && row.infohash_v2 == v2);
    if (same_release || same_hash) { return id; }
  }
  return 0;
}

MemoryQueueStore::Lane MemoryQueueStore::lane(std::string_view name) const {
  const auto it = lanes_.find(name);
  return it == lanes_.end() ? Lane{rules::kDefaultMaxActive} : it->second;
}
std::int64_t MemoryQueueStore::active_in(std::string_view lane) const {
  return std::count_if(rows_.begin(), rows_.end(), [&](const auto& entry) {
    return entry.second.lane == lane && takes_slot(entry.second.data.state, entry.second.data.flags);
  });
}
std::int64_t MemoryQueueStore::least_rank(std::string_view lane) const {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const auto& [id, row] : rows_) {
    if (row.lane == lane) { least = std::min(least, row.data.rank); }
  }
  return least;
}

void MemoryQueueStore::touch(Row& row, std::string_view command, std::int64_t now) {
  ++row.data.version;
  row.data.updated_at_ms = now;
  if (!command.empty()) { row.last_command = command; }
}
void MemoryQueueStore::append_event(const Row& row, std::int32_t from, Actor actor, std::string_view command,
                                    std::string_view reason, std::int64_t now) {
  QueueEvent event;
  event.data.sequence = static_cast<std::int64_t>(events_.size()) + 1;
  event.data.download_id = row.data.id;
  event.data.at_ms = now;
  event.data.epoch = row.data.epoch;
  event.data.from = from;
  event.data.to = static_cast<std::int32_t>(row.data.state);
  event.data.actor = actor;
  event.command_id = command;
  event.reason = reason;
  events_.push_back(std::move(event));
}
void MemoryQueueStore::change_state(Row& row, DownloadState to, Actor actor, std::string_view command,
                                    std::string_view reason, std::int64_t now) {
  const auto from = row.data.state;
  const StateChange* change = find_change(from, to, actor);
  row.data.state = to;
  row.data.epoch += change != nullptr && change->raises_epoch ? 1 : 0;
  row.data.ended_at_ms = is_ended(to) ? now : 0;
  if (!is_leased(to)) {
    row.lease_owner.clear();
    row.data.lease_until_ms = 0;
    row.claim_command.clear();
  }
  touch(row, command, now);
  append_event(row, static_cast<std::int32_t>(from), actor, command, reason, now);
}

Status MemoryQueueStore::open(CallContext&) noexcept { return {}; }

Outcome MemoryQueueStore::enqueue_one(const NewDownload& item, std::int64_t now) {
  for (const auto& [id, row] : rows_) {
    if (row.created_by == item.command_id) { return outcome_of(CommandResult::already_applied, row); }
  }
  const std::int64_t other = holder(0, item.release_key, item.infohash_v1, item.infohash_v2);
  if (other != 0) { return no_row(CommandResult::conflict, other); }
  Row row;
  row.lane = item.lane;
  row.release_key = item.release_key;
  row.title = item.title;
  row.indexer = item.indexer;
  row.guid = item.guid;
  row.download_url = item.download_url;
  row.magnet = item.magnet;
  row.category = item.category;
  row.infohash_v1 = item.infohash_v1;
  row.infohash_v2 = item.infohash_v2;
  row.created_by = item.command_id;
  row.last_command = item.command_id;
  row.data.id = ++last_id_;
  row.data.flags = item.flags;
  row.data.movie_id = item.movie_id;
  row.data.size_bytes = item.size_bytes;
  row.data.priority = item.priority;
  row.data.max_retries = item.max_retries;
  row.data.enqueued_at_ms = now;
  row.data.updated_at_ms = now;
  row.data.due_at_ms = rules::due_time(item.due_at_ms, now);
  row.data.rank = rules::rank_of(now, item.rank_bonus_ms);
  const Row& kept = rows_.emplace(last_id_, std::move(row)).first->second;
  append_event(kept, -1, Actor::user, item.command_id, "", now);
  return outcome_of(CommandResult::applied, kept);
}

Status MemoryQueueStore::enqueue(CallContext& ctx, std::span<const NewDownload> items, OutcomeSink& outcomes) noexcept {
  return guard(ctx, [&] {
    for (const NewDownload& item : items) { rules::check(item); }
    std::vector<Outcome> done;
    {
      const auto movies = movies_.hold();
      for (const NewDownload& item : items) {
        rules::check_that(item.movie_id == 0 || movies_.known(item.movie_id), "the film of a download is not known");
      }
      const std::lock_guard lock(mutex_);
      const std::int64_t now = clock_.wall_ms();
      for (const NewDownload& item : items) { done.push_back(enqueue_one(item, now)); }
    }
    give(done, outcomes);
  });
}

bool MemoryQueueStore::refers_to_movie(std::int64_t movie_id) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(rows_.begin(), rows_.end(),
                     [&](const auto& entry) { return entry.second.data.movie_id == movie_id; });
}

Outcome MemoryQueueStore::transition_one(const Transition& change, std::int64_t now) {
  Row* row = find_row(change.id);
  if (row == nullptr) { return no_row(CommandResult::not_found); }
  const auto duty = duties_.find(change.duty);
  const rules::DutyFacts on_duty =
      duty == duties_.end() ? rules::DutyFacts{}
                            : rules::DutyFacts{duty->second.owner, duty->second.epoch, duty->second.lease_until_ms};
  const CommandResult result = rules::judge(facts_of(*row, row->last_command), change, on_duty, now);
  if (result != CommandResult::applied) { return outcome_of(result, *row); }
  Row after = *row;
  apply(change.patch, after, now);
  if (is_live(change.to)) {
    if (const std::int64_t other = holder(change.id, after.release_key, after.infohash_v1, after.infohash_v2)) {
      Outcome outcome = outcome_of(CommandResult::conflict, *row);
      outcome.existing_id = other;
      return outcome;
    }
  }
  *row = std::move(after);
  change_state(*row, change.to, change.actor, change.command_id, change.reason, now);
  return outcome_of(CommandResult::applied, *row);
}

Status MemoryQueueStore::transition(CallContext& ctx, std::span<const Transition> changes,
                                    OutcomeSink& outcomes) noexcept {
  return guard(ctx, [&] {
    rules::check(changes);
    std::vector<Outcome> done;
    {
      const std::lock_guard lock(mutex_);
      const std::int64_t now = clock_.wall_ms();
      for (const Transition& change : changes) { done.push_back(transition_one(change, now)); }
    }
    give(done, outcomes);
  });
}

Outcome MemoryQueueStore::edit_one(const Edit& edit, std::int64_t now) {
  Row* row = find_row(edit.id);
  if (row == nullptr) { return no_row(CommandResult::not_found); }
  const CommandResult result = rules::judge(facts_of(*row, row->last_command), edit);
  if (result != CommandResult::applied) { return outcome_of(result, *row); }
  const auto has = [&](EditField field) { return (edit.fields & field) != 0; };
  DownloadView& d = row->data;
  const std::int64_t top = rules::rank_of(least_rank(row->lane), 1);
  if (has(kEditHold)) { d.flags = edit.hold != 0 ? d.flags | kHold : d.flags & ~std::uint32_t{kHold}; }
  if (has(kEditFlags)) { d.flags = (d.flags & ~edit.clear_flags) | edit.set_flags; }
  if (has(kEditPriority)) {
    d.priority = edit.priority;
    d.rank = rules::rank_of(d.enqueued_at_ms, edit.rank_bonus_ms);
  }
  if (has(kEditTop)) { d.rank = top; }
  if (has(kEditCategory)) { row->category = edit.category; }
  if (has(kEditCleanup)) { d.cleanup = edit.cleanup; }
  touch(*row, edit.command_id, now);
  return outcome_of(CommandResult::applied, *row);
}

Status MemoryQueueStore::edit(CallContext& ctx, const Edit& edit, OutcomeSink& outcome) noexcept {
  return guard(ctx, [&] {
    rules::check(edit);
    std::unique_lock lock(mutex_);
    const Outcome done = edit_one(edit, clock_.wall_ms());
    lock.unlock();
    outcome.add(done);
  });
}

Outcome MemoryQueueStore::progress_one(const Progress& item, std::int64_t now) {
  Row* row = find_row(item.id);
  if (row == nullptr) { return no_row(CommandResult::not_found); }
  const CommandResult result = rules::judge(facts_of(*row, row->last_command), item);
  if (result != CommandResult::applied) { return outcome_of(result, *row); }
  DownloadView& d = row->data;
  d.flags = (d.flags & ~item.clear_flags) | item.set_flags;
  d.seeders = item.seeders;
  d.leechers = item.leechers;
  if (item.size_bytes >= 0) { d.size_bytes = item.size_bytes; }
  d.done_bytes = item.done_bytes;
  d.down_bps = item.down_bps;
  d.up_bps = item.up_bps;
  d.eta_s = item.eta_s;
  d.progress = item.progress;
  d.ratio = item.ratio;
  d.progress_at_ms = now;
  row->client_state = item.client_state;
  if (!item.output_path.empty()) { row->output_path = item.output_path; }
  return outcome_of(CommandResult::applied, *row);
}

Status MemoryQueueStore::record_progress(CallContext& ctx, std::span<const Progress> items,
                                         OutcomeSink& outcomes) noexcept {
  return guard(ctx, [&] {
    rules::check(items);
    std::vector<Outcome> done;
    {
      const std::lock_guard lock(mutex_);
      const std::int64_t now = clock_.wall_ms();
      for (const Progress& item : items) { done.push_back(progress_one(item, now)); }
    }
    give(done, outcomes);
  });
}

Status MemoryQueueStore::set_lane(CallContext& ctx, const LaneSettings& settings) noexcept {
  return guard(ctx, [&] {
    rules::check(settings);
    const std::lock_guard lock(mutex_);
    Lane changed = lane(settings.lane);
    if (settings.max_active != kKeepLimit) { changed.max_active = settings.max_active; }
    if (settings.hold >= 0) { changed.hold = settings.hold == 1; }
    lanes_.insert_or_assign(std::string(settings.lane), changed);
  });
}

Status MemoryQueueStore::prune(CallContext& ctx, std::uint32_t states, std::int64_t before_ms, std::int32_t limit,
                               std::int64_t& removed) noexcept {
  return guard(ctx, [&] {
    rules::check_prune(limit);
    const std::lock_guard lock(mutex_);
    std::set<std::pair<std::int64_t, std::int64_t>> oldest_first;
    for (const auto& [id, row] : rows_) {
      const bool wanted = is_ended(row.data.state) && (states & bit(row.data.state)) != 0;
      if (wanted && row.data.ended_at_ms < before_ms && row.data.cleanup == 0) {
        oldest_first.emplace(row.data.ended_at_ms, id);
      }
    }
    removed = 0;
    for (const auto& [ended_at, id] : oldest_first) {
      if (removed == limit) { return; }
      rows_.erase(id);
      ++removed;
    }
  });
}

}  // namespace quarry::sdk::testing
