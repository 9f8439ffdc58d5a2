// SPDX-License-Identifier: MIT
#include "write_line.hpp"

#include "failures.hpp"
#include "statements.hpp"

namespace quarry::storage_postgres {
namespace {

/// A connection can be lost, and two writers can meet, more than once.
constexpr int kCommitTries = 4;

}  // namespace

std::unique_ptr<WriterSessions::Open> WriterSessions::make() {
  auto open = std::make_unique<Open>(server_);
  ++made_;
  return open;
}

std::unique_ptr<WriterSessions::Open> WriterSessions::take() noexcept {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) { return nullptr; }
  std::unique_ptr<Open> last = std::move(idle_.back());
  idle_.pop_back();
  return last;
}

void WriterSessions::give_back(std::unique_ptr<Open> session) noexcept {
  if (session == nullptr) { return; }
  const std::lock_guard lock(mutex_);
  try {
    idle_.push_back(std::move(session));
  } catch (const std::bad_alloc&) {
    // It is closed, and made anew when it is needed.
  }
}

bool WriteLine::run(sdk::CallContext& ctx, std::size_t rows, storage_sql::CommitTraits traits, const Command& command) {
  return line_.run(
      ctx, rows, [&] { command(open_->writer); }, traits);
}

std::size_t WriteLine::run(sdk::CallContext& leader, Group group) noexcept {
  open_ = sessions_.take();
  settle(leader, group);
  sessions_.give_back(std::move(open_));
  return group.size();
}

void WriteLine::settle(sdk::CallContext& leader, Group group) noexcept {
  const End end = group.size() > 1 ? commit(leader, group) : End::failed;
  if (end == End::committed) { return; }
  // One of them may have spoilt it for the others.
  for (Ticket* ticket : group) { commit_alone(leader, *ticket, end == End::unknown); }
}

void WriteLine::commit_alone(sdk::CallContext& ctx, Ticket& ticket, bool unknown) noexcept {
  Ticket* const one = &ticket;
  End end = End::failed;
  for (int tries = 0; tries < kCommitTries; ++tries) {
    end = commit(ctx, std::span(&one, 1));
    if (end == End::committed) { return; }
    // Once a commit may have arrived, a later failure does not say that it has not.
    unknown = unknown || end == End::unknown;
    if (!worth_repeating_ || ctx.cancelled() || ctx.remaining_ms() <= 0) { break; }
  }
  if (unknown) {
    ticket.unknown = true;
  } else {
    ticket.failure = why_;
  }
}

WriteLine::End WriteLine::commit(sdk::CallContext& ctx, Group group) noexcept {
  bool may_have_arrived = false;
  bool bare = false;
  try {
    if (open_ == nullptr) { open_ = sessions_.make(); }
    open_->writer.begin_run();
    bare = group.size() == 1 && group.front()->traits.one_statement && open_->session.may_run_bare();
    RawPostgres& raw = open_->session.raw();
    open_->session.keep_to(ctx);
    may_have_arrived = bare;
    if (!bare) { open_->session.begin(); }
    open_->session.renew_plans();
    for (Ticket* ticket : group) { (*ticket->command)(); }
    may_have_arrived = true;
    if (!bare) { raw.exec(sql::kCommit); }
    return End::committed;
  } catch (const std::exception& error) {
    // A statement that was committed by itself stays, though it could not be asked why it left a row alone.
    const bool stays = bare && open_ != nullptr && open_->writer.has_changed();
    give_up(error);
    worth_repeating_ = worth_repeating_ || stays;
    return stays || (may_have_arrived && is_connection_loss(error)) ? End::unknown : End::failed;
  }
}

void WriteLine::give_up(const std::exception& error) noexcept {
  why_ = explain(error, sessions_.server().place);
  const bool was_open = open_ != nullptr;
  const bool lost = is_connection_loss(error);
  // A new session is tried once more at once; one that could not even be made is not.
  worth_repeating_ = was_open && (lost || is_worth_repeating(error));
  // A statement that failed is of no more use: SOCI loses the memory of its parameters when it runs again.
  if (dynamic_cast<const sdk::Error*>(&error) == nullptr) { open_.reset(); }
  if (open_ == nullptr) { return; }
  try {
    if (open_->session.raw().in_transaction()) { open_->session.raw().exec(sql::kRollback); }
  } catch (const std::exception&) { open_.reset(); }
}

}  // namespace quarry::storage_postgres
