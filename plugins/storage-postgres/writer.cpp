// SPDX-License-Identifier: MIT
#include "writer_facts.hpp"

#include <algorithm>
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

Rows rows_of(Statement& statement, const RowVariables& row) {
  Rows rows;
  for (bool more = statement.first(); more; more = statement.next()) { rows.emplace_back(row.view()); }
  return rows;
}

/// How many of the first can go in one statement; no command among them comes twice.
std::size_t first_together(std::span<const sdk::ClaimRequest> requests) {
  const sdk::ClaimRequest& first = requests.front();
  std::set<std::string_view> commands;
  std::size_t count = 0;
  while (count < requests.size() && requests[count].lane == first.lane && requests[count].owner == first.owner &&
         requests[count].lease_ms == first.lease_ms && commands.insert(requests[count].command_id).second) {
    ++count;
  }
  return count;
}

}  // namespace

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
  const auto fill = [&](const sdk::NewDownload& d, const auto& put) {
    put(d.command_id, d.lane, d.release_key, d.title, d.indexer, d.guid, d.download_url, d.magnet, d.category,
        d.infohash_v1, d.infohash_v2, d.flags, d.movie_id, d.size_bytes, d.due_at_ms, d.rank_bonus_ms,
        static_cast<std::int32_t>(d.priority), d.max_retries);
  };
  if (items.size() == 1) {
    fill(items.front(), [&](const auto&... values) { q.rows.only(values...); });
    if (q.one.one()) { outcomes.front() = outcome_of(CommandResult::applied, q.id); }
    return;
  }
  q.rows.clear();
  std::set<std::string_view> sent;  // the same command twice in a batch: the second was applied already
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (outcomes[i].result != CommandResult::unavailable || !sent.insert(items[i].command_id).second) { continue; }
    fill(items[i], [&](const auto&... values) { q.rows.row(values...); });
  }
  q.rows.close();
  std::map<std::string, std::int64_t, std::less<>> made;
  for (bool more = q.many.first(); more; more = q.many.next()) { made.emplace(q.command, q.id); }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto it = made.find(items[i].command_id);
    if (outcomes[i].result != CommandResult::unavailable || it == made.end()) { continue; }
    outcomes[i] = outcome_of(CommandResult::applied, it->second);
    made.erase(it);
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

bool Writer::is_one_statement(std::span<const sdk::ClaimRequest> requests) {
  return first_together(requests) == requests.size();
}

std::vector<Rows> Writer::claim(std::span<const sdk::ClaimRequest> requests) {
  std::vector<Rows> answers;
  while (!requests.empty()) {
    const std::size_t count = first_together(requests);
    claim_together(requests.first(count), answers);
    requests = requests.subspan(count);
  }
  return answers;
}

void Writer::claim_together(std::span<const sdk::ClaimRequest> requests, std::vector<Rows>& answers) {
  ClaimQuery& q = queries_->claim;
  q.lane = requests.front().lane;
  q.owner = requests.front().owner;
  q.lease_ms = requests.front().lease_ms;
  q.most_due = kPromotedPerClaim;
  q.claims.clear();
  for (const sdk::ClaimRequest& request : requests) { q.claims.row(request.limit, request.command_id); }
  q.claims.close();
  std::map<std::string, Rows, std::less<>> taken;
  for (bool more = q.statement.first(); more; more = q.statement.next()) {
    taken[q.command].emplace_back(q.row.view());
  }
  for (const sdk::ClaimRequest& request : requests) {
    const auto it = taken.find(request.command_id);
    answers.push_back(it == taken.end() ? Rows{} : std::move(it->second));
  }
}

Outcomes Writer::heartbeat(std::string_view owner, std::int64_t lease_ms, std::span<const sdk::LeaseRef> leases) {
  HeartbeatQuery& q = queries_->heartbeat;
  q.owner = owner;
  q.lease_ms = lease_ms;
  q.rows.clear();
  for (const sdk::LeaseRef& lease : leases) { q.rows.row(lease.id, lease.epoch); }
  q.rows.close();
  Outcomes outcomes;
  tell(
      leases, run_batch(q.statement, q.changed),
      [](const Outcome& done, const sdk::LeaseRef& lease) { return done.epoch == lease.epoch; },
      [&](const Facts& row, const sdk::LeaseRef& lease) { return rules::judge(row.judged(), lease, owner); },
      CommandResult::stale_epoch, outcomes);
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
  Outcomes outcomes;
  tell(
      items, run_batch(q.statement, q.changed),
      [](const Outcome& done, const sdk::Progress& item) { return done.epoch == item.epoch; },
      [](const Facts& row, const sdk::Progress& item) { return rules::judge(row.judged(), item); },
      CommandResult::stale_epoch, outcomes);
  return outcomes;
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
  q.states = states & ((1U << sdk::kDownloadStates) - 1);  // 32 bits, of which PostgreSQL's integer has 31
  q.before = before_ms;
  q.limit = limit;
  q.statement.one();
  return q.count;
}

}  // namespace quarry::storage_postgres
