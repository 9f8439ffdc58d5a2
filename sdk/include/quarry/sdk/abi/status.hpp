// SPDX-License-Identifier: MIT
// The result of every call across the plugin boundary.
#pragma once

#include <cstdint>
#include <type_traits>

namespace quarry::sdk {

/// What happened. Values are frozen; new ones are appended.
enum class Code : std::int32_t {
  ok = 0,
  cancelled = 1,        ///< the caller gave up; nothing more will be read
  deadline = 2,         ///< time ran out; whether the effect happened is unknown
  invalid = 3,          ///< the request itself is wrong: retrying it cannot help
  not_found = 4,        ///< the thing named does not exist
  conflict = 5,         ///< it exists already, or something else stands in the way
  unauthenticated = 6,  ///< credentials refused: stop until the configuration changes
  rate_limited = 7,     ///< told to slow down; see Status::retry_after_ms
  unavailable = 8,      ///< the other side is down or answers nonsense: try later
  unsupported = 9,      ///< this plugin cannot do that; see its capabilities
  internal = 10,        ///< a bug in the callee
};

/// Bits of Status::flags.
enum StatusFlag : std::uint32_t {
  kRetryable = 1U << 0,     ///< the same call may succeed later
  kNotStarted = 1U << 1,    ///< the request certainly never reached the other side
  kMaybeApplied = 1U << 2,  ///< whether the effect happened is unknown: read before sending it again
};

/// Trivially copyable, 16 bytes, returned by value. The text that explains a failure travels
/// separately, through CallContext::fail, because a string may not cross the boundary.
struct Status {
  Code code = Code::ok;
  std::uint32_t flags = 0;           ///< StatusFlag bits
  std::uint32_t retry_after_ms = 0;  ///< 0: nothing was said about when
  std::int32_t vendor_code = 0;      ///< HTTP status, errno, SQLite code …; 0: none

  [[nodiscard]] constexpr bool ok() const noexcept { return code == Code::ok; }
  [[nodiscard]] constexpr bool retryable() const noexcept { return (flags & kRetryable) != 0; }
  [[nodiscard]] constexpr bool not_started() const noexcept { return (flags & kNotStarted) != 0; }
};
static_assert(std::is_trivially_copyable_v<Status> && sizeof(Status) == 16);

}  // namespace quarry::sdk
