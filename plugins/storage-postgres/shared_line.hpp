// SPDX-License-Identifier: MIT
// Many callers of the same command at the same time, one statement: a batch costs little more than one row, so whoever
// comes while another statement is under way goes along with the next.
#pragma once

#include "write_line.hpp"

#include <iterator>
#include <span>
#include <vector>

namespace quarry::storage_postgres {

/// Commands that answer an `Answer` for each `Item`. When the statement for all fails, each caller's items go in one of
/// their own, so that nobody fails for a neighbour.
template <class Item, class Answer>
class SharedLine final : private storage_sql::CommitLine::Runner {
 public:
  using Answers = std::vector<Answer>;
  using Command = Answers (Writer::*)(std::span<const Item>);
  using IsOneStatement = bool (*)(std::span<const Item>);

  /// `writes` must outlive the line. `is_one_statement`: whether the command changes something in one statement only.
  SharedLine(WriteLine& writes, Command command, IsOneStatement is_one_statement)
      : writes_(writes), command_(command), is_one_statement_(is_one_statement) {}

  /// See CommitLine::run(): `rows` is about how many rows are written, and only callers of an equal `party` share a
  /// transaction. `answers` are those of `items`, in their order. False: nobody can say whether it was committed.
  /// [thread-safe]
  bool run(sdk::CallContext& ctx, std::size_t rows, std::span<const Item> items, Answers& answers,
           std::string_view party = {}) {
    return line_.run(ctx, rows, [&] { entries_.push_back({items, rows, party, &answers}); }, {false, party});
  }

  /// Callers in line, those under way included, for tests and figures. [thread-safe]
  [[nodiscard]] std::size_t waiting() const { return line_.waiting(); }

 private:
  using Ticket = storage_sql::CommitLine::Ticket;
  struct Entry {
    std::span<const Item> items;
    std::size_t rows;
    std::string_view party;
    Answers* answers;
  };

  std::size_t run(sdk::CallContext& leader, std::span<Ticket* const> group) noexcept override {
    bool unknown = false;
    entries_.clear();
    try {
      entries_.reserve(group.size());
      for (Ticket* ticket : group) { (*ticket->command)(); }
      if (group.size() > 1) {
        if (commit(leader, entries_)) { return group.size(); }
        unknown = true;
      }
    } catch (const std::exception& error) {
      // One of them may have spoilt it for the others.
      if (entries_.size() < group.size()) {
        for (Ticket* ticket : group) { ticket->failure = failure_of(error); }
        return group.size();
      }
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
      // The others have time of their own, and go on with the next of them as the leader.
      const bool is_over = leader.cancelled() || leader.remaining_ms() <= 0;
      if (i > 0 && is_over && !unknown) { return i; }
      commit_alone(leader, *group[i], entries_[i], unknown);
    }
    return group.size();
  }

  [[nodiscard]] bool commit(sdk::CallContext& ctx, std::span<const Entry> entries) {
    std::vector<Item> items;
    std::size_t rows = 0;
    for (const Entry& entry : entries) {
      items.insert(items.end(), entry.items.begin(), entry.items.end());
      rows += entry.rows;
    }
    Answers answers;
    const storage_sql::CommitTraits traits = {is_one_statement_(items), entries.front().party};
    if (!writes_.run(ctx, rows, traits, [&](Writer& writer) { answers = (writer.*command_)(items); })) { return false; }
    auto next = answers.begin();
    for (const Entry& entry : entries) {
      const auto end = next + static_cast<std::ptrdiff_t>(entry.items.size());
      entry.answers->assign(std::make_move_iterator(next), std::make_move_iterator(end));
      next = end;
    }
    return true;
  }

  /// `unknown`: it may have been committed already, with the others.
  void commit_alone(sdk::CallContext& ctx, Ticket& ticket, const Entry& entry, bool unknown) noexcept {
    try {
      ticket.unknown = !commit(ctx, std::span(&entry, 1));
    } catch (const std::exception& error) {
      // Once a commit may have arrived, a later failure does not say that it has not.
      ticket.unknown = unknown;
      if (unknown) { return; }
      ticket.failure = failure_of(error);
    }
  }
  static sdk::Failure failure_of(const std::exception& error) {
    const auto* known = dynamic_cast<const sdk::Error*>(&error);
    return known == nullptr ? sdk::failure(sdk::Code::internal, error.what())
                            : sdk::Failure{known->status(), error.what()};
  }

  WriteLine& writes_;
  const Command command_;
  const IsOneStatement is_one_statement_;
  std::vector<Entry> entries_;  ///< of the group under way; filled by its commands
  storage_sql::CommitLine line_{*this};
};

}  // namespace quarry::storage_postgres
