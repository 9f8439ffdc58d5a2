// SPDX-License-Identifier: MIT
// Names the plugins that were being called when a process died.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::plugins {

/// A small file mapped into memory: the kernel keeps what was written to it when the process ends in any
/// way. Each call takes one cell for its time; entering and leaving cost no system call. Where the file
/// cannot be made, or another process uses it, everything works and nothing is remembered.
class CrashSentinel {
 public:
  explicit CrashSentinel(const std::filesystem::path& file);
  ~CrashSentinel();
  CrashSentinel(const CrashSentinel&) = delete;
  CrashSentinel& operator=(const CrashSentinel&) = delete;

  /// What the process before this one left behind: names, each once, in the order of the cells.
  [[nodiscard]] const std::vector<std::string>& left_behind() const noexcept { return left_behind_; }

  /// Takes a cell for the time of a call. Without a free cell the call goes unnoted. [thread-safe]
  class Mark {
   public:
    Mark(CrashSentinel& sentinel, std::string_view name) noexcept;
    ~Mark();
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;

   private:
    CrashSentinel& sentinel_;
    std::size_t cell_;
  };

 private:
  static constexpr std::size_t kCells = 64;
  static constexpr std::size_t kCellBytes = 64;

  void read_left_behind();

  int fd_ = -1;  ///< holds the lock
  char* map_ = nullptr;
  std::array<std::atomic<bool>, kCells> taken_{};
  std::vector<std::string> left_behind_;
};

}  // namespace quarry::plugins
