// SPDX-License-Identifier: MIT
// What must be true once nothing goes wrong any more: everything has come to an end, and the clients hold
// what the queue says they hold.
#pragma once

#include "history_checker.hpp"
#include "log_checker.hpp"

#include "queue/download.hpp"

#include <cstdint>
#include <vector>

namespace quarry::sim {

class Users;
class World;

class EndChecker {
 public:
  EndChecker(World& world, const Users& users) : world_(world), users_(users), history_(world) {}

  /// Every row has ended or waits for a person, nothing is left to do in a client, and the history tells of it all.
  [[nodiscard]] bool is_at_rest();
  /// Tells the world what is not as it should be; fills its report.
  void check(std::int64_t calm_from_ms);

 private:
  [[nodiscard]] std::vector<queue::Download> rows();
  /// What the clients still hold although nobody wants it, for people.
  [[nodiscard]] std::vector<std::string> unwanted(const std::vector<queue::Download>& rows);
  [[nodiscard]] std::vector<sdk::testing::QueueEvent> events();
  void check_log_of_events(const std::vector<queue::Download>& rows, std::int64_t calm_from_ms);
  void check_rows(const std::vector<queue::Download>& rows);
  void check_journals();

  World& world_;
  const Users& users_;
  HistoryChecker history_;
};

}  // namespace quarry::sim
