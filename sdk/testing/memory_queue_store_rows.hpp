// SPDX-License-Identifier: MIT
// What the parts of the store in memory share: judging a row and giving answers to sinks.
#pragma once

#include <quarry/sdk/helpers/queue_store_rules.hpp>
#include <quarry/sdk/testing/queue_store_row.hpp>

#include <string_view>
#include <vector>

namespace quarry::sdk::testing {

namespace rules = queue_rules;

constexpr std::uint32_t bit(std::int32_t value) { return 1U << static_cast<std::uint32_t>(value); }
constexpr std::uint32_t bit(DownloadState state) { return bit(static_cast<std::int32_t>(state)); }
constexpr std::uint32_t bit(PublicStatus status) { return bit(static_cast<std::int32_t>(status)); }

inline PublicStatus status_of(const QueueRow& row) { return public_status(row.data.state, row.data.flags); }
inline bool is_claimable(const QueueRow& row) {
  return row.data.state == DownloadState::queued && (row.data.flags & kHold) == 0;
}

inline Outcome outcome_of(CommandResult result, const QueueRow& row) {
  Outcome outcome;
  outcome.result = result;
  outcome.id = row.data.id;
  outcome.epoch = row.data.epoch;
  outcome.version = row.data.version;
  return outcome;
}
inline Outcome no_row(CommandResult result, std::int64_t existing_id = 0) {
  Outcome outcome;
  outcome.result = result;
  outcome.existing_id = existing_id;
  return outcome;
}

inline rules::RowFacts facts_of(const QueueRow& row, std::string_view last_command) {
  return {row.data.epoch, row.data.version, row.data.state, row.data.lease_until_ms, row.lease_owner, last_command};
}

inline void give(const std::vector<Outcome>& outcomes, OutcomeSink& sink) {
  for (const Outcome& outcome : outcomes) { sink.add(outcome); }
}
inline void give(const std::vector<QueueRow>& rows, DownloadSink& sink) {
  for (const QueueRow& row : rows) {
    if (!sink.add(row.view())) { return; }
  }
}

}  // namespace quarry::sdk::testing
