// SPDX-License-Identifier: MIT
// Wakes the dispatchers when another host put work into an empty queue. A hint: they look by themselves, too.
#pragma once

#include <quarry/sdk/abi/queue_wakeup.hpp>
#include <quarry/sdk/abi/services.hpp>

#include <functional>
#include <string>

namespace quarry::app {

class WorkListener {
 public:
  using Log = std::function<void(sdk::LogLevel, const std::string&)>;

  /// `nudge` wakes the dispatchers. All of them outlive the listener.
  WorkListener(sdk::QueueWakeup& wakeup, const sdk::Clock& clock, std::function<void()> nudge, Log log);

  /// A duty's step: listens for about a second, answers when it wants to run again.
  std::int64_t step(std::int64_t now_ms);

 private:
  void tell(bool hears, const std::string& why, sdk::LogLevel level);

  sdk::QueueWakeup& wakeup_;
  const sdk::Clock& clock_;
  const std::function<void()> nudge_;
  const Log log_;
  bool hears_ = true;  ///< as far as was told
};

}  // namespace quarry::app
