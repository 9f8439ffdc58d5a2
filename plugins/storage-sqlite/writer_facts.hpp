// SPDX-License-Identifier: MIT
// What the commands of the writer have in common: a row as a command finds it, how it is judged, and the outcome.
#pragma once

#include "writer.hpp"
#include "writer_queries.hpp"

#include <quarry/sdk/helpers/queue_store_rules.hpp>

#include <vector>

namespace quarry::storage_sqlite {

namespace rules = sdk::queue_rules;
using sdk::CommandResult;
using sdk::DownloadState;
using sdk::Outcome;

[[nodiscard]] inline DownloadState state_of(Integer state) {
  return static_cast<DownloadState>(static_cast<std::int32_t>(state));
}

[[nodiscard]] inline Outcome no_row() {
  Outcome outcome;
  outcome.result = CommandResult::not_found;
  return outcome;
}
[[nodiscard]] inline Outcome outcome_of(CommandResult result, const Facts& facts, std::int64_t existing_id = 0) {
  Outcome outcome;
  outcome.result = result;
  outcome.id = facts.id;
  outcome.existing_id = existing_id;
  outcome.epoch = facts.epoch;
  outcome.version = facts.version;
  return outcome;
}
[[nodiscard]] inline rules::RowFacts judged(const Facts& facts) {
  return {facts.epoch, facts.version, state_of(facts.state), facts.lease_until, facts.lease_owner, facts.last_command};
}

[[nodiscard]] inline rules::DutyFacts judged(const DutyQuery& duty) {
  return {duty.owner, duty.epoch, duty.lease_until};
}

/// Runs `statement`, gathering what it leaves in `id`, row by row.
[[nodiscard]] inline std::vector<std::int64_t> gather(Statement& statement, const Integer& id) {
  std::vector<std::int64_t> ids;
  for (bool more = statement.first(); more; more = statement.next()) { ids.push_back(id); }
  return ids;
}

}  // namespace quarry::storage_sqlite
