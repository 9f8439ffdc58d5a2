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
  /// Connects when it is first asked to wait. With a pooler it never does, and wait() answers `unsupported`: notices
  /// are for a session, and there is none to send them to.
  explicit Listener(const sdk::Config& config);

  /// Now and then another connection sends a notice; a call in which it arrives, or in which it is overdue, says so.
  sdk::Status wait(sdk::CallContext& ctx, sdk::Wakeup& out) noexcept override;

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Line {
    explicit Line(const Server& server);
    Session session;
    Notices notices;
    std::string token;  ///< of the notice to itself that is under way; empty: none
    Moment sent;
    Moment heard;  ///< the last notice
  };
  void send_to_itself();
  /// Waits for a notice to come, or for one to be missed.
  void listen(const sdk::CallContext& ctx, sdk::Wakeup& out);

  const Server server_;
  std::unique_ptr<Line> line_;
};

}  // namespace quarry::storage_postgres
