// SPDX-License-Identifier: MIT
// Many callers that enqueue at the same time, one statement: a batch costs little more than one row, so whoever comes
// while another statement is under way goes along with the next.
#pragma once

#include "write_line.hpp"

#include <vector>

namespace quarry::storage_postgres {

/// When the statement for all fails, each caller's rows go in one of their own, so that nobody fails for a neighbour.
class EnqueueLine final : private storage_sql::CommitLine::Runner {
 public:
  /// `writes` must outlive the line.
  explicit EnqueueLine(WriteLine& writes) : writes_(writes) {}

  /// See CommitLine::run(); `outcomes` are those of `items`, in their order. False: nobody can say whether it was
  /// committed. [thread-safe]
  bool run(sdk::CallContext& ctx, std::span<const sdk::NewDownload> items, Outcomes& outcomes);

  /// Callers in line, those under way included, for tests and figures. [thread-safe]
  [[nodiscard]] std::size_t waiting() const { return line_.waiting(); }

 private:
  using Ticket = storage_sql::CommitLine::Ticket;
  struct Entry {
    std::span<const sdk::NewDownload> items;
    Outcomes* outcomes;
  };

  std::size_t run(sdk::CallContext& leader, std::span<Ticket* const> group) noexcept override;
  [[nodiscard]] bool commit(sdk::CallContext& ctx, std::span<const Entry> entries);

  /// `unknown`: it may have been committed already, with the others.
  void commit_alone(sdk::CallContext& ctx, Ticket& ticket, const Entry& entry, bool unknown) noexcept;

  WriteLine& writes_;
  std::vector<Entry> entries_;  ///< of the group under way; filled by its commands
  storage_sql::CommitLine line_{*this};
};

}  // namespace quarry::storage_postgres
