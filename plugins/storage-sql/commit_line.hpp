// SPDX-License-Identifier: MIT
// Many writers, one connection, one flush. Callers stand in line; whoever comes first becomes the
// leader, has the commands of all that wait run in one transaction, and wakes them. A caller that is
// alone does its work itself, without a change of thread.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace quarry::storage_sql {

/// How a command may be committed.
struct CommitTraits {
  bool one_statement = false;  ///< it changes something in its first statement only
  std::string_view party;      ///< it shares a transaction with commands of an equal party only; outlives the call
};

class CommitLine {
 public:
  /// Runs inside a transaction, perhaps on another caller's thread, perhaps more than once: what it leaves
  /// behind must be that of its last run. A throw means that nothing of it may be committed.
  using Command = std::function<void()>;

  struct Ticket {
    Ticket(const Command& what, std::size_t how_many, CommitTraits of) : command(&what), rows(how_many), traits(of) {}
    const Command* command;
    std::size_t rows;
    CommitTraits traits;
    std::optional<sdk::Failure> failure;  ///< set by the runner: nothing of this command was applied
    bool unknown = false;                 ///< set by the runner: nobody can say whether it was committed

   private:
    friend class CommitLine;
    bool taken_ = false;
    bool done_ = false;
    std::condition_variable wake_;
  };

  /// What a store does with a group.
  class Runner {
   public:
    /// Runs the commands and commits. Called by one thread at a time, with the leader's context; tickets in the
    /// order of the line, the leader's first. Answers how many of the first tickets are settled, at least one; the
    /// others go back to the head of the line.
    [[nodiscard]] virtual std::size_t run(sdk::CallContext& leader, std::span<Ticket* const> group) noexcept = 0;

   protected:
    ~Runner() = default;
  };

  /// `runner` must outlive the line.
  explicit CommitLine(Runner& runner) : runner_(runner) {}

  /// Returns once the command is committed: true, or false when that is unknown. Throws sdk::Error when it was
  /// not: nothing of it was applied then. `rows` is about how many rows it writes. First come, first served;
  /// waits in line no longer than `ctx` has time (Code::deadline, not started). [thread-safe]
  bool run(sdk::CallContext& ctx, std::size_t rows, const Command& command, CommitTraits traits = {});

  /// Groups begun so far, for tests and figures. [thread-safe]
  [[nodiscard]] std::int64_t groups() const;
  /// Callers in line, the leader's group included, for tests and figures. [thread-safe]
  [[nodiscard]] std::size_t waiting() const;

 private:
  /// False: the caller's time was over before the command was begun.
  [[nodiscard]] bool wait_in_line(sdk::CallContext& ctx, Ticket& ticket, std::unique_lock<std::mutex>& lock);
  [[nodiscard]] std::vector<Ticket*> take_group();

  Runner& runner_;
  mutable std::mutex mutex_;
  std::deque<Ticket*> line_;
  std::int64_t groups_ = 0;
};

}  // namespace quarry::storage_sql
