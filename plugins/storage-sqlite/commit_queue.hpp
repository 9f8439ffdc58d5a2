// SPDX-License-Identifier: MIT
// How commands are committed: in groups, one BEGIN IMMEDIATE … COMMIT and one flush for all who wait.
#pragma once

#include "writer.hpp"

#include <storage-sql/commit_line.hpp>

#include <functional>
#include <string>

namespace quarry::storage_sqlite {

class CommitQueue final : private storage_sql::CommitLine::Runner {
 public:
  /// Runs inside the transaction, perhaps on another caller's thread. A throw undoes this command
  /// alone, unless the failure of the database took the whole transaction away.
  using Command = std::function<void(Writer&)>;

  /// `writer` must outlive the queue; it is used by nobody else. `path` is for sentences.
  CommitQueue(Writer& writer, std::string path);

  /// See CommitLine::run(). A commit is unknown when it failed after it may have been written whole: this process does
  /// not see the change, and a crash before the next change brings it back. [thread-safe]
  bool run(sdk::CallContext& ctx, std::size_t rows, const Command& command);

  /// Transactions begun so far, for tests and figures. [thread-safe]
  [[nodiscard]] std::int64_t transactions() const { return line_.groups(); }
  /// Callers in line, the leader's group included, for tests and figures. [thread-safe]
  [[nodiscard]] std::size_t waiting() const { return line_.waiting(); }

 private:
  using Ticket = storage_sql::CommitLine::Ticket;
  using Group = std::span<Ticket* const>;

  std::size_t run(sdk::CallContext& leader, Group group) noexcept override;
  /// False: no transaction came about in the leader's time, and the leader alone has failed: those behind
  /// it may have more time.
  [[nodiscard]] bool begin(sdk::CallContext& ctx, Ticket& leader) noexcept;
  void commit(Group group) noexcept;
  /// One command of a group of several; false when the transaction is gone.
  [[nodiscard]] bool run_in_group(Ticket& ticket);
  void roll_back() noexcept;

  Writer& writer_;
  std::string path_;
  RawStatement begin_;
  RawStatement commit_;
  storage_sql::CommitLine line_{*this};
};

}  // namespace quarry::storage_sqlite
