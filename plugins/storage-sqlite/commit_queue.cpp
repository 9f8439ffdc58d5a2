// SPDX-License-Identifier: MIT
#include "commit_queue.hpp"

#include "failures.hpp"
#include "statements.hpp"

#include <algorithm>

namespace quarry::storage_sqlite {
namespace {

/// How long a transaction waits for the lock of another program, at most.
constexpr std::int64_t kMaxBusyMs = 10'000;

}  // namespace

CommitQueue::CommitQueue(Writer& writer, std::string path)
    : writer_(writer),
      path_(std::move(path)),
      begin_(writer.connection().raw(), sql::kBegin),
      commit_(writer.connection().raw(), sql::kCommit) {}

bool CommitQueue::run(sdk::CallContext& ctx, std::size_t rows, const Command& command) {
  return line_.run(ctx, rows, [&] { command(writer_); });
}

std::size_t CommitQueue::run(sdk::CallContext& leader, Group group) noexcept {
  if (!begin(leader, *group.front())) { return 1; }
  commit(group);
  return group.size();
}

bool CommitQueue::begin(sdk::CallContext& ctx, Ticket& leader) noexcept {
  RawDatabase& raw = writer_.connection().raw();
  try {
    raw.set_busy_timeout(std::min(ctx.remaining_ms(), kMaxBusyMs));
    // A rollback that failed the last time is made up for now.
    if (raw.in_transaction()) { raw.exec(sql::kRollback); }
    begin_.run();
    return true;
  } catch (const std::exception& error) {
    leader.failure = explain(error, path_);
    return false;
  }
}

void CommitQueue::commit(Group group) noexcept {
  bool committing = false;
  try {
    if (group.size() == 1) {
      (*group.front()->command)();
    } else {
      for (Ticket* ticket : group) {
        if (!run_in_group(*ticket)) { throw sdk::Error(*ticket->failure); }
      }
    }
    committing = true;
    commit_.run();
  } catch (const std::exception& error) {
    const sdk::Failure failure = explain(error, path_);
    roll_back();
    // The log may hold all of it, with the mark of a commit, before the flush or the index of the log fails.
    const bool unknown = committing && may_have_written_all(error);
    for (Ticket* ticket : group) {
      if (unknown) {
        ticket->failure.reset();
        ticket->unknown = true;
      } else {
        ticket->failure = failure;
      }
    }
  }
}

bool CommitQueue::run_in_group(Ticket& ticket) {
  RawDatabase& raw = writer_.connection().raw();
  raw.exec(sql::kSavepoint);
  try {
    (*ticket.command)();
  } catch (const std::exception& error) {
    ticket.failure = explain(error, path_);
    // A full disk, say, may have rolled everything back already.
    if (!raw.in_transaction()) { return false; }
    raw.exec(sql::kRollbackToSavepoint);
  }
  raw.exec(sql::kReleaseSavepoint);
  return true;
}

void CommitQueue::roll_back() noexcept {
  RawDatabase& raw = writer_.connection().raw();
  try {
    if (raw.in_transaction()) { raw.exec(sql::kRollback); }
  } catch (const SqliteFailure&) {
    // commit() tries again before it begins the next transaction.
  }
}

}  // namespace quarry::storage_sqlite
