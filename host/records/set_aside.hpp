// SPDX-License-Identifier: MIT
// Records that should not exist: damaged by a disk, by hand or by a program that knows more words than this one. They
// are shown as nothing they are not; they are told of, and all others go on.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quarry::records {

/// What is wrong with a record of `collection`, such as "its label is no UTF-8 text"; empty when it is sound. Judged by
/// what this host declares, and by what none of its versions writes: no number below 0, no year after 9999.
[[nodiscard]] std::string fault_of(std::string_view collection, const sdk::RecordView& record);

/// [thread-safe]
class SetAside {
 public:
  /// `told` receives a sentence for each record that is met for the first time, at most kMost of them. It is called
  /// while the storage reads, so it calls no storage.
  explicit SetAside(std::function<void(const std::string&)> told = {}) : told_(std::move(told)) {}

  static constexpr std::size_t kMost = 100;  ///< more are set aside, too, but not remembered
  /// Collection and id.
  using Place = std::pair<std::string, std::int64_t>;

  /// True: the record is sound, perhaps again. False: it is set aside.
  [[nodiscard]] bool admits(std::string_view collection, const sdk::RecordView& record);
  /// There is no such record any more.
  void forget(std::string_view collection, std::int64_t id);

  /// In order; empty nearly always.
  [[nodiscard]] std::vector<Place> places() const;
  /// One for each record, in the same order, with what to do.
  [[nodiscard]] std::vector<std::string> sentences() const;
  /// The sentence of this record.
  [[nodiscard]] std::string sentence(std::string_view collection, std::int64_t id) const;

 private:
  const std::function<void(const std::string&)> told_;
  mutable std::mutex mutex_;
  std::map<Place, std::string> faults_;
};

}  // namespace quarry::records
