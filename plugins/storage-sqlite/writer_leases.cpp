// SPDX-License-Identifier: MIT
// Who may work on a row: claims, leases, intents and what is done when a lease is lost.
#include "writer.hpp"

#include "writer_facts.hpp"

#include <algorithm>
#include <tuple>

namespace quarry::storage_sqlite {
namespace {

/// Rows whose due time came, moved into the claim index by one claim; the next claim moves more.
constexpr Integer kPromotedPerClaim = 1000;

}  // namespace

std::int64_t Writer::free_slots(std::string_view lane) {
  LaneQuery& query = queries_->lane;
  query.lane = lane;
  query.max_active = rules::kDefaultMaxActive;
  query.hold = 0;
  query.settings.one();
  if (query.hold != 0) { return 0; }
  query.slots.one();
  return query.max_active - query.active;
}

std::vector<OwnedRow> Writer::claim(const sdk::ClaimRequest& request, std::int64_t now_ms) {
  ClaimQuery& query = queries_->claim;
  query.lane = request.lane;
  query.command = request.command_id;
  query.owner = request.owner;
  std::vector<std::int64_t> ids = gather(query.before, query.id);
  const bool repeated = !ids.empty();
  if (!repeated) {
    query.now = now_ms;
    query.most = kPromotedPerClaim;
    query.promote.run();
    query.limit = std::min<Integer>(request.limit, free_slots(request.lane));
    query.lease_until = now_ms + request.lease_ms;
    if (query.limit > 0) { ids = gather(query.claim, query.id); }
  }
  std::vector<OwnedRow> rows;
  rows.reserve(ids.size());
  for (const std::int64_t id : ids) { rows.push_back(row(id)); }
  // RETURNING promises no order.
  std::sort(rows.begin(), rows.end(), [](const OwnedRow& a, const OwnedRow& b) {
    return std::tie(a.view().rank, a.view().id) < std::tie(b.view().rank, b.view().id);
  });
  for (const OwnedRow& taken : rows) {
    if (repeated) { break; }
    append_event(taken.view().id, taken.view().epoch, static_cast<std::int32_t>(DownloadState::queued),
                 DownloadState::dispatching, sdk::Actor::claim, request.command_id, "", now_ms);
  }
  return rows;
}

Outcome Writer::heartbeat(std::string_view owner, std::int64_t lease_ms, const sdk::LeaseRef& lease,
                          std::int64_t now_ms) {
  if (!look_at(lease.id)) { return no_row(); }
  Facts& facts = queries_->facts;
  const CommandResult result = rules::judge(judged(facts), lease, owner);
  if (result != CommandResult::applied) { return outcome_of(result, facts); }
  facts.lease_until = now_ms + lease_ms;
  facts.now = now_ms;
  facts.heartbeat.run();
  ++facts.version;
  return outcome_of(result, facts);
}

Outcome Writer::record_intent(const sdk::Intent& intent, std::int64_t now_ms) {
  if (!look_at(intent.id)) { return no_row(); }
  Facts& facts = queries_->facts;
  const CommandResult result = rules::judge(judged(facts), intent, now_ms);
  if (result != CommandResult::applied) { return outcome_of(result, facts); }
  const std::int64_t other = holder(intent.id, facts.release_key, intent.infohash_v1, intent.infohash_v2);
  if (other != 0) { return outcome_of(CommandResult::conflict, facts, other); }
  IntentQuery& query = queries_->intent;
  query.id = intent.id;
  query.now = now_ms;
  query.command = intent.command_id;
  query.client = intent.client;
  query.v1 = intent.infohash_v1;
  query.v2 = intent.infohash_v2;
  query.magnet = intent.magnet;
  query.size = intent.size_bytes;
  query.write.run();
  if (!intent.metainfo.empty()) {
    const Running running(query.metainfo);
    query.metainfo.bind(1, intent.id);
    query.metainfo.bind(2, intent.metainfo);
    query.metainfo.step();
  }
  ++facts.version;
  return outcome_of(CommandResult::applied, facts);
}

std::vector<OwnedRow> Writer::rescue(std::string_view command_id, std::string_view owner, std::int32_t limit,
                                     std::int64_t now_ms) {
  LostLeases& lost = queries_->lost;
  lost.now = now_ms;
  lost.owner = owner;
  lost.limit = limit;
  std::vector<OwnedRow> rows;
  for (const std::int64_t id : gather(lost.statement, lost.id)) {
    look_at(id);
    Facts& facts = queries_->facts;
    const DownloadState to = rules::rescued_state(facts.client);
    if (to == DownloadState::queued) {
      facts.attempts = std::max<Integer>(0, facts.attempts - 1);
      facts.due = now_ms + rules::kRescueWaitMs;
      facts.due_reason = rules::kRescueWaitReason;
    }
    static_cast<void>(change_state(to, sdk::Actor::rescue, command_id, rules::kRescueReason, false, now_ms));
    rows.push_back(row(id));
  }
  return rows;
}

}  // namespace quarry::storage_sqlite
