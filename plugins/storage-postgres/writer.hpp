// SPDX-License-Identifier: MIT
// The commands that change rows. Each is one statement that judges and writes in one go; only for rows that it left
// alone is it asked afterwards why, and that answer is the one of sdk::queue_rules, as in every store.
// Used by one thread at a time; bound to its session for life.
#pragma once

#include "session.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <storage-sql/download_row.hpp>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::storage_postgres {

struct Changed;
using Outcomes = std::vector<sdk::Outcome>;
using Rows = std::vector<storage_sql::OwnedRow>;

/// A command throws on a failure of the database, after which its transaction must be rolled back.
class Writer {
 public:
  explicit Writer(Session& session);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// What follows is a run of its own: see has_changed().
  void begin_run() noexcept { changed_ = false; }
  /// Whether a statement of the run has answered that it changed rows of a batch. Outside of a transaction these are
  /// committed, whatever comes after it.
  [[nodiscard]] bool has_changed() const noexcept { return changed_; }

  /// is_one_statement() says whether a command changes something in one statement only.
  [[nodiscard]] Outcomes enqueue(std::span<const sdk::NewDownload> items);
  [[nodiscard]] static bool is_one_statement(std::span<const sdk::NewDownload> items) { return items.size() == 1; }
  /// The rows of each request.
  [[nodiscard]] std::vector<Rows> claim(std::span<const sdk::ClaimRequest> requests);
  [[nodiscard]] static bool is_one_statement(std::span<const sdk::ClaimRequest> requests);
  [[nodiscard]] Outcomes heartbeat(std::string_view owner, std::int64_t lease_ms,
                                   std::span<const sdk::LeaseRef> leases);
  [[nodiscard]] sdk::Outcome record_intent(const sdk::Intent& intent);
  [[nodiscard]] Outcomes transition(std::span<const sdk::Transition> changes);
  [[nodiscard]] static bool is_one_statement(std::span<const sdk::Transition> changes);
  [[nodiscard]] sdk::Outcome edit(const sdk::Edit& edit);
  [[nodiscard]] Rows rescue(std::string_view command_id, std::int32_t limit);
  [[nodiscard]] Outcomes record_progress(std::span<const sdk::Progress> items);
  [[nodiscard]] sdk::Duty take_duty(const sdk::DutyRequest& request);
  void set_lane(const sdk::LaneSettings& settings);
  [[nodiscard]] std::int64_t prune(std::uint32_t states, std::int64_t before_ms, std::int32_t limit);

 private:
  struct Queries;
  struct Facts;
  [[nodiscard]] std::vector<Facts> facts_of(std::span<const std::int64_t> ids);
  [[nodiscard]] Facts fact_of(std::int64_t id);
  template <class Items, class IsOf, class Judge>
  void tell(const Items& items, const std::map<std::int64_t, sdk::Outcome>& done, const IsOf& is_of, const Judge& judge,
            sdk::CommandResult otherwise, Outcomes& outcomes);
  [[nodiscard]] std::int64_t holder(std::int64_t self, std::string_view release_key, std::string_view v1,
                                    std::string_view v2);
  [[nodiscard]] sdk::Outcome reason_not_made(const sdk::NewDownload& item);
  void enqueue_missing(std::span<const sdk::NewDownload> items, Outcomes& outcomes);
  /// Requests of one lane, owner and length of lease.
  void claim_together(std::span<const sdk::ClaimRequest> requests, std::vector<Rows>& answers);
  /// Changes that are alike, each of another row.
  void transition_alike(std::span<const sdk::Transition> changes, Outcomes& outcomes);
  /// `applied` when the change would fit the row now.
  [[nodiscard]] sdk::CommandResult judged(const Facts& row, const sdk::Transition& change);
  [[nodiscard]] sdk::Outcome transition_reviving(const sdk::Transition& change);

  [[nodiscard]] std::map<std::int64_t, sdk::Outcome> run_batch(Statement& statement, const Changed& changed);

  std::unique_ptr<Queries> queries_;
  bool changed_ = false;
};

}  // namespace quarry::storage_postgres
