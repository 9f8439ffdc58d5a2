// SPDX-License-Identifier: MIT
// All chance of one run, from one seed.
#pragma once

#include <cstdint>
#include <random>

namespace quarry::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// In [0, 1).
  [[nodiscard]] double uniform() { return static_cast<double>(engine_() >> 11U) * 0x1.0p-53; }
  /// Draws nothing when it cannot happen.
  [[nodiscard]] bool happens(double probability) { return probability > 0 && uniform() < probability; }
  /// In [0, limit); limit > 0.
  [[nodiscard]] int below(int limit) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(limit)); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace quarry::sim
