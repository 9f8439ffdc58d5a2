// SPDX-License-Identifier: MIT
// How commands are committed: in groups, each on one session that writes and is made anew when it is lost.
#pragma once

#include "writer.hpp"

#include <storage-sql/commit_line.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace quarry::storage_postgres {

/// The sessions of lines, of which one may have what another does not need: a line that finds none makes one. The last
/// that was used is the next: while one line at a time has work, the server works for all of them in one process, whose
/// memory is warm. [thread-safe]
class WriterSessions {
 public:
  /// A session and the statements on it.
  struct Open {
    explicit Open(const Server& server) : session(server, Access::writer), writer(session) {}
    Session session;
    Writer writer;
  };
  explicit WriterSessions(Server server) : server_(std::move(server)) {}

  [[nodiscard]] const Server& server() const noexcept { return server_; }
  /// Throws soci::soci_error, PostgresFailure or sdk::Error; see Session.
  [[nodiscard]] std::unique_ptr<Open> make();
  /// So many were made, for tests and figures.
  [[nodiscard]] std::int64_t made() const noexcept { return made_; }
  /// Null: all are in use, or there is none yet.
  [[nodiscard]] std::unique_ptr<Open> take() noexcept;
  /// Null is nothing.
  void give_back(std::unique_ptr<Open> session) noexcept;

 private:
  const Server server_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Open>> idle_;
  std::atomic<std::int64_t> made_ = 0;
};

/// A command alone in its group that is one statement commits by itself, without a transaction around it, if the
/// session lets it. Several run in one transaction; when that fails, it is rolled back, and each runs again in a
/// transaction of its own. A connection that breaks while nobody knows whether a commit arrived is resolved by running
/// the commands again: each is idempotent by its command_id.
class WriteLine final : private storage_sql::CommitLine::Runner {
 public:
  using Command = std::function<void(Writer&)>;

  /// `sessions` must outlive the line.
  explicit WriteLine(WriterSessions& sessions) : sessions_(sessions) {}

  /// See CommitLine::run(). False: nobody can say whether it was committed. [thread-safe]
  bool run(sdk::CallContext& ctx, std::size_t rows, storage_sql::CommitTraits traits, const Command& command);

  /// Groups begun so far, for tests and figures. [thread-safe]
  [[nodiscard]] std::int64_t groups() const { return line_.groups(); }

 private:
  using Ticket = storage_sql::CommitLine::Ticket;
  using Group = std::span<Ticket* const>;
  enum class End { committed, failed, unknown };

  std::size_t run(sdk::CallContext& leader, Group group) noexcept override;
  void settle(sdk::CallContext& leader, Group group) noexcept;
  [[nodiscard]] End commit(sdk::CallContext& ctx, Group group) noexcept;
  /// `unknown`: it may have been committed already, in a group.
  void commit_alone(sdk::CallContext& ctx, Ticket& ticket, bool unknown) noexcept;
  /// After a failure: no transaction is left open, and a session whose statement failed is let go.
  void give_up(const std::exception& error) noexcept;

  WriterSessions& sessions_;
  std::unique_ptr<WriterSessions::Open> open_;  ///< while a group runs
  sdk::Failure why_;                            ///< of the last End that is not `committed`
  bool worth_repeating_ = false;                ///< and whether it may end well when it is tried at once
  storage_sql::CommitLine line_{*this};
};

}  // namespace quarry::storage_postgres
