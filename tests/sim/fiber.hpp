// SPDX-License-Identifier: MIT
// Many activities on one thread, each with a stack of its own: one that waits lets the others go on, in any
// order. So two hosts may be in the middle of a call at the same time, and either may be the first to go on.
#pragma once

#include <functional>
#include <memory>
#include <vector>

namespace quarry::sim {

class Fiber;

/// Not thread-safe, and not to be destroyed while an activity waits.
class Fibers {
 public:
  Fibers();
  ~Fibers();
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  /// Runs the activity until it waits or ends; called by the scheduler. It must not throw.
  void start(std::function<void()> activity);
  /// Lets one go on that waits, until it waits again or ends; called by the scheduler.
  void resume(Fiber& fiber);
  /// Of the activity that runs; null in the scheduler.
  [[nodiscard]] Fiber* current() const noexcept { return current_; }
  /// Called by an activity: back to the scheduler, until somebody resumes it.
  void wait();

 private:
  friend class Fiber;
  std::vector<std::unique_ptr<Fiber>> all_;
  std::vector<Fiber*> idle_;
  std::unique_ptr<Fiber> scheduler_;  ///< the stack of the thread itself
  Fiber* current_ = nullptr;
};

}  // namespace quarry::sim
