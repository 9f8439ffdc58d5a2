// SPDX-License-Identifier: MIT
// Reads the whole queue once in a while, a little at a time, so that a row that should not exist is told of before
// somebody happens upon it.
#pragma once

#include "queue/engine.hpp"

namespace quarry::queue {

/// A duty of each host: reading disturbs nobody. What is wrong with the rows, StoreClient notes.
class Inspector {
 public:
  explicit Inspector(EnginePorts ports) : ports_(std::move(ports)) {}
  /// `now_ms` by the steady clock, as is the answer: when to come again.
  [[nodiscard]] std::int64_t step(std::int64_t now_ms);

 private:
  [[nodiscard]] std::int64_t read_page(std::int64_t now_ms);

  EnginePorts ports_;
  std::int64_t after_id_ = 0;
  std::int64_t next_ms_ = 0;
};

}  // namespace quarry::queue
