// SPDX-License-Identifier: MIT
// The commands that change rows, each to be run inside a transaction that somebody else begins and
// commits (CommitQueue). Used by one thread at a time.
#pragma once

#include "connection.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <storage-sql/download_row.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::storage_sqlite {

using storage_sql::OwnedRow;

/// `now_ms` is one moment for the whole command. A command throws on a failure of the database; what
/// it did until then is undone with its transaction. How each row is judged: sdk::queue_rules.
class Writer {
 public:
  explicit Writer(Connection& connection);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] sdk::Outcome enqueue(const sdk::NewDownload& item, std::int64_t now_ms);
  [[nodiscard]] std::vector<OwnedRow> claim(const sdk::ClaimRequest& request, std::int64_t now_ms);
  [[nodiscard]] sdk::Outcome heartbeat(std::string_view owner, std::int64_t lease_ms, const sdk::LeaseRef& lease,
                                       std::int64_t now_ms);
  [[nodiscard]] sdk::Outcome record_intent(const sdk::Intent& intent, std::int64_t now_ms);
  [[nodiscard]] sdk::Outcome transition(const sdk::Transition& change, std::int64_t now_ms);
  [[nodiscard]] sdk::Outcome edit(const sdk::Edit& edit, std::int64_t now_ms);
  [[nodiscard]] std::vector<OwnedRow> rescue(std::string_view command_id, std::string_view owner, std::int32_t limit,
                                             std::int64_t now_ms);
  [[nodiscard]] sdk::Outcome record_progress(const sdk::Progress& item, std::int64_t now_ms);
  [[nodiscard]] sdk::Duty take_duty(const sdk::DutyRequest& request, std::int64_t now_ms);
  void set_lane(const sdk::LaneSettings& settings);
  [[nodiscard]] std::int64_t prune(std::uint32_t states, std::int64_t before_ms, std::int32_t limit);

  [[nodiscard]] Connection& connection() noexcept;

 private:
  struct Queries;

  /// Reads row `id` into queries_->facts; false when there is none.
  bool look_at(std::int64_t id);
  /// Reads duty `name` into queries_->duty: empty, when nobody ever held it.
  void look_at_duty(std::string_view name);
  [[nodiscard]] std::int64_t holder(std::int64_t self, std::string_view release_key, std::string_view v1,
                                    std::string_view v2);
  void append_event(std::int64_t id, std::int64_t epoch, std::int32_t from, sdk::DownloadState to, sdk::Actor actor,
                    std::string_view command_id, std::string_view reason, std::int64_t now_ms);
  /// Writes the facts back with a new state, and the event.
  [[nodiscard]] sdk::Outcome change_state(sdk::DownloadState to, sdk::Actor actor, std::string_view command_id,
                                          std::string_view reason, bool hashes_changed, std::int64_t now_ms);
  [[nodiscard]] std::int64_t free_slots(std::string_view lane);
  [[nodiscard]] OwnedRow row(std::int64_t id);

  std::unique_ptr<Queries> queries_;
};

}  // namespace quarry::storage_sqlite
