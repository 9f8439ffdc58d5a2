// SPDX-License-Identifier: MIT
// People: they grab, pause, cancel and retry through whichever host answers them.
#pragma once

#include "queue/queue_service.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace quarry::sim {

class SimHost;
class World;

/// The torrent of the release with this number.
[[nodiscard]] std::string release_hash(int number);

class Users {
 public:
  explicit Users(World& world) : world_(world) {}
  void act();
  /// Somebody names a film, beside whatever goes on; several hosts may be asked at once.
  void name_a_film();
  /// What was paused would rightly wait for ever: resumes everything, past all hosts.
  void let_go();
  /// Downloads that a user was told are in the queue.
  [[nodiscard]] const std::vector<std::int64_t>& accepted() const noexcept { return accepted_; }
  /// The film of each of these, 0 for none.
  [[nodiscard]] const std::map<std::int64_t, std::int64_t>& films() const noexcept { return films_; }

 private:
  void grab(SimHost& host, queue::QueueService& service);
  /// The film that the host knows by this number, or makes; 0: it cannot say now.
  [[nodiscard]] std::int64_t film(SimHost& host, int number);
  void cancel(queue::QueueService& service, std::int64_t id, bool with_data);
  [[nodiscard]] std::int64_t some_download();

  World& world_;
  std::vector<std::int64_t> accepted_;
  std::map<std::int64_t, std::int64_t> films_;
  std::map<int, std::int64_t> film_numbers_;  ///< the film that hosts answered for each number
};

}  // namespace quarry::sim
