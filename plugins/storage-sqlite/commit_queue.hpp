// SPDX-License-Identifier: MIT
// Many writers, one connection, one flush. Callers stand in line; whoever comes first becomes the
// leader, runs the commands of all that wait in one transaction, commits once, and wakes them. A
// caller that is alone does its work itself, without a change of thread.
#pragma once

#include "writer.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace quarry::storage_sqlite {

class CommitQueue {
 public:
  /// Runs inside the transaction, perhaps on another caller's thread. A throw undoes this command
  /// alone, unless the failure of the database took the whole transaction away.
  using Command = std::function<void(Writer&)>;

  /// `writer` must outlive the queue; it is used by nobody else. `path` is for sentences.
  CommitQueue(Writer& writer, std::string path);

  /// Returns once the command is committed. Throws sdk::Error when it was not: nothing of it was
  /// applied then. `rows` is about how many rows it writes. First come, first served; waits in line
  /// no longer than `ctx` has time (Code::deadline, not started). [thread-safe]
  void run(sdk::CallContext& ctx, std::size_t rows, const Command& command);

  /// Transactions begun so far, for tests and figures. [thread-safe]
  [[nodiscard]] std::int64_t transactions() const;
  /// Callers in line, the leader's group included, for tests and figures. [thread-safe]
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Ticket {
    Ticket(const Command& what, std::size_t how_many) : command(&what), rows(how_many) {}
    const Command* command;
    std::size_t rows;
    bool taken = false;
    bool done = false;
    std::optional<sdk::Failure> failure;
    std::condition_variable wake;
  };

  /// False: the caller's time was over before the command was begun.
  [[nodiscard]] bool wait_in_line(sdk::CallContext& ctx, Ticket& ticket, std::unique_lock<std::mutex>& lock);
  [[nodiscard]] std::vector<Ticket*> take_group();
  /// False: no transaction came about in the leader's time, and the leader alone has failed: those behind
  /// it may have more time.
  [[nodiscard]] bool begin(sdk::CallContext& ctx, Ticket& leader);
  void commit(const std::vector<Ticket*>& group);
  /// One command of a group of several; false when the transaction is gone.
  [[nodiscard]] bool run_in_group(Ticket& ticket);
  void roll_back() noexcept;

  Writer& writer_;
  std::string path_;
  RawStatement begin_;
  RawStatement commit_;
  mutable std::mutex mutex_;
  std::deque<Ticket*> line_;
  std::int64_t transactions_ = 0;
};

}  // namespace quarry::storage_sqlite
