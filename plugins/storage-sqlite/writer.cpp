// SPDX-License-Identifier: MIT
#include "writer.hpp"

#include "failures.hpp"
#include "statements.hpp"
#include "writer_queries.hpp"

#include <quarry/sdk/helpers/queue_store_rules.hpp>

#include <algorithm>
#include <tuple>

namespace quarry::storage_sqlite {
namespace {

namespace rules = sdk::queue_rules;
using sdk::CommandResult;
using sdk::DownloadState;
using sdk::Outcome;

/// Rows whose due time came, moved into the claim index by one claim; the next claim moves more.
constexpr Integer kPromotedPerClaim = 1000;

DownloadState state_of(Integer state) { return static_cast<DownloadState>(static_cast<std::int32_t>(state)); }

/// The column `ready`; see sql::kMigrations.
Integer ready_of(DownloadState state, Integer flags, Integer due, std::int64_t now) {
  if (state != DownloadState::queued || (flags & sdk::kHold) != 0) { return 0; }
  return due <= now ? 1 : 2;
}

Outcome no_row() {
  Outcome outcome;
  outcome.result = CommandResult::not_found;
  return outcome;
}
Outcome outcome_of(CommandResult result, const Facts& facts, std::int64_t existing_id = 0) {
  Outcome outcome;
  outcome.result = result;
  outcome.id = facts.id;
  outcome.existing_id = existing_id;
  outcome.epoch = facts.epoch;
  outcome.version = facts.version;
  return outcome;
}
rules::RowFacts judged(const Facts& facts) {
  return {facts.epoch, facts.version, state_of(facts.state), facts.lease_until, facts.lease_owner, facts.last_command};
}

rules::DutyFacts judged(const DutyQuery& duty) { return {duty.owner, duty.epoch, duty.lease_until}; }

void apply(const sdk::Patch& patch, Facts& row, std::int64_t now) {
  const auto has = [&](sdk::PatchField field) { return (patch.fields & field) != 0; };
  if (has(sdk::kPatchNoIntent)) {
    row.client.clear();
    row.client_item_id.clear();
  }
  if (has(sdk::kPatchDue)) {
    row.due = rules::due_time(patch.due_at_ms, now);
    row.due_reason = patch.due_reason;
  }
  if (has(sdk::kPatchError)) {
    row.error_code = static_cast<Integer>(patch.error_code);
    row.error = patch.error;
  }
  if (has(sdk::kPatchClientItem)) { row.client_item_id = patch.client_item_id; }
  if (has(sdk::kPatchOutput)) { row.output_path = patch.output_path; }
  if (has(sdk::kPatchSize)) { row.size = patch.size_bytes; }
  if (has(sdk::kPatchCleanup)) { row.cleanup = patch.cleanup; }
  if (has(sdk::kPatchFlags)) { row.flags = (row.flags & ~Integer{patch.clear_flags}) | Integer{patch.set_flags}; }
  if (has(sdk::kPatchAttempts)) { row.attempts = patch.attempts; }
  if (has(sdk::kPatchHashes)) {
    row.v1 = patch.infohash_v1;
    row.v2 = patch.infohash_v2;
  }
  if (has(sdk::kPatchDone)) {
    row.done_bytes = patch.done_bytes;
    row.progress = patch.progress;
  }
}

/// Runs `statement`, gathering what it leaves in `id`, row by row.
std::vector<std::int64_t> gather(Statement& statement, const Integer& id) {
  std::vector<std::int64_t> ids;
  for (bool more = statement.first(); more; more = statement.next()) { ids.push_back(id); }
  return ids;
}

}  // namespace

Writer::Writer(Connection& connection) : queries_(std::make_unique<Queries>(connection)) {}
Writer::~Writer() = default;

Connection& Writer::connection() noexcept { return queries_->connection; }

bool Writer::look_at(std::int64_t id) {
  queries_->facts.id = id;
  return queries_->facts.read.one();
}

void Writer::look_at_duty(std::string_view name) {
  DutyQuery& duty = queries_->duty;
  duty.name = name;
  duty.owner.clear();
  duty.epoch = 0;
  duty.lease_until = 0;
  duty.read.one();
}

std::int64_t Writer::holder(std::int64_t self, std::string_view release_key, std::string_view v1, std::string_view v2) {
  FindHolder& query = queries_->holder;
  query.self = self;
  query.release_key = release_key;
  query.v1 = v1;
  query.v2 = v2;
  const std::vector<std::int64_t> ids = gather(query.statement, query.id);
  return ids.empty() ? 0 : *std::min_element(ids.begin(), ids.end());
}

void Writer::append_event(std::int64_t id, std::int64_t epoch, std::int32_t from, DownloadState to, sdk::Actor actor,
                          std::string_view command_id, std::string_view reason, std::int64_t now_ms) {
  AppendEvent& event = queries_->event;
  event.id = id;
  event.at = now_ms;
  event.epoch = epoch;
  event.from = from;
  event.to = static_cast<Integer>(to);
  event.actor = static_cast<Integer>(actor);
  event.command = command_id;
  event.reason = reason;
  event.statement.run();
}

OwnedRow Writer::row(std::int64_t id) {
  const Running running(queries_->row);
  queries_->row.bind(1, id);
  if (!queries_->row.step()) { throw sdk::Error(sdk::Code::internal, "a row vanished inside its transaction"); }
  return OwnedRow(storage_sql::read_row(queries_->row));
}

Outcome Writer::enqueue(const sdk::NewDownload& item, std::int64_t now_ms) {
  InsertDownload& insert = queries_->insert;
  insert.flags = item.flags;
  insert.due = rules::due_time(item.due_at_ms, now_ms);
  insert.ready = ready_of(DownloadState::queued, insert.flags, insert.due, now_ms);
  insert.rank = rules::rank_of(now_ms, item.rank_bonus_ms);
  insert.now = now_ms;
  insert.max_retries = item.max_retries;
  insert.priority = static_cast<Integer>(item.priority);
  insert.movie = item.movie_id;
  insert.size = item.size_bytes;
  insert.lane = item.lane;
  insert.command = item.command_id;
  insert.release_key = item.release_key;
  insert.v1 = item.infohash_v1;
  insert.v2 = item.infohash_v2;
  insert.category = item.category;
  insert.title = item.title;
  insert.indexer = item.indexer;
  insert.guid = item.guid;
  insert.url = item.download_url;
  insert.magnet = item.magnet;
  Outcome outcome;
  try {
    insert.statement.run();
  } catch (const soci::soci_error& error) {
    // The unique indexes know best, and asking them first would cost every good insert four look-ups.
    if (sqlite_code(error) != kConstraintUnique) { throw; }
    FindCreatedBy& made = queries_->created_by;
    made.command = item.command_id;
    if (made.statement.one()) {
      outcome.result = CommandResult::already_applied;
      outcome.id = made.id;
      outcome.epoch = made.epoch;
      outcome.version = made.version;
      return outcome;
    }
    outcome.result = CommandResult::conflict;
    outcome.existing_id = holder(0, item.release_key, item.infohash_v1, item.infohash_v2);
    return outcome;
  }
  append_event(insert.id, 0, -1, DownloadState::queued, sdk::Actor::user, item.command_id, "", now_ms);
  outcome.result = CommandResult::applied;
  outcome.id = insert.id;
  return outcome;
}

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

Outcome Writer::change_state(DownloadState to, sdk::Actor actor, std::string_view command_id, std::string_view reason,
                             bool hashes_changed, std::int64_t now_ms) {
  Facts& facts = queries_->facts;
  const DownloadState from = state_of(facts.state);
  const sdk::StateChange* change = sdk::find_change(from, to, actor);
  if (change == nullptr) { throw sdk::Error(sdk::Code::internal, "a change of state that is not in the table"); }
  facts.state = static_cast<Integer>(to);
  facts.ready = ready_of(to, facts.flags, facts.due, now_ms);
  facts.epoch += change->raises_epoch ? 1 : 0;
  ++facts.version;
  facts.now = now_ms;
  facts.ended_at = is_ended(to) ? now_ms : 0;
  facts.last_command = command_id;
  if (is_live(from) != is_live(to) || hashes_changed) {
    facts.live = is_live(to) ? 1 : 0;
    facts.write_live.run();
  } else {
    facts.write.run();
  }
  append_event(facts.id, facts.epoch, static_cast<std::int32_t>(from), to, actor, command_id, reason, now_ms);
  return outcome_of(CommandResult::applied, facts);
}

Outcome Writer::transition(const sdk::Transition& change, std::int64_t now_ms) {
  if (!look_at(change.id)) { return no_row(); }
  Facts& facts = queries_->facts;
  if (!change.duty.empty()) { look_at_duty(change.duty); }
  const CommandResult result = rules::judge(judged(facts), change, judged(queries_->duty), now_ms);
  if (result != CommandResult::applied) { return outcome_of(result, facts); }
  apply(change.patch, facts, now_ms);
  const bool hashes = (change.patch.fields & sdk::kPatchHashes) != 0;
  const bool lives_again = is_live(change.to) && (hashes || !is_live(change.from));
  const std::int64_t other = lives_again ? holder(change.id, facts.release_key, facts.v1, facts.v2) : 0;
  if (other != 0) { return outcome_of(CommandResult::conflict, facts, other); }
  return change_state(change.to, change.actor, change.command_id, change.reason, hashes, now_ms);
}

Outcome Writer::edit(const sdk::Edit& edit, std::int64_t now_ms) {
  if (!look_at(edit.id)) { return no_row(); }
  Facts& facts = queries_->facts;
  const CommandResult result = rules::judge(judged(facts), edit);
  if (result != CommandResult::applied) { return outcome_of(result, facts); }
  const auto has = [&](sdk::EditField field) { return (edit.fields & field) != 0; };
  constexpr Integer kHold = sdk::kHold;
  if (has(sdk::kEditHold)) { facts.flags = edit.hold != 0 ? facts.flags | kHold : facts.flags & ~kHold; }
  if (has(sdk::kEditFlags)) { facts.flags = (facts.flags & ~Integer{edit.clear_flags}) | Integer{edit.set_flags}; }
  if (has(sdk::kEditPriority)) {
    facts.priority = static_cast<Integer>(edit.priority);
    facts.rank = rules::rank_of(facts.enqueued_at, edit.rank_bonus_ms);
  }
  if (has(sdk::kEditTop)) {
    LeastRank& least = queries_->least_rank;
    least.lane = facts.lane;
    least.statement.one();
    facts.rank = rules::rank_of(least.rank, 1);
  }
  if (has(sdk::kEditCategory)) { facts.category = edit.category; }
  if (has(sdk::kEditCleanup)) { facts.cleanup = edit.cleanup; }
  facts.ready = ready_of(state_of(facts.state), facts.flags, facts.due, now_ms);
  facts.now = now_ms;
  facts.last_command = edit.command_id;
  facts.edit.run();
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

Outcome Writer::record_progress(const sdk::Progress& item, std::int64_t now_ms) {
  if (!look_at(item.id)) { return no_row(); }
  const Facts& facts = queries_->facts;
  const CommandResult result = rules::judge(judged(facts), item);
  if (result != CommandResult::applied) { return outcome_of(result, facts); }
  ProgressQuery& query = queries_->progress;
  query.id = item.id;
  query.flags = (facts.flags & ~Integer{item.clear_flags}) | Integer{item.set_flags};
  query.seeders = item.seeders;
  query.leechers = item.leechers;
  query.size = item.size_bytes;
  query.done = item.done_bytes;
  query.down = item.down_bps;
  query.up = item.up_bps;
  query.eta = item.eta_s;
  query.progress = item.progress;
  query.ratio = item.ratio;
  query.now = now_ms;
  query.client_state = item.client_state;
  query.output = item.output_path;
  (query.flags == facts.flags ? query.same_flags : query.write).run();
  return outcome_of(CommandResult::applied, facts);
}

/// One process owns the file, so any other owner is gone.
sdk::Duty Writer::take_duty(const sdk::DutyRequest& request, std::int64_t now_ms) {
  look_at_duty(request.name);
  DutyQuery& duty = queries_->duty;
  const rules::DutyVerdict verdict = rules::judge(judged(duty), request, true, now_ms);
  if (verdict.write) {
    duty.owner = request.owner;
    duty.epoch = verdict.duty.epoch;
    duty.lease_until = verdict.duty.lease_until_ms;
    duty.write.run();
  }
  return verdict.duty;
}

void Writer::set_lane(const sdk::LaneSettings& settings) {
  LaneQuery& query = queries_->lane;
  query.lane = settings.lane;
  query.max_active = settings.max_active;
  query.hold = settings.hold;
  query.set.run();
}

std::int64_t Writer::prune(std::uint32_t states, std::int64_t before_ms, std::int32_t limit) {
  PruneQuery& query = queries_->prune;
  query.before = before_ms;
  query.states = states;
  query.limit = limit;
  return static_cast<std::int64_t>(gather(query.statement, query.id).size());
}

}  // namespace quarry::storage_sqlite
