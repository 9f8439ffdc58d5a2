// SPDX-License-Identifier: MIT
#include "writer.hpp"

#include "array_text.hpp"
#include "writer_queries.hpp"

#include <quarry/sdk/helpers/queue_store_rules.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace quarry::storage_postgres {
namespace {

namespace rules = sdk::queue_rules;
using sdk::CommandResult;
using sdk::Outcome;

/// Rows whose due time came, moved into the claim index by one claim; the next claim moves more.
constexpr Integer kPromotedPerClaim = 1000;
/// How often an enqueue is tried when what stood in its way was gone each time it was looked for.
constexpr int kEnqueueTries = 3;

Outcome outcome_of(CommandResult result, std::int64_t id = 0, std::int64_t epoch = 0, std::int64_t version = 0,
                   std::int64_t existing = 0) {
  Outcome outcome;
  outcome.result = result;
  outcome.id = id;
  outcome.existing_id = existing;
  outcome.epoch = epoch;
  outcome.version = version;
  return outcome;
}
Outcome applied(const Changed& row) { return outcome_of(CommandResult::applied, row.id, row.epoch, row.version); }

/// What a batch changed, by id.
std::map<std::int64_t, Outcome> run_batch(Statement& statement, const Changed& changed) {
  std::map<std::int64_t, Outcome> done;
  for (bool more = statement.first(); more; more = statement.next()) { done.emplace(changed.id, applied(changed)); }
  return done;
}

Rows rows_of(Statement& statement, const RowVariables& row) {
  Rows rows;
  for (bool more = statement.first(); more; more = statement.next()) { rows.emplace_back(row.view()); }
  return rows;
}

/// May bring a row to life, or give it hashes: another live row can stand in the way.
bool is_reviving(const sdk::Transition& change) {
  return is_live(change.to) && ((change.patch.fields & sdk::kPatchHashes) != 0 || !is_live(change.from));
}

}  // namespace

/// A row as a command finds it.
struct Writer::Facts {
  std::int64_t id = 0;  ///< 0: there is no such row
  rules::RowFacts row;
  std::string owner, command, release_key, v1, v2;
  std::int64_t now_ms = 0;

  [[nodiscard]] rules::RowFacts judged() const {
    rules::RowFacts facts = row;
    facts.lease_owner = owner;
    facts.last_command = command;
    return facts;
  }
  /// `judgement` of a row that exists.
  [[nodiscard]] Outcome outcome(CommandResult judgement, std::int64_t existing = 0) const {
    return outcome_of(judgement, id, row.epoch, row.version, existing);
  }
};

Writer::Writer(Session& session) : queries_(std::make_unique<Queries>(session)) {}
Writer::~Writer() = default;

std::vector<Writer::Facts> Writer::facts_of(std::span<const std::int64_t> ids) {
  FactsQuery& q = queries_->facts;
  q.ids.clear();
  for (const std::int64_t id : ids) { q.ids.row(id); }
  q.ids.close();
  std::vector<Facts> found;
  for (bool more = q.statement.first(); more; more = q.statement.next()) {
    Facts facts;
    facts.id = q.id;
    facts.row.epoch = q.epoch;
    facts.row.version = q.version;
    facts.row.state = static_cast<sdk::DownloadState>(static_cast<std::int32_t>(q.state));
    facts.row.lease_until_ms = q.lease_until;
    facts.owner = q.owner;
    facts.command = q.command;
    facts.release_key = q.release_key;
    facts.v1 = q.v1;
    facts.v2 = q.v2;
    facts.now_ms = q.now;
    found.push_back(std::move(facts));
  }
  return found;
}

Writer::Facts Writer::fact_of(std::int64_t id) {
  std::vector<Facts> found = facts_of(std::span(&id, 1));
  return found.empty() ? Facts{} : std::move(found.front());
}

std::int64_t Writer::holder(std::int64_t self, std::string_view release_key, std::string_view v1, std::string_view v2) {
  HolderQuery& q = queries_->holder;
  q.self = self;
  q.release_key = release_key;
  q.v1 = v1;
  q.v2 = v2;
  q.statement.one();
  return q.id;
}

Outcomes Writer::enqueue(std::span<const sdk::NewDownload> items) {
  Outcomes outcomes(items.size());
  // Whoever stood in the way may be gone when it is looked for.
  for (int tries = 0; tries < kEnqueueTries; ++tries) {
    enqueue_missing(items, outcomes);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (outcomes[i].result == CommandResult::unavailable) { outcomes[i] = reason_not_made(items[i]); }
    }
    const bool settled = std::none_of(outcomes.begin(), outcomes.end(),
                                      [](const Outcome& o) { return o.result == CommandResult::unavailable; });
    if (settled) { break; }
  }
  return outcomes;
}

/// Makes those of the items whose outcome is still `unavailable`.
void Writer::enqueue_missing(std::span<const sdk::NewDownload> items, Outcomes& outcomes) {
  EnqueueQuery& q = queries_->enqueue;
  q.rows.clear();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const sdk::NewDownload& d = items[i];
    if (outcomes[i].result != CommandResult::unavailable) { continue; }
    q.rows.row(d.command_id, d.lane, d.release_key, d.title, d.indexer, d.guid, d.download_url, d.magnet, d.category,
               d.infohash_v1, d.infohash_v2, d.flags, d.movie_id, d.size_bytes, d.due_at_ms, d.rank_bonus_ms,
               static_cast<std::int32_t>(d.priority), d.max_retries);
  }
  q.rows.close();
  std::map<std::string, std::int64_t, std::less<>> made;
  for (bool more = q.statement.first(); more; more = q.statement.next()) { made.emplace(q.command, q.id); }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto it = made.find(items[i].command_id);
    if (outcomes[i].result != CommandResult::unavailable || it == made.end()) { continue; }
    outcomes[i] = outcome_of(CommandResult::applied, it->second);
    made.erase(it);  // the same command twice in a batch: the second was applied already
  }
}

Outcome Writer::reason_not_made(const sdk::NewDownload& item) {
  CreatedByQuery& made = queries_->created_by;
  made.command = item.command_id;
  if (made.statement.one()) {
    return outcome_of(CommandResult::already_applied, made.found.id, made.found.epoch, made.found.version);
  }
  const std::int64_t other = holder(0, item.release_key, item.infohash_v1, item.infohash_v2);
  return other == 0 ? outcome_of(CommandResult::unavailable) : outcome_of(CommandResult::conflict, 0, 0, 0, other);
}

Rows Writer::claim(const sdk::ClaimRequest& request) {
  ClaimQuery& q = queries_->claim;
  q.lane = request.lane;
  q.limit = request.limit;
  q.owner = request.owner;
  q.lease_ms = request.lease_ms;
  q.command = request.command_id;
  q.most_due = kPromotedPerClaim;
  return rows_of(q.statement, q.row);
}

Outcomes Writer::heartbeat(std::string_view owner, std::int64_t lease_ms, std::span<const sdk::LeaseRef> leases) {
  HeartbeatQuery& q = queries_->heartbeat;
  q.owner = owner;
  q.lease_ms = lease_ms;
  q.rows.clear();
  for (const sdk::LeaseRef& lease : leases) { q.rows.row(lease.id, lease.epoch); }
  q.rows.close();
  const auto done = run_batch(q.statement, q.changed);
  Outcomes outcomes;
  for (const sdk::LeaseRef& lease : leases) {
    const auto it = done.find(lease.id);
    if (it != done.end() && it->second.epoch == lease.epoch) {
      outcomes.push_back(it->second);
      continue;
    }
    const Facts facts = fact_of(lease.id);
    outcomes.push_back(facts.id == 0 ? outcome_of(CommandResult::not_found)
                                     : facts.outcome(CommandResult::stale_epoch));
  }
  return outcomes;
}

Outcome Writer::record_intent(const sdk::Intent& intent) {
  const Facts before = fact_of(intent.id);
  if (before.id == 0) { return outcome_of(CommandResult::not_found); }
  const CommandResult judgement = rules::judge(before.judged(), intent, before.now_ms);
  if (judgement != CommandResult::applied) { return before.outcome(judgement); }
  const std::int64_t other = holder(intent.id, before.release_key, intent.infohash_v1, intent.infohash_v2);
  if (other != 0) { return before.outcome(CommandResult::conflict, other); }
  IntentQuery& q = queries_->intent;
  q.id = intent.id;
  q.epoch = intent.epoch;
  q.command = intent.command_id;
  q.client = intent.client;
  q.v1 = intent.infohash_v1;
  q.v2 = intent.infohash_v2;
  q.magnet = intent.magnet;
  q.size = intent.size_bytes;
  if (!q.statement.one()) {
    const Facts after = fact_of(intent.id);
    const CommandResult changed = rules::judge(after.judged(), intent, after.now_ms);
    return after.outcome(changed == CommandResult::applied ? CommandResult::stale_epoch : changed);
  }
  if (!intent.metainfo.empty()) { queries_->session.raw().put_bytes(sql::kPutMetainfo, intent.id, intent.metainfo); }
  return applied(q.changed);
}

Outcomes Writer::transition(std::span<const sdk::Transition> changes) {
  Outcomes outcomes(changes.size());
  std::vector<std::size_t> group;
  std::set<std::int64_t> ids;
  const auto flush = [&] {
    if (!group.empty()) { transition_group(changes, group, outcomes); }
    group.clear();
    ids.clear();
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const sdk::Transition& change = changes[i];
    // One statement changes a row once; a second change of the same row, and what must look first, come after it.
    if (is_reviving(change) || ids.contains(change.id)) { flush(); }
    if (is_reviving(change)) {
      outcomes[i] = transition_reviving(change);
    } else {
      group.push_back(i);
      ids.insert(change.id);
    }
  }
  flush();
  return outcomes;
}

Outcome Writer::transition_reviving(const sdk::Transition& change) {
  const Facts row = fact_of(change.id);
  if (row.id == 0) { return outcome_of(CommandResult::not_found); }
  const CommandResult judgement = judged(row, change);
  if (judgement != CommandResult::applied) { return row.outcome(judgement); }
  const bool hashes = (change.patch.fields & sdk::kPatchHashes) != 0;
  const std::int64_t other = holder(change.id, row.release_key, hashes ? change.patch.infohash_v1 : row.v1,
                                    hashes ? change.patch.infohash_v2 : row.v2);
  if (other != 0) { return row.outcome(CommandResult::conflict, other); }
  Outcomes outcomes(1);
  const std::size_t first = 0;
  transition_group(std::span(&change, 1), std::span(&first, 1), outcomes);
  return outcomes.front();
}

void Writer::transition_group(std::span<const sdk::Transition> changes, std::span<const std::size_t> places,
                              Outcomes& outcomes) {
  TransitionQuery& q = queries_->transition;
  q.rows.clear();
  bool any = false;
  for (const std::size_t i : places) {
    const sdk::Transition& c = changes[i];
    const sdk::StateChange* allowed = is_leased(c.to) ? nullptr : sdk::find_change(c.from, c.to, c.actor);
    if (allowed == nullptr) { continue; }
    any = true;
    const sdk::Patch& p = c.patch;
    q.rows.row(c.id, c.epoch, c.expected_version, static_cast<std::int32_t>(c.from), static_cast<std::int32_t>(c.to),
               std::int32_t{allowed->raises_epoch ? 1 : 0}, static_cast<std::int32_t>(c.actor), c.command_id, c.reason,
               p.fields, p.due_at_ms, p.due_reason, p.error, p.client_item_id, p.output_path, p.infohash_v1,
               p.infohash_v2, p.size_bytes, p.done_bytes, p.progress, static_cast<std::int32_t>(p.error_code),
               p.cleanup, p.attempts, p.set_flags, p.clear_flags, c.duty, c.duty_epoch);
  }
  q.rows.close();
  const auto done = any ? run_batch(q.statement, q.changed) : std::map<std::int64_t, Outcome>();
  for (const std::size_t i : places) {
    const sdk::Transition& c = changes[i];
    const auto it = done.find(c.id);
    if (it != done.end()) {
      outcomes[i] = it->second;
      continue;
    }
    const Facts facts = fact_of(c.id);
    if (facts.id == 0) {
      outcomes[i] = outcome_of(CommandResult::not_found);
      continue;
    }
    const CommandResult judgement = judged(facts, c);
    // It fits now, but did not when the statement came by: somebody changed it in between.
    outcomes[i] = facts.outcome(judgement == CommandResult::applied ? CommandResult::stale_version : judgement);
  }
}

Outcome Writer::edit(const sdk::Edit& edit) {
  EditQuery& q = queries_->edit;
  q.id = edit.id;
  q.version = edit.expected_version;
  q.command = edit.command_id;
  q.fields = edit.fields;
  q.hold = edit.hold;
  q.set = edit.set_flags;
  q.clear = edit.clear_flags;
  q.priority = static_cast<Integer>(edit.priority);
  q.bonus = edit.rank_bonus_ms;
  q.category = edit.category;
  q.cleanup = edit.cleanup;
  if (q.statement.one()) { return applied(q.changed); }
  const Facts facts = fact_of(edit.id);
  if (facts.id == 0) { return outcome_of(CommandResult::not_found); }
  const CommandResult judgement = rules::judge(facts.judged(), edit);
  return facts.outcome(judgement == CommandResult::applied ? CommandResult::stale_version : judgement);
}

Rows Writer::rescue(std::string_view command_id, std::int32_t limit) {
  RescueQuery& q = queries_->rescue;
  q.command = command_id;
  q.limit = limit;
  q.wait_ms = rules::kRescueWaitMs;
  q.wait_reason = rules::kRescueWaitReason;
  q.reason = rules::kRescueReason;
  return rows_of(q.statement, q.row);
}

Outcomes Writer::record_progress(std::span<const sdk::Progress> items) {
  ProgressQuery& q = queries_->progress;
  q.rows.clear();
  for (const sdk::Progress& p : items) {
    q.rows.row(p.id, p.epoch, p.set_flags, p.clear_flags, p.seeders, p.leechers, p.size_bytes, p.done_bytes, p.down_bps,
               p.up_bps, p.eta_s, p.progress, p.ratio, p.client_state, p.output_path);
  }
  q.rows.close();
  const auto done = run_batch(q.statement, q.changed);
  Outcomes outcomes;
  for (const sdk::Progress& p : items) {
    const auto it = done.find(p.id);
    if (it != done.end() && it->second.epoch == p.epoch) {
      outcomes.push_back(it->second);
      continue;
    }
    const Facts facts = fact_of(p.id);
    if (facts.id == 0) {
      outcomes.push_back(outcome_of(CommandResult::not_found));
      continue;
    }
    const CommandResult judgement = rules::judge(facts.judged(), p);
    outcomes.push_back(facts.outcome(judgement == CommandResult::applied ? CommandResult::stale_epoch : judgement));
  }
  return outcomes;
}

CommandResult Writer::judged(const Facts& row, const sdk::Transition& change) {
  DutyQuery& q = queries_->duty;
  rules::DutyFacts duty;
  q.name = change.duty;
  if (!change.duty.empty() && q.read.one()) { duty = {q.holder, q.epoch, q.lease_until}; }
  return rules::judge(row.judged(), change, duty, row.now_ms);
}

sdk::Duty Writer::take_duty(const sdk::DutyRequest& request) {
  DutyQuery& q = queries_->duty;
  q.name = request.name;
  q.owner = request.owner;
  q.lease_ms = request.lease_ms;
  sdk::Duty duty;
  if (request.give_up != 0) {
    q.give_up.run();
  } else if (q.take.one()) {
    duty.held = 1;
  }
  if (duty.held != 0 || q.read.one()) {
    duty.epoch = q.epoch;
    duty.lease_until_ms = q.lease_until;
  }
  return duty;
}

void Writer::set_lane(const sdk::LaneSettings& settings) {
  SetLaneQuery& q = queries_->set_lane;
  q.lane = settings.lane;
  q.max_active = settings.max_active;
  q.hold = settings.hold;
  q.statement.run();
}

std::int64_t Writer::prune(std::uint32_t states, std::int64_t before_ms, std::int32_t limit) {
  PruneQuery& q = queries_->prune;
  q.states = states;
  q.before = before_ms;
  q.limit = limit;
  q.statement.one();
  return q.count;
}

}  // namespace quarry::storage_postgres
