// SPDX-License-Identifier: MIT
// quarry.queue_wakeup/1: hears when another host put work into an empty lane.
#pragma once

#include "notices.hpp"
#include "session.hpp"

#include <quarry/sdk/abi/queue_wakeup.hpp>
#include <quarry/sdk/helpers/config.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace quarry::storage_postgres {

class Listener final : public sdk::QueueWakeup {
 public:
  /// Connects when it is first asked to wait.
  explicit Listener(const sdk::Config& config);

  /// The first call on each connection, and one after ten minutes of silence, tries whether a notice that another
  /// connection sends arrives.
  sdk::Status wait(sdk::CallContext& ctx, sdk::Wakeup& out) noexcept override;

 private:
  struct Line {
    explicit Line(const std::string& words);
    Session session;
    Notices notices;
    std::chrono::steady_clock::time_point heard = std::chrono::steady_clock::now();
  };
  /// Sends a notice over a connection of its own and waits for it. True: it came.
  [[nodiscard]] bool hears_itself(sdk::CallContext& ctx, sdk::Wakeup& out);
  void listen(sdk::CallContext& ctx, sdk::Wakeup& out);

  const std::string words_;
  const std::string place_;
  std::unique_ptr<Line> line_;
};

}  // namespace quarry::storage_postgres
