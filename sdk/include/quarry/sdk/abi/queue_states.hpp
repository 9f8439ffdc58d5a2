// SPDX-License-Identifier: MIT
// The states of a download and every change of state there is, as data. Host and stores both use
// this table: the host to decide, the store to refuse what is not in it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace quarry::sdk {

enum class DownloadState : std::int32_t {
  queued = 0,       ///< claimable at due_at
  dispatching = 1,  ///< leased: a worker resolves it, commits the intent and sends it to a client
  verifying = 2,    ///< whether the client has it is unknown: only reading back is allowed
  downloading = 3,  ///< the client owns it; progress is a cache, not a state
  missing = 4,      ///< vanished from several complete listings of a healthy client
  completed = 5,    ///< every byte is there; it may still be seeding
  blocked = 6,      ///< a person must decide
  failed = 7,       ///< attempts used up, or hopeless
  cancelled = 8,    ///< for ever
};
inline constexpr std::int32_t kDownloadStates = 9;

/// What the API shows. Derived from state and flags, by public_status().
enum class PublicStatus : std::int32_t {
  queued = 0,
  downloading = 1,
  paused = 2,
  stalled = 3,
  seeding = 4,
  completed = 5,
  failed = 6,
  cancelled = 7,
};
inline constexpr std::int32_t kPublicStatuses = 8;

/// Bits of DownloadView::flags.
enum DownloadFlag : std::uint32_t {
  kHold = 1U << 0,          ///< paused by the user: not claimed, and paused in the client
  kHoldApplied = 1U << 1,   ///< the client may have been told to pause: it must be told to resume
  kStalled = 1U << 2,       ///< the client reports no data for a while
  kSeeding = 1U << 3,       ///< completed and still sharing
  kClientPaused = 1U << 4,  ///< the item stands still in the client, whoever stopped it
};

/// Who asks for a change of state.
enum class Actor : std::int32_t {
  worker = 0,      ///< the dispatcher that holds the lease
  rescue = 1,      ///< after a lease ran out
  reconciler = 2,  ///< after reading the client
  user = 3,
  claim = 4,
};
inline constexpr std::int32_t kActors = 5;

struct StateChange {
  DownloadState from;
  DownloadState to;
  std::uint32_t actors;  ///< bit per Actor
  bool raises_epoch;     ///< whoever worked on the row before can change nothing after it
};

namespace detail {
constexpr std::uint32_t by(Actor a) { return 1U << static_cast<std::uint32_t>(a); }
template <class... A>
constexpr std::uint32_t by(Actor a, A... more) {
  return by(a) | by(more...);
}
}  // namespace detail

/// Every change of state there is. A pair that is not listed is refused.
inline constexpr std::array kStateChanges = {
    StateChange{DownloadState::queued, DownloadState::dispatching, detail::by(Actor::claim), true},
    StateChange{DownloadState::queued, DownloadState::cancelled, detail::by(Actor::user), true},

    StateChange{DownloadState::dispatching, DownloadState::downloading, detail::by(Actor::worker), false},
    StateChange{DownloadState::dispatching, DownloadState::verifying, detail::by(Actor::worker, Actor::rescue), true},
    StateChange{DownloadState::dispatching, DownloadState::queued, detail::by(Actor::worker, Actor::rescue), true},
    StateChange{DownloadState::dispatching, DownloadState::failed, detail::by(Actor::worker), false},
    StateChange{DownloadState::dispatching, DownloadState::blocked, detail::by(Actor::worker), false},
    StateChange{DownloadState::dispatching, DownloadState::cancelled, detail::by(Actor::user), true},

    StateChange{DownloadState::verifying, DownloadState::downloading, detail::by(Actor::reconciler), false},
    StateChange{DownloadState::verifying, DownloadState::queued, detail::by(Actor::reconciler), true},
    StateChange{DownloadState::verifying, DownloadState::failed, detail::by(Actor::reconciler), false},
    StateChange{DownloadState::verifying, DownloadState::cancelled, detail::by(Actor::user), true},

    StateChange{DownloadState::downloading, DownloadState::completed, detail::by(Actor::reconciler), false},
    StateChange{DownloadState::downloading, DownloadState::missing, detail::by(Actor::reconciler), false},
    StateChange{DownloadState::downloading, DownloadState::failed, detail::by(Actor::reconciler), false},
    StateChange{DownloadState::downloading, DownloadState::blocked, detail::by(Actor::reconciler), false},
    StateChange{DownloadState::downloading, DownloadState::cancelled, detail::by(Actor::user), true},

    StateChange{DownloadState::missing, DownloadState::downloading, detail::by(Actor::reconciler), false},
    StateChange{DownloadState::missing, DownloadState::queued, detail::by(Actor::reconciler, Actor::user), true},
    StateChange{DownloadState::missing, DownloadState::failed, detail::by(Actor::reconciler), false},
    StateChange{DownloadState::missing, DownloadState::cancelled, detail::by(Actor::user), true},

    StateChange{DownloadState::completed, DownloadState::cancelled, detail::by(Actor::user), true},

    StateChange{DownloadState::blocked, DownloadState::queued, detail::by(Actor::user), true},
    StateChange{DownloadState::blocked, DownloadState::failed, detail::by(Actor::user), true},
    StateChange{DownloadState::blocked, DownloadState::cancelled, detail::by(Actor::user), true},

    StateChange{DownloadState::failed, DownloadState::queued, detail::by(Actor::user), true},
    StateChange{DownloadState::failed, DownloadState::cancelled, detail::by(Actor::user), true},
};

/// The change from → to by `actor`, or null when there is none.
[[nodiscard]] constexpr const StateChange* find_change(DownloadState from, DownloadState to, Actor actor) noexcept {
  for (const StateChange& change : kStateChanges) {
    if (change.from == from && change.to == to) { return (change.actors & detail::by(actor)) != 0 ? &change : nullptr; }
  }
  return nullptr;
}

/// A worker holds a lease on the row.
[[nodiscard]] constexpr bool is_leased(DownloadState s) noexcept { return s == DownloadState::dispatching; }
/// Counts against the limit of its lane, unless it is on hold.
[[nodiscard]] constexpr bool takes_slot(DownloadState s) noexcept {
  return s == DownloadState::dispatching || s == DownloadState::verifying || s == DownloadState::downloading ||
         s == DownloadState::missing;
}
/// A paused download does nothing, so it keeps nobody waiting: when it is resumed, the lane may for a
/// while hold more than its limit, and claims nothing until it does not.
[[nodiscard]] constexpr bool takes_slot(DownloadState s, std::uint32_t flags) noexcept {
  return takes_slot(s) && (flags & kHold) == 0;
}
/// Holds its release key and its hash: no second row with an equal one may exist.
[[nodiscard]] constexpr bool is_live(DownloadState s) noexcept {
  return s != DownloadState::failed && s != DownloadState::cancelled;
}
/// Nothing more happens by itself; prune() may take the row away. ended_at_ms is set exactly here.
[[nodiscard]] constexpr bool is_ended(DownloadState s) noexcept {
  return s == DownloadState::completed || s == DownloadState::failed || s == DownloadState::cancelled;
}

[[nodiscard]] constexpr PublicStatus public_status(DownloadState state, std::uint32_t flags) noexcept {
  switch (state) {
    case DownloadState::completed:
      return (flags & kSeeding) != 0 ? PublicStatus::seeding : PublicStatus::completed;
    case DownloadState::blocked:
    case DownloadState::failed:
      return PublicStatus::failed;
    case DownloadState::cancelled:
      return PublicStatus::cancelled;
    default:
      break;
  }
  if ((flags & (kHold | kClientPaused)) != 0) { return PublicStatus::paused; }
  switch (state) {
    case DownloadState::downloading:
      return (flags & kStalled) != 0 ? PublicStatus::stalled : PublicStatus::downloading;
    case DownloadState::missing:
      return PublicStatus::stalled;
    default:
      return PublicStatus::queued;
  }
}

[[nodiscard]] constexpr std::string_view to_string(DownloadState s) noexcept {
  constexpr std::array<std::string_view, kDownloadStates> kNames = {
      "queued", "dispatching", "verifying", "downloading", "missing", "completed", "blocked", "failed", "cancelled"};
  const auto i = static_cast<std::size_t>(s);
  return i < kNames.size() ? kNames[i] : "unknown";
}
[[nodiscard]] constexpr std::string_view to_string(PublicStatus s) noexcept {
  constexpr std::array<std::string_view, kPublicStatuses> kNames = {"queued",  "downloading", "paused", "stalled",
                                                                    "seeding", "completed",   "failed", "cancelled"};
  const auto i = static_cast<std::size_t>(s);
  return i < kNames.size() ? kNames[i] : "unknown";
}

}  // namespace quarry::sdk
