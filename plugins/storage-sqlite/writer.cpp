// SPDX-License-Identifier: MIT
#include "writer.hpp"

#include "writer_facts.hpp"

#include <storage-sql/moving_tables.hpp>

#include <algorithm>

namespace quarry::storage_sqlite {
namespace {

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
  insert.ready = storage_sql::ready_of(static_cast<Integer>(DownloadState::queued), insert.flags, insert.due, now_ms);
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

Outcome Writer::change_state(DownloadState to, sdk::Actor actor, std::string_view command_id, std::string_view reason,
                             bool hashes_changed, std::int64_t now_ms) {
  Facts& facts = queries_->facts;
  const DownloadState from = state_of(facts.state);
  const sdk::StateChange* change = sdk::find_change(from, to, actor);
  if (change == nullptr) { throw sdk::Error(sdk::Code::internal, "a change of state that is not in the table"); }
  facts.state = static_cast<Integer>(to);
  facts.ready = storage_sql::ready_of(static_cast<Integer>(to), facts.flags, facts.due, now_ms);
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
  facts.ready = storage_sql::ready_of(facts.state, facts.flags, facts.due, now_ms);
  facts.now = now_ms;
  facts.last_command = edit.command_id;
  facts.edit.run();
  ++facts.version;
  return outcome_of(CommandResult::applied, facts);
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
