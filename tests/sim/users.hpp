// SPDX-License-Identifier: MIT
// People: they grab, pause, cancel and retry through whichever host answers them.
#pragma once

#include "queue/queue_service.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quarry::sim {

class World;

/// The torrent of the release with this number.
[[nodiscard]] std::string release_hash(int number);

class Users {
 public:
  explicit Users(World& world) : world_(world) {}
  void act();
  /// What was paused would rightly wait for ever: resumes everything, past all hosts.
  void let_go();
  /// Downloads that a user was told are in the queue.
  [[nodiscard]] const std::vector<std::int64_t>& accepted() const noexcept { return accepted_; }

 private:
  void grab(queue::QueueService& service);
  void cancel(queue::QueueService& service, std::int64_t id, bool with_data);
  [[nodiscard]] std::int64_t some_download();

  World& world_;
  std::vector<std::int64_t> accepted_;
};

}  // namespace quarry::sim
