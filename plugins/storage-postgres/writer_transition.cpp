// SPDX-License-Identifier: MIT
// Changes of state. Those of a batch that follow each other and change their rows alike are one statement.
#include "writer_facts.hpp"

#include <set>
#include <tuple>

namespace quarry::storage_postgres {
namespace {

using sdk::CommandResult;
using sdk::Outcome;

/// May bring a row to life, or give it hashes: another live row can stand in the way.
bool is_reviving(const sdk::Transition& change) {
  return is_live(change.to) && ((change.patch.fields & sdk::kPatchHashes) != 0 || !is_live(change.from));
}

/// All of a patch.
auto values_of(const sdk::Patch& p) {
  return std::tie(p.fields, p.due_at_ms, p.due_reason, p.error, p.client_item_id, p.output_path, p.infohash_v1,
                  p.infohash_v2, p.size_bytes, p.done_bytes, p.progress, p.error_code, p.cleanup, p.attempts,
                  p.set_flags, p.clear_flags);
}

/// The two differ in row, epoch, version and command at most.
bool alike(const sdk::Transition& a, const sdk::Transition& b) {
  return std::tie(a.from, a.to, a.actor, a.reason, a.duty, a.duty_epoch) ==
             std::tie(b.from, b.to, b.actor, b.reason, b.duty, b.duty_epoch) &&
         values_of(a.patch) == values_of(b.patch);
}

/// How many of the first can go in one statement, which changes a row once.
std::size_t first_alike(std::span<const sdk::Transition> changes) {
  std::set<std::int64_t> ids;
  std::size_t count = 0;
  while (count < changes.size() && alike(changes.front(), changes[count]) && !is_reviving(changes[count]) &&
         ids.insert(changes[count].id).second) {
    ++count;
  }
  return count;
}

}  // namespace

bool Writer::is_one_statement(std::span<const sdk::Transition> changes) {
  return changes.size() == 1 || first_alike(changes) == changes.size();
}

Outcomes Writer::transition(std::span<const sdk::Transition> changes) {
  Outcomes outcomes;
  outcomes.reserve(changes.size());
  while (!changes.empty()) {
    const std::size_t count = first_alike(changes);
    if (count == 0) {
      outcomes.push_back(transition_reviving(changes.front()));
    } else {
      transition_alike(changes.first(count), outcomes);
    }
    changes = changes.subspan(std::max<std::size_t>(count, 1));
  }
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
  Outcomes outcomes;
  transition_alike(std::span(&change, 1), outcomes);
  return outcomes.front();
}

void Writer::transition_alike(std::span<const sdk::Transition> changes, Outcomes& outcomes) {
  const sdk::Transition& all = changes.front();
  const sdk::StateChange* allowed = is_leased(all.to) ? nullptr : sdk::find_change(all.from, all.to, all.actor);
  Done done;
  if (allowed != nullptr) {
    TransitionQuery& q = queries_->transition;
    q.set_all(all, allowed->raises_epoch);
    q.rows.clear();
    for (const sdk::Transition& c : changes) { q.rows.row(c.id, c.epoch, c.expected_version, c.command_id); }
    q.rows.close();
    done = run_batch(q.statement, q.changed);
  }
  tell(
      changes, done, [](const Outcome&, const sdk::Transition&) { return true; },
      [&](const Facts& row, const sdk::Transition& change) { return judged(row, change); },
      CommandResult::stale_version, outcomes);
}

CommandResult Writer::judged(const Facts& row, const sdk::Transition& change) {
  DutyQuery& q = queries_->duty;
  sdk::queue_rules::DutyFacts duty;
  q.name = change.duty;
  if (!change.duty.empty() && q.read.one()) { duty = {q.holder, q.epoch, q.lease_until}; }
  return sdk::queue_rules::judge(row.judged(), change, duty, row.now_ms);
}

}  // namespace quarry::storage_postgres
