// SPDX-License-Identifier: MIT
// How `quarry serve`, `check` and `plugin` end (docs/configuration.md shows them to users).
#pragma once

namespace quarry::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;         ///< could not start, or ended by a fault: storage, address in use
inline constexpr int kExitConflict = 5;       ///< of `quarry storage`: refused, because something stands in the way
inline constexpr int kExitConfiguration = 2;  ///< the manifest or a plugin it needs is wrong: nothing was started

}  // namespace quarry::app
