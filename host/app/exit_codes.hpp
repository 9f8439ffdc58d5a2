// SPDX-License-Identifier: MIT
// How `quarry serve`, `check`, `plugin` and `storage` end (docs/configuration.md shows them to users). A service
// manager may rely on them, so a number never changes its meaning.
#pragma once

namespace quarry::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;         ///< could not start, or ended by a fault: address in use, a bug
inline constexpr int kExitConfiguration = 2;  ///< the manifest or a plugin it needs is wrong: nothing was started
inline constexpr int kExitConflict = 5;       ///< of `quarry storage`: refused, because something stands in the way

// The storage cannot be opened. All but the first end a start at once: waiting mends none of them.
inline constexpr int kExitStorageUnavailable = 10;  ///< it did not come within [host] start_timeout_s
inline constexpr int kExitStorageCredentials = 11;  ///< password or user refused
inline constexpr int kExitStorageRights = 12;       ///< this user may not do, write or make what is needed
inline constexpr int kExitStorageTls = 13;          ///< no encrypted connection that both sides accept
inline constexpr int kExitStorageReadOnly = 14;     ///< a standby, or a read-only mount
inline constexpr int kExitStorageFull = 15;         ///< no space left
inline constexpr int kExitStorageDamaged = 16;      ///< the file or database cannot be read
inline constexpr int kExitStorageFileSystem = 17;   ///< on a network file system, or one like it
inline constexpr int kExitStorageInUse = 18;        ///< another process owns the file
inline constexpr int kExitStorageNewer = 19;        ///< made by a newer Quarry
inline constexpr int kExitStorageMissing = 20;      ///< no such database or folder
inline constexpr int kExitStorageForeign = 21;      ///< the database of another program, or on an unsuitable server

}  // namespace quarry::app
