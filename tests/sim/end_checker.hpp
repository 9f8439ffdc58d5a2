// SPDX-License-Identifier: MIT
// What must be true once nothing goes wrong any more: everything has come to an end, and the clients hold
// what the queue says they hold.
#pragma once

#include "queue/download.hpp"

#include <cstdint>
#include <vector>

namespace quarry::sim {

class World;

class EndChecker {
 public:
  EndChecker(World& world, const std::vector<std::int64_t>& accepted) : world_(world), accepted_(accepted) {}

  /// Every row has ended or waits for a person, and nothing is left to do in a client.
  [[nodiscard]] bool is_at_rest();
  /// Tells the world what is not as it should be; fills its report.
  void check(std::int64_t calm_from_ms);

 private:
  [[nodiscard]] std::vector<queue::Download> rows();
  /// What the clients still hold although nobody wants it, for people.
  [[nodiscard]] std::vector<std::string> unwanted(const std::vector<queue::Download>& rows);
  void check_log_of_events(std::int64_t calm_from_ms);
  void check_rows(const std::vector<queue::Download>& rows);
  void check_journals();

  World& world_;
  const std::vector<std::int64_t>& accepted_;
};

}  // namespace quarry::sim
