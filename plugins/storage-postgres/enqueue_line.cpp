// SPDX-License-Identifier: MIT
#include "enqueue_line.hpp"

namespace quarry::storage_postgres {

bool EnqueueLine::run(sdk::CallContext& ctx, std::span<const sdk::NewDownload> items, Outcomes& outcomes) {
  return line_.run(ctx, items.size(), [&] { entries_.push_back({items, &outcomes}); });
}

std::size_t EnqueueLine::run(sdk::CallContext& leader, std::span<Ticket* const> group) noexcept {
  bool unknown = false;
  try {
    entries_.clear();
    for (Ticket* ticket : group) { (*ticket->command)(); }
    if (group.size() > 1) {
      if (commit(leader, entries_)) { return group.size(); }
      unknown = true;
    }
  } catch (const std::exception&) {
    // One of them may have spoilt it for the others.
  }
  for (std::size_t i = 0; i < group.size(); ++i) { commit_alone(leader, *group[i], entries_[i], unknown); }
  return group.size();
}

void EnqueueLine::commit_alone(sdk::CallContext& ctx, Ticket& ticket, const Entry& entry, bool unknown) noexcept {
  try {
    ticket.unknown = !commit(ctx, std::span(&entry, 1));
  } catch (const std::exception& error) {
    // Once a commit may have arrived, a later failure does not say that it has not.
    ticket.unknown = unknown;
    if (unknown) { return; }
    const auto* known = dynamic_cast<const sdk::Error*>(&error);
    ticket.failure = known == nullptr ? sdk::failure(sdk::Code::internal, error.what())
                                      : sdk::Failure{known->status(), error.what()};
  }
}

bool EnqueueLine::commit(sdk::CallContext& ctx, std::span<const Entry> entries) {
  std::vector<sdk::NewDownload> items;
  for (const Entry& entry : entries) { items.insert(items.end(), entry.items.begin(), entry.items.end()); }
  Outcomes outcomes;
  const storage_sql::CommitTraits traits = {items.size() == 1, {}};
  if (!writes_.run(ctx, items.size(), traits, [&](Writer& writer) { outcomes = writer.enqueue(items); })) {
    return false;
  }
  auto next = outcomes.begin();
  for (const Entry& entry : entries) {
    const auto end = next + static_cast<std::ptrdiff_t>(entry.items.size());
    entry.outcomes->assign(next, end);
    next = end;
  }
  return true;
}

}  // namespace quarry::storage_postgres
