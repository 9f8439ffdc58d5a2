// SPDX-License-Identifier: MIT
// The checks of a library file before it is opened as code: loading a library runs what is in it.
#pragma once

#include "plugins/plugin_entry.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace quarry::plugins {

/// An open, checked file.
class LibraryFile {
 public:
  LibraryFile(int fd, std::filesystem::path path) noexcept : fd_(fd), path_(std::move(path)) {}
  LibraryFile(LibraryFile&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        path_(std::move(other.path_)),
        exports_(std::move(other.exports_)),
        id_(other.id_) {}
  LibraryFile& operator=(LibraryFile&&) = delete;
  ~LibraryFile();

  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Keeps the file open for good, so that /proc/self/fd names what was checked.
  void keep_open() noexcept { fd_ = -1; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const std::vector<std::string>& exports() const noexcept { return exports_; }
  /// Device and inode: the same file under any name.
  [[nodiscard]] std::pair<dev_t, ino_t> id() const noexcept { return id_; }

 private:
  friend sdk::Result<LibraryFile> open_library(const LibraryRef& ref);
  int fd_;
  std::filesystem::path path_;
  std::vector<std::string> exports_;
  std::pair<dev_t, ino_t> id_{};
};

/// Finds the file and checks: a name stays inside the plugin directory, links resolved; a regular file;
/// it and its folder belong to root or to this user and nobody else may write to them (a sticky folder
/// such as /tmp passes); sha256 when pinned; an ELF library of this machine that exports the entry. The
/// failure is a whole sentence.
[[nodiscard]] sdk::Result<LibraryFile> open_library(const LibraryRef& ref);

}  // namespace quarry::plugins
