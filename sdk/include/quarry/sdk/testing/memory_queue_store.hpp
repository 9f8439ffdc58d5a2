// SPDX-License-Identifier: MIT
// A queue store in memory, made to be obviously correct: the model other stores are compared with,
// and the store of unit tests and simulations. Every command looks through all rows, so it suits
// thousands of rows, not millions. Nothing survives the object.
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/testing/queue_store_row.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace quarry::sdk::testing {

/// What rescue() may believe of an owner that is not its caller.
enum class Ownership {
  one_process,  ///< as a store in a file: any other owner belongs to a process that is gone
  many_hosts,   ///< as a database server: another owner may live, only its lease counts
};

/// What a queue knows of the films that live in the same storage.
struct MemoryMovies {
  /// While this is held, no film is removed. Taken before the queue's own lock.
  std::function<std::unique_lock<std::mutex>()> hold = [] { return std::unique_lock<std::mutex>(); };
  std::function<bool(std::int64_t movie_id)> known = [](std::int64_t) { return true; };
};

/// Judges by quarry::sdk::queue_rules. Keeps all promises of queue_store.hpp. [thread-safe]
/// A sink is called after the command is done, without a lock: it may call the store again.
class MemoryQueueStore final : public QueueStore {
 public:
  /// `clock` (its wall time) must outlive the store.
  explicit MemoryQueueStore(const Clock& clock, Ownership ownership = Ownership::one_process)
      : clock_(clock), ownership_(ownership) {}

  /// From now on a download of a film that is not known is `invalid`. [quiescent]
  void set_movies(MemoryMovies movies) { movies_ = std::move(movies); }
  /// Whether a download, in whatever state, refers to this film. [thread-safe]
  [[nodiscard]] bool refers_to_movie(std::int64_t movie_id) const;

  Status open(CallContext& ctx) noexcept override;
  Status enqueue(CallContext& ctx, std::span<const NewDownload> items, OutcomeSink& outcomes) noexcept override;
  Status claim(CallContext& ctx, const ClaimRequest& request, DownloadSink& rows) noexcept override;
  Status heartbeat(CallContext& ctx, std::string_view owner, std::int64_t lease_ms, std::span<const LeaseRef> leases,
                   OutcomeSink& outcomes) noexcept override;
  Status record_intent(CallContext& ctx, const Intent& intent, OutcomeSink& outcome) noexcept override;
  Status metainfo(CallContext& ctx, std::int64_t id, ByteSink& bytes) noexcept override;
  Status transition(CallContext& ctx, std::span<const Transition> changes, OutcomeSink& outcomes) noexcept override;
  Status edit(CallContext& ctx, const Edit& edit, OutcomeSink& outcome) noexcept override;
  Status rescue(CallContext& ctx, std::string_view command_id, std::string_view owner, std::int32_t limit,
                DownloadSink& rows) noexcept override;
  Status record_progress(CallContext& ctx, std::span<const Progress> items, OutcomeSink& outcomes) noexcept override;
  Status find(CallContext& ctx, const FindRequest& request, DownloadSink& row) noexcept override;
  Status list(CallContext& ctx, const ListRequest& request, DownloadSink& rows, std::int64_t& total) noexcept override;
  Status set_lane(CallContext& ctx, const LaneSettings& settings) noexcept override;
  Status stats(CallContext& ctx, std::string_view lane, Stats& out) noexcept override;
  Status events_since(CallContext& ctx, std::int64_t after, std::int32_t limit, EventSink& events) noexcept override;
  Status prune(CallContext& ctx, std::uint32_t states, std::int64_t before_ms, std::int32_t limit,
               std::int64_t& removed) noexcept override;
  Status take_duty(CallContext& ctx, const DutyRequest& request, Duty& out) noexcept override;

 private:
  struct Row : QueueRow {
    std::string created_by;
    std::string last_command;
    std::string claim_command;
    std::string metainfo;
  };
  struct Lane {
    std::int32_t max_active;
    bool hold = false;
  };
  struct HeldDuty {
    std::string owner;
    std::int64_t epoch = 0;
    std::int64_t lease_until_ms = 0;
  };

  [[nodiscard]] Outcome enqueue_one(const NewDownload& item, std::int64_t now);
  [[nodiscard]] Outcome intent_one(const Intent& intent, std::int64_t now);
  [[nodiscard]] Outcome transition_one(const Transition& change, std::int64_t now);
  [[nodiscard]] Outcome edit_one(const Edit& edit, std::int64_t now);
  [[nodiscard]] Outcome progress_one(const Progress& item, std::int64_t now);
  [[nodiscard]] Row* find_row(std::int64_t id);
  /// The live row, other than `self`, that holds one of these; 0 when there is none.
  [[nodiscard]] std::int64_t holder(std::int64_t self, std::string_view release_key, std::string_view v1,
                                    std::string_view v2) const;
  [[nodiscard]] Lane lane(std::string_view name) const;
  [[nodiscard]] std::int64_t active_in(std::string_view lane) const;
  [[nodiscard]] std::int64_t least_rank(std::string_view lane) const;
  void change_state(Row& row, DownloadState to, Actor actor, std::string_view command, std::string_view reason,
                    std::int64_t now);
  void touch(Row& row, std::string_view command, std::int64_t now);
  void append_event(const Row& row, std::int32_t from, Actor actor, std::string_view command, std::string_view reason,
                    std::int64_t now);

  const Clock& clock_;
  Ownership ownership_;
  MemoryMovies movies_;
  mutable std::mutex mutex_;
  std::map<std::int64_t, Row> rows_;
  std::map<std::string, Lane, std::less<>> lanes_;
  std::map<std::string, HeldDuty, std::less<>> duties_;
  std::vector<QueueEvent> events_;
  std::int64_t last_id_ = 0;
};

}  // namespace quarry::sdk::testing
