// SPDX-License-Identifier: MIT
// Replaces secrets in texts that people or programs will see.
#pragma once

#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::plugins {

/// [thread-safe]
class Redactor {
 public:
  /// Adds a secret, also as it looks percent-encoded and inside JSON. Empty ones are ignored.
  void add(std::string_view secret);
  /// `text` with each secret replaced by "[secret]", longest first.
  [[nodiscard]] std::string clean(std::string_view text) const;

 private:
  void insert(std::string form);

  mutable std::shared_mutex mutex_;
  std::vector<std::string> forms_;  ///< longest first, so that a part never spoils the whole
};

}  // namespace quarry::plugins
