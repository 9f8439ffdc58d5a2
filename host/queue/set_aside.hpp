// SPDX-License-Identifier: MIT
// Rows that should not exist: damaged by a disk, by hand or by a program that knows more states than this one. Nobody
// works on them or shows them as something they are not; they are told of, and all others go on.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace quarry::queue {

/// What is wrong with a row, such as "its state is 99, and there is no such state"; empty when it is sound. What its
/// client said last (progress, speeds, words) is a cache that decides nothing, so it is not judged.
[[nodiscard]] std::string fault_of(const sdk::DownloadView& row);

/// [thread-safe]
class SetAside {
 public:
  /// `told` receives a sentence for each row that is met for the first time, at most kMost of them.
  explicit SetAside(std::function<void(const std::string&)> told = {}) : told_(std::move(told)) {}

  static constexpr std::size_t kMost = 1000;  ///< more are set aside, too, but not remembered

  /// True: the row is sound, perhaps again. False: it is set aside.
  [[nodiscard]] bool admits(const sdk::DownloadView& row);
  /// There is no such row any more.
  void forget(std::int64_t id);

  /// In order; empty nearly always, and then it costs next to nothing.
  [[nodiscard]] std::vector<std::int64_t> ids() const;
  /// One for each row, in order of id: "download 7 is set aside: …", with what to do.
  [[nodiscard]] std::vector<std::string> sentences() const;
  /// The sentence of this row.
  [[nodiscard]] std::string sentence(std::int64_t id) const;

 private:
  const std::function<void(const std::string&)> told_;
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::map<std::int64_t, std::string> faults_;
};

}  // namespace quarry::queue
