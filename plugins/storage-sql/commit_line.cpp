// SPDX-License-Identifier: MIT
#include "commit_line.hpp"

#include <algorithm>
#include <chrono>

namespace quarry::storage_sql {
namespace {

/// A group ends once it writes so many rows, so that nobody waits long for a crowd.
constexpr std::size_t kRowsPerGroup = 2000;
/// How often somebody in line looks whether its caller has given up.
constexpr std::int64_t kLineLookMs = 50;

}  // namespace

bool CommitLine::run(sdk::CallContext& ctx, std::size_t rows, const Command& command, CommitTraits traits) {
  Ticket ticket(command, rows, traits);
  std::unique_lock lock(mutex_);
  line_.push_back(&ticket);
  if (!wait_in_line(ctx, ticket, lock)) {
    throw sdk::Error(sdk::Status{ctx.cancelled() ? sdk::Code::cancelled : sdk::Code::deadline,
                                 sdk::kRetryable | sdk::kNotStarted, 0, 0},
                     "the time for this call was over while it waited for other writers; nothing was changed");
  }
  if (!ticket.done_) {
    const std::vector<Ticket*> group = take_group();
    ++groups_;
    lock.unlock();
    const std::size_t settled = std::clamp<std::size_t>(runner_.run(ctx, group), 1, group.size());
    lock.lock();
    for (std::size_t i = settled; i < group.size(); ++i) { group[i]->taken_ = false; }
    line_.erase(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(settled));
    for (std::size_t i = 0; i < settled; ++i) {
      group[i]->done_ = true;
      if (group[i] != &ticket) { group[i]->wake_.notify_one(); }
    }
    if (!line_.empty()) { line_.front()->wake_.notify_one(); }
  }
  if (ticket.failure) { throw sdk::Error(*ticket.failure); }
  return !ticket.unknown;
}

bool CommitLine::wait_in_line(sdk::CallContext& ctx, Ticket& ticket, std::unique_lock<std::mutex>& lock) {
  while (!ticket.done_) {
    const std::int64_t remaining = ctx.remaining_ms();
    if (!ticket.taken_ && (remaining <= 0 || ctx.cancelled())) {
      line_.erase(std::find(line_.begin(), line_.end(), &ticket));
      if (!line_.empty()) { line_.front()->wake_.notify_one(); }
      return false;
    }
    if (line_.front() == &ticket) { return true; }
    // Once taken, the command runs on the leader's thread: its end must be awaited.
    const std::int64_t pause = ticket.taken_ ? kLineLookMs : std::clamp<std::int64_t>(remaining, 1, kLineLookMs);
    ticket.wake_.wait_for(lock, std::chrono::milliseconds(pause));
  }
  return true;
}

std::vector<CommitLine::Ticket*> CommitLine::take_group() {
  std::vector<Ticket*> group;
  std::size_t rows = 0;
  for (Ticket* ticket : line_) {
    rows += ticket->rows;
    const bool apart = !group.empty() && ticket->traits.party != group.front()->traits.party;
    if (!group.empty() && (apart || rows > kRowsPerGroup)) { break; }
    ticket->taken_ = true;
    group.push_back(ticket);
  }
  return group;
}

std::int64_t CommitLine::groups() const {
  const std::lock_guard lock(mutex_);
  return groups_;
}

std::size_t CommitLine::waiting() const {
  const std::lock_guard lock(mutex_);
  return line_.size();
}

}  // namespace quarry::storage_sql
