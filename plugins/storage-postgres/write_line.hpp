// SPDX-License-Identifier: MIT
// How commands are committed: in groups, on one session that writes and is made anew when it is lost.
#pragma once

#include "writer.hpp"

#include <storage-sql/commit_line.hpp>

#include <functional>
#include <memory>
#include <string>

namespace quarry::storage_postgres {

/// A command alone in its group that is one statement commits by itself, without a transaction around it, if the
/// session lets it. Several run in one transaction; when that fails, it is rolled back, and each runs again in a
/// transaction of its own. A connection that breaks while nobody knows whether a commit arrived is resolved by running
/// the commands again: each is idempotent by its command_id.
class WriteLine final : private storage_sql::CommitLine::Runner {
 public:
  using Command = std::function<void(Writer&)>;

  explicit WriteLine(Server server) : server_(std::move(server)) {}

  /// See CommitLine::run(). False: nobody can say whether it was committed. [thread-safe]
  bool run(sdk::CallContext& ctx, std::size_t rows, storage_sql::CommitTraits traits, const Command& command);

  /// Groups begun so far, for tests and figures. [thread-safe]
  [[nodiscard]] std::int64_t groups() const { return line_.groups(); }

 private:
  using Ticket = storage_sql::CommitLine::Ticket;
  using Group = std::span<Ticket* const>;
  /// A session and the statements on it.
  struct Open {
    explicit Open(const Server& server) : session(server, Access::writer), writer(session) {}
    Session session;
    Writer writer;
  };
  enum class End { committed, failed, unknown };

  std::size_t run(sdk::CallContext& leader, Group group) noexcept override;
  [[nodiscard]] End commit(sdk::CallContext& ctx, Group group) noexcept;
  /// `unknown`: it may have been committed already, in a group.
  void commit_alone(sdk::CallContext& ctx, Ticket& ticket, bool unknown) noexcept;
  /// After a failure: no transaction is left open, and a session whose statement failed is let go.
  void give_up(const std::exception& error) noexcept;

  const Server server_;
  std::unique_ptr<Open> open_;
  sdk::Failure why_;              ///< of the last End that is not `committed`
  bool worth_repeating_ = false;  ///< and whether it may end well when it is tried at once
  storage_sql::CommitLine line_{*this};
};

}  // namespace quarry::storage_postgres
