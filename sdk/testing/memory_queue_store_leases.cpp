// SPDX-License-Identifier: MIT
#include "memory_queue_store_rows.hpp"

#include <quarry/sdk/helpers/barrier.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <algorithm>
#include <tuple>

namespace quarry::sdk::testing {

Status MemoryQueueStore::claim(CallContext& ctx, const ClaimRequest& request, DownloadSink& rows) noexcept {
  return guard(ctx, [&] {
    rules::check(request);
    std::vector<QueueRow> taken;
    {
      const std::lock_guard lock(mutex_);
      const std::int64_t now = clock_.wall_ms();
      std::vector<Row*> before;
      std::vector<Row*> due;
      for (auto& [id, row] : rows_) {
        const bool same = row.claim_command == request.command_id && row.lease_owner == request.owner;
        if (same && row.lane == request.lane) { before.push_back(&row); }
        if (row.lane == request.lane && is_claimable(row) && row.data.due_at_ms <= now) { due.push_back(&row); }
      }
      const auto in_order = [](const Row* a, const Row* b) {
        return std::tie(a->data.rank, a->data.id) < std::tie(b->data.rank, b->data.id);
      };
      if (before.empty()) {
        const Lane settings = lane(request.lane);
        const std::int64_t free = settings.hold ? 0 : settings.max_active - active_in(request.lane);
        std::sort(due.begin(), due.end(), in_order);
        due.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(std::min<std::int64_t>(free, request.limit), 0,
                                                                     static_cast<std::int64_t>(due.size()))));
        for (Row* row : due) {
          row->lease_owner = request.owner;
          row->claim_command = request.command_id;
          row->data.lease_until_ms = now + request.lease_ms;
          ++row->data.attempts;
          change_state(*row, DownloadState::dispatching, Actor::claim, request.command_id, "", now);
        }
        before = due;
      }
      std::sort(before.begin(), before.end(), in_order);
      for (const Row* row : before) { taken.emplace_back(*row); }
    }
    give(taken, rows);
  });
}

Status MemoryQueueStore::heartbeat(CallContext& ctx, std::string_view owner, std::int64_t lease_ms,
                                   std::span<const LeaseRef> leases, OutcomeSink& outcomes) noexcept {
  return guard(ctx, [&] {
    rules::check_lease(owner, lease_ms);
    std::vector<Outcome> done;
    {
      const std::lock_guard lock(mutex_);
      const std::int64_t now = clock_.wall_ms();
      for (const LeaseRef& lease : leases) {
        Row* row = find_row(lease.id);
        if (row == nullptr) {
          done.push_back(no_row(CommandResult::not_found));
          continue;
        }
        const CommandResult result = rules::judge(facts_of(*row, row->last_command), lease, owner);
        if (result == CommandResult::applied) {
          row->data.lease_until_ms = now + lease_ms;
          touch(*row, {}, now);
        }
        done.push_back(outcome_of(result, *row));
      }
    }
    give(done, outcomes);
  });
}

Outcome MemoryQueueStore::intent_one(const Intent& intent, std::int64_t now) {
  Row* row = find_row(intent.id);
  if (row == nullptr) { return no_row(CommandResult::not_found); }
  const CommandResult result = rules::judge(facts_of(*row, row->last_command), intent, now);
  if (result != CommandResult::applied) { return outcome_of(result, *row); }
  if (const std::int64_t other = holder(row->data.id, row->release_key, intent.infohash_v1, intent.infohash_v2)) {
    Outcome outcome = outcome_of(CommandResult::conflict, *row);
    outcome.existing_id = other;
    return outcome;
  }
  row->client = intent.client;
  row->infohash_v1 = intent.infohash_v1;
  row->infohash_v2 = intent.infohash_v2;
  if (!intent.magnet.empty()) { row->magnet = intent.magnet; }
  if (!intent.metainfo.empty()) {
    row->metainfo.assign(reinterpret_cast<const char*>(intent.metainfo.data()), intent.metainfo.size());
  }
  if (intent.size_bytes >= 0) { row->data.size_bytes = intent.size_bytes; }
  touch(*row, intent.command_id, now);
  return outcome_of(CommandResult::applied, *row);
}

Status MemoryQueueStore::record_intent(CallContext& ctx, const Intent& intent, OutcomeSink& outcome) noexcept {
  return guard(ctx, [&] {
    rules::check(intent);
    std::unique_lock lock(mutex_);
    const Outcome done = intent_one(intent, clock_.wall_ms());
    lock.unlock();
    outcome.add(done);
  });
}

Status MemoryQueueStore::rescue(CallContext& ctx, std::string_view command_id, std::string_view owner,
                                std::int32_t limit, DownloadSink& rows) noexcept {
  return guard(ctx, [&] {
    rules::check_rescue(command_id, owner, limit);
    std::vector<QueueRow> rescued;
    {
      const std::lock_guard lock(mutex_);
      const std::int64_t now = clock_.wall_ms();
      std::vector<Row*> lost;
      for (auto& [id, row] : rows_) {
        const bool owner_gone = ownership_ == Ownership::one_process && row.lease_owner != owner;
        if (is_leased(row.data.state) && (row.data.lease_until_ms <= now || owner_gone)) { lost.push_back(&row); }
      }
      std::stable_sort(lost.begin(), lost.end(),
                       [](const Row* a, const Row* b) { return a->data.lease_until_ms < b->data.lease_until_ms; });
      lost.resize(std::min(lost.size(), static_cast<std::size_t>(limit)));
      for (Row* row : lost) {
        const DownloadState to = rules::rescued_state(row->client);
        if (to == DownloadState::queued) {
          row->data.attempts = std::max(0, row->data.attempts - 1);
          row->data.due_at_ms = now + rules::kRescueWaitMs;
          row->due_reason = rules::kRescueWaitReason;
        }
        change_state(*row, to, Actor::rescue, command_id, rules::kRescueReason, now);
        rescued.emplace_back(*row);
      }
    }
    give(rescued, rows);
  });
}

Status MemoryQueueStore::take_duty(CallContext& ctx, const DutyRequest& request, Duty& out) noexcept {
  return guard(ctx, [&] {
    rules::check(request);
    const std::lock_guard lock(mutex_);
    const auto known = duties_.find(request.name);
    const HeldDuty kept = known == duties_.end() ? HeldDuty{} : known->second;
    const rules::DutyVerdict verdict = rules::judge(rules::DutyFacts{kept.owner, kept.epoch, kept.lease_until_ms},
                                                    request, ownership_ == Ownership::one_process, clock_.wall_ms());
    if (verdict.write) {
      duties_.insert_or_assign(std::string(request.name),
                               HeldDuty{std::string(request.owner), verdict.duty.epoch, verdict.duty.lease_until_ms});
    }
    out = verdict.duty;
  });
}

}  // namespace quarry::sdk::testing
