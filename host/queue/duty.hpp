// SPDX-License-Identifier: MIT
// What one host at a time carries out, as this host sees it: whether it is the one, and the fence for
// what it writes. The storage decides, by its own clock; no wall clock of a host does.
#pragma once

#include "queue/engine.hpp"

#include <string>

namespace quarry::queue {

class DutyKeeper {
 public:
  /// `name` as in sdk::DutyRequest; the owner is that of the ports.
  DutyKeeper(EnginePorts ports, EngineSettings settings, std::string name);

  enum class Hold {
    none,   ///< another host carries it out, or the storage does not say that this one does
    fresh,  ///< this host, from now on: what it knew from before may be wrong
    kept,   ///< this host, and nobody else since it was `fresh`
  };
  /// Takes the duty or keeps it. Asks the storage only once a third of the lease is over, so it may be called
  /// before each effect.
  [[nodiscard]] Hold keep();
  /// Lets go, so that another host need not wait for the end of the lease. Nothing, when it is not held.
  void give_up();
  /// The change is applied only while this host still has the duty as it had it in the last keep().
  void fence(sdk::Transition& change) const;
  /// The wall clock of the storage: due times are judged by it. Meaningful while the duty is held.
  [[nodiscard]] std::int64_t store_wall_ms() const;

 private:
  [[nodiscard]] bool lasts(std::int64_t now_ms) const noexcept;

  EnginePorts ports_;
  EngineSettings settings_;
  std::string name_;
  bool held_ = false;
  std::int64_t epoch_ = 0;
  std::int64_t asked_ms_ = 0;         ///< steady, before the last grant: the lease began no earlier
  std::int64_t granted_wall_ms_ = 0;  ///< by the storage's clock
  LogThrottle failure_log_;
};

}  // namespace quarry::queue
