// SPDX-License-Identifier: MIT
// How the commands that ask a running host end (docs/cli.md shows them to users). A script may rely on them.
#pragma once

namespace quarry::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;       ///< the host was reached and the request failed; or a watched download did
inline constexpr int kExitUsage = 2;        ///< wrong arguments, no API key, or the host refuses the key
inline constexpr int kExitUnreachable = 3;  ///< nothing answers at that URL
inline constexpr int kExitNotFound = 4;     ///< unknown id, nothing found, or no release is acceptable
inline constexpr int kExitConflict = 5;     ///< the release is in the queue already
inline constexpr int kExitSignal = 128;     ///< plus the signal that ended a watch: 130 for Ctrl-C

}  // namespace quarry::cli
