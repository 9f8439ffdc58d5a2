// SPDX-License-Identifier: MIT
// A pleasant face for a RecordStore: deadlines, sentences, pages. [thread-safe]
#pragma once

#include "records/set_aside.hpp"

#include <quarry/sdk/abi/record_store.hpp>
#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace quarry::records {

/// Sees a record where it lies: the view ends with the call. Called while the storage reads, so it is brief, calls no
/// storage and does not throw.
using RecordVisit = std::function<void(const sdk::RecordView&)>;
using Outcomes = std::vector<sdk::WriteOutcome>;

/// Which records of a list: `limit` of them after the first `offset`. A store has no offset of its own: those before
/// are read and dropped, so offset + limit is at most kMostReachable.
struct Slice {
  std::int64_t offset = 0;
  std::int64_t limit = 50;
};
inline constexpr std::int64_t kMostReachable = 10'000;
/// Which records are visited: those that are set aside (set_aside.hpp) are not shown to anybody; `all` is for who asks
/// what there is, and takes from a record only what it can use.
enum class Visit { sound, all };

class RecordClient {
 public:
  /// All outlive this object.
  RecordClient(sdk::RecordStore& store, const sdk::Clock& clock, SetAside& set_aside)
      : store_(store), clock_(clock), set_aside_(set_aside) {}

  /// `not_found`, or `conflict` with a sentence for a record that is set aside, without a call of `visit`.
  [[nodiscard]] sdk::Done get(std::string_view collection, std::int64_t id, const RecordVisit& visit) const;
  /// The first that matches, if any; `conflict` as get().
  [[nodiscard]] sdk::Done find_first(sdk::FindRecords request, const RecordVisit& visit) const;
  /// One page, of all.
  [[nodiscard]] sdk::Done find(const sdk::FindRecords& request, const RecordVisit& visit) const;
  /// All that match, read page by page; `limit` and `after` of the request are not looked at.
  [[nodiscard]] sdk::Done find_all(sdk::FindRecords request, const RecordVisit& visit,
                                   Visit which = Visit::sound) const;
  /// As find_all(), of them the slice; `invalid` beyond kMostReachable. Those that are set aside count, and are not
  /// visited: a slice may be shorter.
  [[nodiscard]] sdk::Done find_slice(sdk::FindRecords request, Slice slice, const RecordVisit& visit) const;
  [[nodiscard]] sdk::Result<std::int64_t> count(std::string_view collection,
                                                std::span<const sdk::Condition> where) const;
  /// One batch: all or nothing. One outcome for each write. A failure with kMaybeApplied: nobody knows.
  [[nodiscard]] sdk::Result<Outcomes> write(std::span<const sdk::RecordWrite> writes) const;
  /// For a write that may be made twice (an upsert): when nobody knows whether it was made, it is made again.
  [[nodiscard]] sdk::Result<sdk::WriteOutcome> write_surely(const sdk::RecordWrite& write) const;

  /// Reads what is set aside again: it may be mended or gone.
  void look_again() const;

  [[nodiscard]] sdk::RecordStore& store() const noexcept { return store_; }
  [[nodiscard]] const sdk::Clock& clock() const noexcept { return clock_; }

 private:
  [[nodiscard]] sdk::BasicContext context() const;
  [[nodiscard]] sdk::Done walk(sdk::FindRecords request, Slice slice, Visit which, const RecordVisit& visit) const;

  sdk::RecordStore& store_;
  const sdk::Clock& clock_;
  SetAside& set_aside_;
};

/// The outcome that says why a batch was not applied; null when it was.
[[nodiscard]] const sdk::WriteOutcome* refusal_of(const Outcomes& outcomes) noexcept;
/// Whether the failure leaves open if something was written.
[[nodiscard]] constexpr bool maybe_applied(const sdk::Failure& failure) noexcept {
  return (failure.status.flags & sdk::kMaybeApplied) != 0;
}
/// A refusal that no caller has a better sentence for.
[[nodiscard]] sdk::Failure refused(std::string_view what, const sdk::WriteOutcome& outcome);

}  // namespace quarry::records
