// SPDX-License-Identifier: MIT
// quarry.queue_store/1 in a PostgreSQL database that several hosts may share. What it promises beyond the interface
// stands in README.md.
#pragma once

#include "canceller.hpp"
#include "reader.hpp"
#include "shared_line.hpp"
#include "write_line.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/plugin.hpp>
#include <storage-sql/pool.hpp>

#include <functional>
#include <memory>
#include <string>

namespace quarry::storage_postgres {

/// The JSON Schema of the configuration.
extern const char kConfigSchema[];

class PostgresQueueStore final : public sdk::Plugin<sdk::QueueStore> {
 public:
  /// Connects to nothing before open(). Throws sdk::Error(invalid) for an url that cannot be read.
  PostgresQueueStore(sdk::HostServices& services, const sdk::Config& config);

  sdk::Status open(sdk::CallContext& ctx) noexcept override;
  sdk::Status enqueue(sdk::CallContext& ctx, std::span<const sdk::NewDownload> items,
                      sdk::OutcomeSink& outcomes) noexcept override;
  sdk::Status claim(sdk::CallContext& ctx, const sdk::ClaimRequest& request, sdk::DownloadSink& rows) noexcept override;
  sdk::Status heartbeat(sdk::CallContext& ctx, std::string_view owner, std::int64_t lease_ms,
                        std::span<const sdk::LeaseRef> leases, sdk::OutcomeSink& outcomes) noexcept override;
  sdk::Status record_intent(sdk::CallContext& ctx, const sdk::Intent& intent,
                            sdk::OutcomeSink& outcome) noexcept override;
  sdk::Status metainfo(sdk::CallContext& ctx, std::int64_t id, sdk::ByteSink& bytes) noexcept override;
  sdk::Status transition(sdk::CallContext& ctx, std::span<const sdk::Transition> changes,
                         sdk::OutcomeSink& outcomes) noexcept override;
  sdk::Status edit(sdk::CallContext& ctx, const sdk::Edit& edit, sdk::OutcomeSink& outcome) noexcept override;
  sdk::Status rescue(sdk::CallContext& ctx, std::string_view command_id, std::string_view owner, std::int32_t limit,
                     sdk::DownloadSink& rows) noexcept override;
  sdk::Status record_progress(sdk::CallContext& ctx, std::span<const sdk::Progress> items,
                              sdk::OutcomeSink& outcomes) noexcept override;
  sdk::Status find(sdk::CallContext& ctx, const sdk::FindRequest& request, sdk::DownloadSink& row) noexcept override;
  sdk::Status list(sdk::CallContext& ctx, const sdk::ListRequest& request, sdk::DownloadSink& rows,
                   std::int64_t& total) noexcept override;
  sdk::Status set_lane(sdk::CallContext& ctx, const sdk::LaneSettings& settings) noexcept override;
  sdk::Status stats(sdk::CallContext& ctx, std::string_view lane, sdk::Stats& out) noexcept override;
  sdk::Status events_since(sdk::CallContext& ctx, std::int64_t after, std::int32_t limit,
                           sdk::EventSink& events) noexcept override;
  sdk::Status prune(sdk::CallContext& ctx, std::uint32_t states, std::int64_t before_ms, std::int32_t limit,
                    std::int64_t& removed) noexcept override;
  sdk::Status take_duty(sdk::CallContext& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept override;

  // For what else lives in the database. [thread-safe]

  /// Throws sdk::Error(invalid) when the database is not open.
  void check_open() const;
  /// Runs `look` on a connection that reads; once more on a new one when the first was lost. Ends soon when `ctx` is
  /// cancelled. Exceptions come out.
  void read_with(sdk::CallContext& ctx, Sees sees, const std::function<void(Session&)>& look);
  [[nodiscard]] const Server& server() const noexcept { return server_; }

  /// Groups of commands begun since open(), for tests and figures. [thread-safe]
  [[nodiscard]] std::int64_t groups() const { return writes_.groups() + claim_writes_.groups(); }
  /// Sessions that write made so far, for tests and figures. [thread-safe]
  [[nodiscard]] std::int64_t writer_sessions() const { return sessions_.made(); }
  /// Callers of enqueue(), transition() and claim() that wait for their commit, for tests and figures. [thread-safe]
  [[nodiscard]] std::size_t waiting() const { return enqueues_.waiting() + transitions_.waiting() + claims_.waiting(); }

 private:
  /// As sdk::guard, with the failures of PostgreSQL explained.
  template <class Body>
  sdk::Status guarded(sdk::CallContext& ctx, const Body& body) noexcept;
  /// Gives the sink what `run(outcomes)` answers for `count` rows; false stands for unknown.
  template <class Run>
  void answer(std::size_t count, sdk::OutcomeSink& outcomes, const Run& run);
  /// Commits `command(writer)`, which answers outcomes for `count` rows, and gives them to the sink.
  template <class Command>
  void write(sdk::CallContext& ctx, std::size_t count, sdk::OutcomeSink& outcomes, bool one_statement,
             const Command& command);
  /// The same for a command that answers something else; throws when nobody knows whether it was committed.
  template <class Answer, class Command>
  [[nodiscard]] Answer ask(sdk::CallContext& ctx, std::size_t count, const Command& command);
  /// Throws when nobody knows whether it was committed.
  void check_known(bool known) const;
  /// Runs `body(reader)`; once more on a new session when the first was lost. Ends soon when `ctx` is cancelled.
  template <class Body>
  void read(sdk::CallContext& ctx, Sees sees, const Body& body);
  /// Throws `invalid` with a sentence when one of the items names a film that is not there.
  void explain_missing_movie(sdk::CallContext& ctx, std::span<const sdk::NewDownload> items);

  const Server server_;
  bool opened_ = false;
  WriterSessions sessions_;
  WriteLine writes_{sessions_};
  WriteLine claim_writes_{sessions_};  ///< claims wait for other hosts' claims, and nobody else waits for them
  SharedLine<sdk::NewDownload, sdk::Outcome> enqueues_{writes_, &Writer::enqueue, Writer::is_one_statement};
  SharedLine<sdk::Transition, sdk::Outcome> transitions_{writes_, &Writer::transition, Writer::is_one_statement};
  SharedLine<sdk::ClaimRequest, Rows> claims_{claim_writes_, &Writer::claim, Writer::is_one_statement};
  Canceller canceller_;
  storage_sql::Pool<Reader> readers_;
};

}  // namespace quarry::storage_postgres
