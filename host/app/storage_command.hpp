// SPDX-License-Identifier: MIT
// `quarry storage …`: looks after the storage that a manifest names, while no host works on it; status, backup and
// check also while one does. Knows storages by the SDK's storage_admin/1 alone. Each command returns the exit code of
// the process and prints sentences to `err`.
#pragma once

#include "app/commands.hpp"

#include <filesystem>
#include <functional>
#include <iosfwd>

namespace quarry::app {

struct StorageArguments {
  HostArguments host;               ///< the manifest (of copy: neither)
  std::filesystem::path file;       ///< of backup and restore; absolute
  std::filesystem::path from;       ///< of copy: the manifest of the source; absolute
  std::filesystem::path to;         ///< of copy: the manifest of the target; absolute
  bool terminal = false;            ///< `err` is one: progress is a line that is written again and again
  std::function<bool()> cancelled;  ///< the user wants no more of it; empty: never
};

[[nodiscard]] int storage_status(const StorageArguments& arguments, std::ostream& out, std::ostream& err);
/// Brings the tables up to date, as the next start of a host would.
[[nodiscard]] int storage_migrate(const StorageArguments& arguments, std::ostream& out, std::ostream& err);
[[nodiscard]] int storage_backup(const StorageArguments& arguments, std::ostream& out, std::ostream& err);
[[nodiscard]] int storage_restore(const StorageArguments& arguments, std::ostream& out, std::ostream& err);
/// kExitFailed when something harmful was found.
[[nodiscard]] int storage_check(const StorageArguments& arguments, std::ostream& out, std::ostream& err);
/// Copies everything from one storage into another, reads it back and compares; goes on where one that was cut off
/// has stopped.
[[nodiscard]] int storage_copy(const StorageArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace quarry::app
