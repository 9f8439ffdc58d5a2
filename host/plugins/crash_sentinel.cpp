// SPDX-License-Identifier: MIT
#include "plugins/crash_sentinel.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace quarry::plugins {

CrashSentinel::CrashSentinel(const std::filesystem::path& file)
    : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  constexpr std::size_t kBytes = kCells * kCellBytes;
  if (fd_ < 0 || ::flock(fd_, LOCK_EX | LOCK_NB) != 0) { return; }
  // With its space, and not a hole of that length: on a full disk the first touch of one ends the process by SIGBUS.
  if (::posix_fallocate(fd_, 0, kBytes) != 0) { return; }
  void* map = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (map == MAP_FAILED) { return; }
  map_ = static_cast<char*>(map);
  read_left_behind();
}

CrashSentinel::~CrashSentinel() {
  if (map_ != nullptr) { ::munmap(map_, kCells * kCellBytes); }
  if (fd_ >= 0) { ::close(fd_); }
}

void CrashSentinel::read_left_behind() {
  for (std::size_t i = 0; i < kCells; ++i) {
    const char* cell = map_ + i * kCellBytes;
    std::string name(cell, ::strnlen(cell, kCellBytes));
    // The file is ours, but a disk may lie: only what can be an instance id is believed.
    const bool sane = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
    if (!name.empty() && sane && std::find(left_behind_.begin(), left_behind_.end(), name) == left_behind_.end()) {
      left_behind_.push_back(std::move(name));
    }
  }
  std::memset(map_, 0, kCells * kCellBytes);
}

CrashSentinel::Mark::Mark(CrashSentinel& sentinel, std::string_view name) noexcept
    : sentinel_(sentinel), cell_(kCells) {
  if (sentinel_.map_ == nullptr) { return; }
  for (std::size_t i = 0; i < kCells; ++i) {
    if (sentinel_.taken_[i].exchange(true, std::memory_order_acquire)) { continue; }
    cell_ = i;
    const std::size_t length = std::min(name.size(), kCellBytes - 1);
    std::memcpy(sentinel_.map_ + i * kCellBytes, name.data(), length);
    // Else the compiler may drop stores to memory it sees nobody read before the next ones.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return;
  }
}

CrashSentinel::Mark::~Mark() {
  if (cell_ == kCells) { return; }
  std::memset(sentinel_.map_ + cell_ * kCellBytes, 0, kCellBytes);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  sentinel_.taken_[cell_].store(false, std::memory_order_release);
}

}  // namespace quarry::plugins
