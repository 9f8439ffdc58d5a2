// SPDX-License-Identifier: MIT
// The rules every queue store shares, as pure functions: which requests are not well-formed, and
// what becomes of a command on a row, given the row. A store reads the row, asks here, and writes
// only when the answer is `applied`; so all stores judge alike, in the same order.
//
// The check() functions throw Error(invalid) with a sentence; the others cannot fail.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace quarry::sdk::queue_rules {

inline constexpr std::size_t kMaxTransitions = 500;
inline constexpr std::size_t kMaxDutyName = 128;
inline constexpr std::int32_t kMaxClaim = 500;
inline constexpr std::int32_t kMaxPage = 1000;
inline constexpr std::int64_t kMaxLeaseMs = 31LL * 24 * 3600 * 1000;
inline constexpr std::uint32_t kProgressFlags = kStalled | kSeeding | kClientPaused;
/// What a lane that nobody has set is like.
inline constexpr std::int32_t kDefaultMaxActive = 3;
/// The reason in the event of a rescue.
inline constexpr std::string_view kRescueReason = "the lease ran out or its owner is gone";
/// A rescued row that goes back to the queue waits so long: if handing it over is what ended the host, the
/// others get their turn before it is tried again.
inline constexpr std::int64_t kRescueWaitMs = 1'000;
inline constexpr std::string_view kRescueWaitReason = "Quarry ended while handing it over; it is tried again";

inline void check_that(bool good, const char* otherwise) {
  if (!good) { throw Error(Code::invalid, otherwise); }
}
/// Printable ASCII, 1 to `most` bytes.
[[nodiscard]] inline bool is_name(std::string_view text, std::size_t most) noexcept {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return !text.empty() && text.size() <= most && printable;
}
inline void check_command_id(std::string_view id) {
  check_that(is_name(id, 64), "a command_id is 1 to 64 bytes of printable ASCII");
}
inline void check_duty_name(std::string_view name) {
  check_that(is_name(name, kMaxDutyName), "the name of a duty is 1 to 128 bytes of printable ASCII");
}
inline void check(const NewDownload& item) {
  check_command_id(item.command_id);
  check_that(!item.lane.empty(), "a download needs the name of its lane");
  check_that(!item.release_key.empty(), "a download needs a release_key");
  check_that((item.flags & ~std::uint32_t{kHold}) == 0, "a new download may have no flag but kHold");
}
inline void check(const ClaimRequest& request) {
  check_command_id(request.command_id);
  check_that(request.limit >= 1 && request.limit <= kMaxClaim, "a claim takes 1 to 500 rows");
  check_that(request.lease_ms >= 1 && request.lease_ms <= kMaxLeaseMs, "a lease lasts 1 ms to 31 days");
  check_that(!request.owner.empty() && !request.lane.empty(), "a claim names its lane and its owner");
}
inline void check_lease(std::string_view owner, std::int64_t lease_ms) {
  check_that(!owner.empty(), "a heartbeat names its owner");
  check_that(lease_ms >= 1 && lease_ms <= kMaxLeaseMs, "a lease lasts 1 ms to 31 days");
}
inline void check(const Intent& intent) {
  check_command_id(intent.command_id);
  check_that(!intent.client.empty(), "an intent names the client");
}
inline void check(std::span<const Transition> changes) {
  check_that(changes.size() <= kMaxTransitions, "at most 500 transitions in one call");
  for (const Transition& change : changes) {
    check_command_id(change.command_id);
    const auto actor = static_cast<std::int32_t>(change.actor);
    check_that(actor >= 0 && actor < kActors, "unknown actor of a transition");
    if (!change.duty.empty()) { check_duty_name(change.duty); }
  }
}
inline void check(const DutyRequest& request) {
  check_duty_name(request.name);
  check_that(!request.owner.empty(), "who takes a duty names its owner");
  check_that(request.give_up == 0 || request.give_up == 1, "give_up is 0 or 1");
  check_that(request.lease_ms >= 1 && request.lease_ms <= kMaxLeaseMs, "a lease lasts 1 ms to 31 days");
}
inline void check(const Edit& edit) {
  check_command_id(edit.command_id);
  check_that(((edit.set_flags | edit.clear_flags) & kHold) == 0, "hold is edited by kEditHold, not by flags");
}
inline void check_rescue(std::string_view command_id, std::string_view owner, std::int32_t limit) {
  check_command_id(command_id);
  check_that(!owner.empty() && limit >= 1, "a rescue names its owner and a limit of at least 1");
}
inline void check(std::span<const Progress> items) {
  for (const Progress& item : items) {
    check_that(((item.set_flags | item.clear_flags) & ~kProgressFlags) == 0,
               "progress sets kStalled, kSeeding and kClientPaused only");
  }
}
inline void check(const ListRequest& request) {
  check_that(request.limit >= 1 && request.limit <= kMaxPage, "a page has 1 to 1000 rows");
  check_that(request.offset >= 0, "the offset of a page is not negative");
  check_that(request.filter.after_id == 0 || (request.sort == SortKey::id && request.descending == 0),
             "after_id goes with SortKey::id, ascending");
  check_that(request.sort >= SortKey::id && request.sort <= SortKey::added, "unknown sort key");
}
inline void check(const LaneSettings& settings) {
  check_that(!settings.lane.empty(), "a lane needs a name");
  check_that(settings.max_active >= kKeepLimit && settings.hold >= -1 && settings.hold <= 1,
             "max_active is at least 0, or -1 to keep it; hold is one of -1, 0 and 1");
}
inline void check_events(std::int32_t limit) {
  check_that(limit >= 1 && limit <= kMaxPage, "1 to 1000 events in one call");
}
inline void check_prune(std::int32_t limit) {
  check_that(limit >= 1 && limit <= kMaxPage, "1 to 1000 rows are pruned in one call");
}

/// What a store must know of a row to judge a command.
struct RowFacts {
  std::int64_t epoch = 0;
  std::int64_t version = 0;
  DownloadState state = DownloadState::queued;
  std::int64_t lease_until_ms = 0;
  std::string_view lease_owner;
  std::string_view last_command;
};

/// A duty as a store keeps it. The defaults stand for one that nobody ever held.
struct DutyFacts {
  std::string_view owner;
  std::int64_t epoch = 0;
  std::int64_t lease_until_ms = 0;
};
[[nodiscard]] inline bool is_held(const DutyFacts& duty, std::int64_t now_ms) noexcept {
  return duty.lease_until_ms > now_ms;
}

/// What becomes of a request for a duty. `alone`: one process owns the storage, so any other owner is gone.
struct DutyVerdict {
  bool write = false;  ///< keep owner of the request, epoch and lease_until_ms of `duty`
  Duty duty;           ///< the answer
};
[[nodiscard]] inline DutyVerdict judge(const DutyFacts& duty, const DutyRequest& request, bool alone,
                                       std::int64_t now_ms) noexcept {
  const bool mine = duty.owner == request.owner;
  DutyVerdict verdict;
  verdict.duty.epoch = duty.epoch;
  verdict.duty.lease_until_ms = duty.lease_until_ms;
  if (request.give_up != 0) {
    verdict.write = mine;
    if (mine) { verdict.duty.lease_until_ms = 0; }
    return verdict;
  }
  if (!mine && !alone && is_held(duty, now_ms)) { return verdict; }
  verdict.write = true;
  verdict.duty.held = 1;
  verdict.duty.epoch += mine ? 0 : 1;
  verdict.duty.lease_until_ms = now_ms + request.lease_ms;
  return verdict;
}

/// `duty`: the one that the change names, whatever it is when it names none.
/// `applied` means: go on (a conflict with another live row is still possible).
[[nodiscard]] inline CommandResult judge(const RowFacts& row, const Transition& change, const DutyFacts& duty,
                                         std::int64_t now_ms) noexcept {
  if (row.last_command == change.command_id) { return CommandResult::already_applied; }
  const bool on_duty = duty.epoch == change.duty_epoch && is_held(duty, now_ms);
  if (!change.duty.empty() && !on_duty) { return CommandResult::stale_epoch; }
  if (row.epoch != change.epoch) { return CommandResult::stale_epoch; }
  if (row.state != change.from) { return CommandResult::wrong_state; }
  // Only claim() makes a lease, so no other command may enter a leased state.
  if (is_leased(change.to) || find_change(change.from, change.to, change.actor) == nullptr) {
    return CommandResult::wrong_state;
  }
  if (change.expected_version >= 0 && row.version != change.expected_version) { return CommandResult::stale_version; }
  return CommandResult::applied;
}
[[nodiscard]] inline CommandResult judge(const RowFacts& row, const Intent& intent, std::int64_t now_ms) noexcept {
  if (row.last_command == intent.command_id) { return CommandResult::already_applied; }
  if (row.epoch != intent.epoch) { return CommandResult::stale_epoch; }
  if (row.state != DownloadState::dispatching) { return CommandResult::wrong_state; }
  // Whoever let the lease run out must expect that the row is taken the next moment.
  return row.lease_until_ms > now_ms ? CommandResult::applied : CommandResult::stale_epoch;
}
[[nodiscard]] inline CommandResult judge(const RowFacts& row, const Edit& edit) noexcept {
  if (row.last_command == edit.command_id) { return CommandResult::already_applied; }
  const bool stale = edit.expected_version >= 0 && row.version != edit.expected_version;
  return stale ? CommandResult::stale_version : CommandResult::applied;
}
[[nodiscard]] inline CommandResult judge(const RowFacts& row, const Progress& progress) noexcept {
  if (row.epoch != progress.epoch) { return CommandResult::stale_epoch; }
  const bool open = row.state == DownloadState::downloading || row.state == DownloadState::missing ||
                    row.state == DownloadState::completed;
  return open ? CommandResult::applied : CommandResult::wrong_state;
}
/// For heartbeat(): is the lease still `owner`'s?
[[nodiscard]] inline CommandResult judge(const RowFacts& row, const LeaseRef& lease, std::string_view owner) noexcept {
  const bool mine = row.epoch == lease.epoch && is_leased(row.state) && row.lease_owner == owner;
  return mine ? CommandResult::applied : CommandResult::stale_epoch;
}

/// "0: at once" as a time.
[[nodiscard]] constexpr std::int64_t due_time(std::int64_t due_at_ms, std::int64_t now_ms) noexcept {
  return due_at_ms == 0 ? now_ms : due_at_ms;
}
[[nodiscard]] inline std::int64_t rank_of(std::int64_t enqueued_at_ms, std::int64_t bonus_ms) noexcept {
  std::int64_t rank = 0;
  if (!__builtin_sub_overflow(enqueued_at_ms, bonus_ms, &rank)) { return rank; }
  return bonus_ms > 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}
/// By what SortKey::timeleft sorts: an unknown time comes after every known one.
[[nodiscard]] constexpr std::int64_t timeleft_key(std::int64_t eta_s) noexcept {
  return eta_s < 0 ? std::numeric_limits<std::int64_t>::max() : eta_s;
}
/// The state of a row whose lease ran out. With an intent the client may have it: only reading back is safe.
[[nodiscard]] inline DownloadState rescued_state(std::string_view client) noexcept {
  return client.empty() ? DownloadState::queued : DownloadState::verifying;
}

}  // namespace quarry::sdk::queue_rules
