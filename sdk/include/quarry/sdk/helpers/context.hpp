// SPDX-License-Identifier: MIT
// A CallContext for whoever calls: the host, a test, a tool.
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <atomic>
#include <mutex>
#include <string>

namespace quarry::sdk {

/// Deadline by the given clock, a cancel switch, and a place for the callee's sentence.
class BasicContext final : public CallContext {
 public:
  BasicContext(const Clock& clock, std::int64_t timeout_ms, std::string request_id);

  [[nodiscard]] std::int64_t remaining_ms() const noexcept override;
  [[nodiscard]] bool cancelled() const noexcept override { return cancelled_.load(std::memory_order_acquire); }
  [[nodiscard]] std::string_view request_id() const noexcept override { return request_id_; }
  Status fail(Status status, std::string_view text) noexcept override;

  void cancel() noexcept { cancelled_.store(true, std::memory_order_release); }
  /// The last sentence the callee left, or empty. [thread-safe]
  [[nodiscard]] std::string text() const;
  /// `status` with the callee's sentence, or with `otherwise` when it left none.
  [[nodiscard]] Failure failure(Status status, std::string_view otherwise) const;

 private:
  const Clock& clock_;
  std::int64_t deadline_steady_ms_;
  std::string request_id_;
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace quarry::sdk
