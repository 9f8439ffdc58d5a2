// SPDX-License-Identifier: MIT
// Backups: complete copies of the database as one file each.
#pragma once

#include <quarry/sdk/abi/storage_admin.hpp>

#include <string>

namespace quarry::storage_sqlite {

/// Writes the database `from`, as it is at one moment, into the new file `to`; others may go on writing. `to` has its
/// name only once it is complete, checked and on the disk. Throws sdk::Error (`not_found`: no database; `conflict`:
/// `to` exists; `cancelled`) or SqliteFailure; then there is no file.
void write_backup(const std::string& from, const std::string& to, sdk::ProgressSink& progress);

/// Replaces the database `to`, which the caller owns by its FileGuard, by the backup `from`, in one step. Throws before
/// anything was changed: sdk::Error(`conflict`: newer, another program's, unfinished; `invalid`: damaged),
/// SqliteFailure. A database that was too damaged to be closed in order is kept beside as "<to>.damaged".
void restore_backup(const std::string& from, const std::string& to, sdk::ProgressSink& progress);

}  // namespace quarry::storage_sqlite
