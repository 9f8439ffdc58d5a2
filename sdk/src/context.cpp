// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/context.hpp>

#include <limits>

namespace quarry::sdk {
namespace {
constexpr std::size_t kMaxText = 4096;

std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) { return std::numeric_limits<std::int64_t>::max(); }
  return sum;
}
}  // namespace

BasicContext::BasicContext(const Clock& clock, std::int64_t timeout_ms, std::string request_id)
    : clock_(clock),
      deadline_steady_ms_(saturating_add(clock.steady_ms(), timeout_ms)),
      request_id_(std::move(request_id)) {}

std::int64_t BasicContext::remaining_ms() const noexcept { return deadline_steady_ms_ - clock_.steady_ms(); }

Status BasicContext::fail(Status status, std::string_view text) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    text_.assign(text.substr(0, kMaxText));
  } catch (...) {
    // Out of memory: the status alone must do.
  }
  return status;
}

std::string BasicContext::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

Failure BasicContext::failure(Status status, std::string_view otherwise) const {
  std::string said = text();
  return {status, said.empty() ? std::string(otherwise) : std::move(said)};
}

}  // namespace quarry::sdk
