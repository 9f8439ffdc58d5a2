// SPDX-License-Identifier: MIT
// A list of what is set aside: rows of a storage that should not exist. Whoever keeps rows of another kind says how
// they are named and what is told of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace quarry::sdk {

/// What a SetAside is told of its rows by `Rules`:
///   using Key = …;                            what names a row, ordered
///   static constexpr std::size_t kMost = …;   so many are remembered; more are set aside, too, but told of by nobody
///   static std::string sentence(const Key&, const std::string& fault);  whole, with what to do
/// [thread-safe]
template <class Rules>
class SetAside {
 public:
  using Key = typename Rules::Key;
  static constexpr std::size_t kMost = Rules::kMost;

  /// `told` receives the sentence of each row that is met for the first time, or with another fault, at most kMost of
  /// them. It is called while the storage reads, so it calls no storage.
  explicit SetAside(std::function<void(const std::string&)> told = {}) : told_(std::move(told)) {}

  /// `fault` is what is wrong with the row, empty when it is sound. True: it is sound, perhaps again. False: it is set
  /// aside.
  [[nodiscard]] bool judge(const Key& key, std::string fault) {
    if (fault.empty()) {
      forget(key);
      return true;
    }
    const std::string sentence = Rules::sentence(key, fault);
    if (remember(key, std::move(fault)) && told_) { told_(sentence); }
    return false;
  }
  /// There is no such row any more.
  void forget(const Key& key) {
    if (!any_.load(std::memory_order_relaxed)) { return; }
    const std::lock_guard lock(mutex_);
    faults_.erase(key);
    any_.store(!faults_.empty(), std::memory_order_relaxed);
  }

  /// In order; empty nearly always, and then it costs next to nothing.
  [[nodiscard]] std::vector<Key> keys() const {
    std::vector<Key> all;
    if (!any_.load(std::memory_order_relaxed)) { return all; }
    const std::lock_guard lock(mutex_);
    for (const auto& [key, fault] : faults_) { all.push_back(key); }
    return all;
  }
  /// One for each row, in the same order.
  [[nodiscard]] std::vector<std::string> sentences() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [key, fault] : faults_) { all.push_back(Rules::sentence(key, fault)); }
    return all;
  }
  /// The sentence of this row, also when it is not remembered.
  [[nodiscard]] std::string sentence(const Key& key) const {
    const std::lock_guard lock(mutex_);
    const auto known = faults_.find(key);
    return Rules::sentence(key, known == faults_.end() ? "it is damaged" : known->second);
  }

 private:
  /// False: it is known, or there are too many.
  bool remember(const Key& key, std::string fault) {
    const std::lock_guard lock(mutex_);
    const auto known = faults_.find(key);
    if (known == faults_.end() ? faults_.size() >= kMost : known->second == fault) { return false; }
    faults_[key] = std::move(fault);
    any_.store(true, std::memory_order_relaxed);
    return true;
  }

  const std::function<void(const std::string&)> told_;
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::map<Key, std::string> faults_;
};

}  // namespace quarry::sdk
