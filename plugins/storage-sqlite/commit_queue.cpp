// SPDX-License-Identifier: MIT
#include "commit_queue.hpp"

#include "failures.hpp"
#include "statements.hpp"

#include <algorithm>
#include <chrono>

namespace quarry::storage_sqlite {
namespace {

/// A group ends once it writes so many rows, so that nobody waits long for a crowd.
constexpr std::size_t kRowsPerGroup = 2000;
/// How often somebody in line looks whether its caller has given up.
constexpr std::int64_t kLineLookMs = 50;
/// How long a transaction waits for the lock of another program, at most.
constexpr std::int64_t kMaxBusyMs = 10'000;

}  // namespace

CommitQueue::CommitQueue(Writer& writer, std::string path)
    : writer_(writer),
      path_(std::move(path)),
      begin_(writer.connection().raw(), sql::kBegin),
      commit_(writer.connection().raw(), sql::kCommit) {}

void CommitQueue::run(sdk::CallContext& ctx, std::size_t rows, const Command& command) {
  Ticket ticket(command, rows);
  std::unique_lock lock(mutex_);
  line_.push_back(&ticket);
  if (!wait_in_line(ctx, ticket, lock)) {
    throw sdk::Error(sdk::Status{ctx.cancelled() ? sdk::Code::cancelled : sdk::Code::deadline,
                                 sdk::kRetryable | sdk::kNotStarted, 0, 0},
                     "the time for this call was over while it waited for other writers; nothing was changed");
  }
  if (!ticket.done) {
    std::vector<Ticket*> group = take_group();
    ++transactions_;
    lock.unlock();
    const bool begun = begin(ctx, ticket);
    if (begun) { commit(group); }
    const std::size_t settled = begun ? group.size() : 1;
    lock.lock();
    for (std::size_t i = settled; i < group.size(); ++i) { group[i]->taken = false; }
    group.resize(settled);
    line_.erase(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(group.size()));
    for (Ticket* one : group) {
      one->done = true;
      if (one != &ticket) { one->wake.notify_one(); }
    }
    if (!line_.empty()) { line_.front()->wake.notify_one(); }
  }
  if (ticket.failure) { throw sdk::Error(*ticket.failure); }
}

bool CommitQueue::wait_in_line(sdk::CallContext& ctx, Ticket& ticket, std::unique_lock<std::mutex>& lock) {
  while (!ticket.done) {
    const std::int64_t remaining = ctx.remaining_ms();
    if (!ticket.taken && (remaining <= 0 || ctx.cancelled())) {
      line_.erase(std::find(line_.begin(), line_.end(), &ticket));
      if (!line_.empty()) { line_.front()->wake.notify_one(); }
      return false;
    }
    if (line_.front() == &ticket) { return true; }
    // Once taken, the command runs on the leader's thread: its end must be awaited.
    const std::int64_t pause = ticket.taken ? kLineLookMs : std::clamp<std::int64_t>(remaining, 1, kLineLookMs);
    ticket.wake.wait_for(lock, std::chrono::milliseconds(pause));
  }
  return true;
}

std::vector<CommitQueue::Ticket*> CommitQueue::take_group() {
  std::vector<Ticket*> group;
  std::size_t rows = 0;
  for (Ticket* ticket : line_) {
    rows += ticket->rows;
    if (!group.empty() && rows > kRowsPerGroup) { break; }
    ticket->taken = true;
    group.push_back(ticket);
  }
  return group;
}

bool CommitQueue::begin(sdk::CallContext& ctx, Ticket& leader) {
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

void CommitQueue::commit(const std::vector<Ticket*>& group) {
  try {
    if (group.size() == 1) {
      (*group.front()->command)(writer_);
    } else {
      for (Ticket* ticket : group) {
        if (!run_in_group(*ticket)) { throw sdk::Error(*ticket->failure); }
      }
    }
    commit_.run();
  } catch (const std::exception& error) {
    const sdk::Failure failure = explain(error, path_);
    roll_back();
    for (Ticket* ticket : group) { ticket->failure = failure; }
  }
}

bool CommitQueue::run_in_group(Ticket& ticket) {
  RawDatabase& raw = writer_.connection().raw();
  raw.exec(sql::kSavepoint);
  try {
    (*ticket.command)(writer_);
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

std::int64_t CommitQueue::transactions() const {
  const std::lock_guard lock(mutex_);
  return transactions_;
}

std::size_t CommitQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return line_.size();
}

}  // namespace quarry::storage_sqlite
