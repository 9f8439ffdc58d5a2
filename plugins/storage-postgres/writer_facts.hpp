// SPDX-License-Identifier: MIT
// What the commands of the writer have in common: a row as a command finds it, and how the outcomes of a batch come
// about.
#pragma once

#include "writer.hpp"
#include "writer_queries.hpp"

#include <quarry/sdk/helpers/queue_store_rules.hpp>

#include <map>

namespace quarry::storage_postgres {

[[nodiscard]] inline sdk::Outcome outcome_of(sdk::CommandResult result, std::int64_t id = 0, std::int64_t epoch = 0,
                                             std::int64_t version = 0, std::int64_t existing = 0) {
  sdk::Outcome outcome;
  outcome.result = result;
  outcome.id = id;
  outcome.existing_id = existing;
  outcome.epoch = epoch;
  outcome.version = version;
  return outcome;
}
[[nodiscard]] inline sdk::Outcome applied(const Changed& row) {
  return outcome_of(sdk::CommandResult::applied, row.id, row.epoch, row.version);
}

/// What a batch changed, by id.
using Done = std::map<std::int64_t, sdk::Outcome>;
inline Done Writer::run_batch(Statement& statement, const Changed& changed) {
  Done done;
  for (bool more = statement.first(); more; more = statement.next()) { done.emplace(changed.id, applied(changed)); }
  changed_ = changed_ || !done.empty();
  return done;
}

/// A row as a command finds it.
struct Writer::Facts {
  std::int64_t id = 0;  ///< 0: there is no such row
  sdk::queue_rules::RowFacts row;
  std::string owner, command, release_key, v1, v2;
  std::int64_t now_ms = 0;

  [[nodiscard]] sdk::queue_rules::RowFacts judged() const {
    sdk::queue_rules::RowFacts facts = row;
    facts.lease_owner = owner;
    facts.last_command = command;
    return facts;
  }
  /// `judgement` of a row that exists.
  [[nodiscard]] sdk::Outcome outcome(sdk::CommandResult judgement, std::int64_t existing = 0) const {
    return outcome_of(judgement, id, row.epoch, row.version, existing);
  }
};

/// Outcomes of a batch: those of `done` that `is_of` takes for an item's, and for the others what `judge` says of the
/// row as it is now. A row that would fit now was changed by somebody else in between: `otherwise`.
template <class Items, class IsOf, class Judge>
void Writer::tell(const Items& items, const Done& done, const IsOf& is_of, const Judge& judge,
                  sdk::CommandResult otherwise, Outcomes& outcomes) {
  const std::size_t first = outcomes.size();
  std::vector<std::int64_t> unchanged;
  for (const auto& item : items) {
    const auto it = done.find(item.id);
    if (it != done.end() && is_of(it->second, item)) {
      outcomes.push_back(it->second);
    } else {
      unchanged.push_back(item.id);
      outcomes.push_back(outcome_of(sdk::CommandResult::not_found));
    }
  }
  if (unchanged.empty()) { return; }
  std::map<std::int64_t, Facts> rows;
  for (Facts& facts : facts_of(unchanged)) { rows.emplace(facts.id, std::move(facts)); }
  std::size_t place = first;
  for (const auto& item : items) {
    sdk::Outcome& outcome = outcomes[place++];
    const auto it = rows.find(item.id);
    if (outcome.result != sdk::CommandResult::not_found || it == rows.end()) { continue; }
    const sdk::CommandResult judgement = judge(it->second, item);
    outcome = it->second.outcome(judgement == sdk::CommandResult::applied ? otherwise : judgement);
  }
}

}  // namespace quarry::storage_postgres
