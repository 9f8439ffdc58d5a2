// SPDX-License-Identifier: MIT
// The file the queue lives in: where it is, that it can be trusted to a database, and that no other
// process uses it.
#pragma once

#include <quarry/sdk/helpers/config.hpp>

#include <string>
#include <string_view>

namespace quarry::storage_sqlite {

/// The file that a configured `url` or `path` names: "sqlite:PATH", "sqlite:///absolute/path" or a path.
/// Throws sdk::Error(invalid).
[[nodiscard]] std::string file_of(std::string_view configured);
/// The same for a whole configuration, in which one of the two stands.
[[nodiscard]] std::string file_of(const sdk::Config& config);

/// The name of a file system on which SQLite cannot lock reliably, by statfs' f_type; empty: fine.
[[nodiscard]] std::string_view unsafe_file_system(long type) noexcept;

/// Throws sdk::Error(invalid) when the folder of `file` does not exist, (unavailable) when it may not be entered.
void require_folder_of(const std::string& file);

/// Owns the database file for this process, through a lock on "<file>.lock", until it is destroyed.
/// The lock dies with the process, however that ends; the lock file stays.
class FileGuard {
 public:
  /// Resolves links, checks folder and file system, takes the lock, and makes the file (mode 0600)
  /// when it is missing. Throws sdk::Error: `invalid` (no such folder, not a file, network file
  /// system), `conflict` (in use by another process, named), `unavailable` (permissions).
  explicit FileGuard(const std::string& file);
  ~FileGuard();
  FileGuard(const FileGuard&) = delete;
  FileGuard& operator=(const FileGuard&) = delete;

  /// The file, absolute and without links.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  void take_lock();
  void make_file() const;

  std::string path_;
  int lock_ = -1;
};

}  // namespace quarry::storage_sqlite
