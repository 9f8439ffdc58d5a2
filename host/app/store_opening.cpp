// SPDX-License-Identifier: MIT
#include "app/store_opening.hpp"

#include "app/exit_codes.hpp"

#include <quarry/sdk/helpers/context.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace quarry::app {
namespace {

constexpr std::int64_t kOpenTimeoutMs = 60'000;
constexpr std::int64_t kLeastTryMs = 5'000;  ///< also when less time is left
constexpr std::int64_t kFirstPauseMs = 250;
constexpr std::int64_t kMaxPauseMs = 10'000;
constexpr std::int64_t kRemindMs = 60'000;

struct Meaning {
  sdk::OpenFault fault;
  int exit_code;
};
constexpr std::array kMeanings = {
    Meaning{sdk::OpenFault::unreachable, kExitStorageUnavailable},
    Meaning{sdk::OpenFault::credentials, kExitStorageCredentials},
    Meaning{sdk::OpenFault::rights, kExitStorageRights},
    Meaning{sdk::OpenFault::tls, kExitStorageTls},
    Meaning{sdk::OpenFault::read_only, kExitStorageReadOnly},
    Meaning{sdk::OpenFault::full, kExitStorageFull},
    Meaning{sdk::OpenFault::damaged, kExitStorageDamaged},
    Meaning{sdk::OpenFault::file_system, kExitStorageFileSystem},
    Meaning{sdk::OpenFault::in_use, kExitStorageInUse},
    Meaning{sdk::OpenFault::newer, kExitStorageNewer},
    Meaning{sdk::OpenFault::missing, kExitStorageMissing},
    Meaning{sdk::OpenFault::foreign, kExitStorageForeign},
};

/// The exit code of a failure that is not waited for; nothing for one that is.
std::optional<int> exit_code_of(const sdk::Status& status) {
  const std::optional<int> known = exit_code_of_fault(status);
  const bool may_pass = !known || known == kExitStorageUnavailable;
  if (may_pass && status.retryable()) { return std::nullopt; }
  return known.value_or(kExitFailed);
}

class Opening {
 public:
  Opening(const OpeningPorts& ports, const sdk::LaneSettings& lane, std::int64_t timeout_ms)
      : ports_(ports), lane_(lane), begun_ms_(ports.clock->steady_ms()), timeout_ms_(timeout_ms) {}

  StartFailure run() {
    std::int64_t pause_ms = kFirstPauseMs;
    while (true) {
      const std::optional<sdk::Failure> failure = try_once();
      if (!failure) { break; }
      if (const auto code = exit_code_of(failure->status)) {
        return {*code, "the storage cannot be opened: " + failure->text};
      }
      const std::int64_t left_ms = timeout_ms_ - waited_ms();
      if (left_ms <= 0) { return gave_up(failure->text); }
      tell(failure->text, left_ms);
      ports_.waits(failure->text);
      const double share = 0.5 + 0.5 * ports_.random();
      ports_.pause(
          std::clamp<std::int64_t>(static_cast<std::int64_t>(static_cast<double>(pause_ms) * share), 1, left_ms));
      pause_ms = std::min(kMaxPauseMs, pause_ms * 2);
    }
    if (told_ms_) { ports_.log(sdk::LogLevel::info, "the storage is there, after " + seconds(waited_ms())); }
    return {};
  }

 private:
  static std::string seconds(std::int64_t ms) { return std::to_string((ms + 999) / 1000) + " s"; }
  [[nodiscard]] std::int64_t waited_ms() const { return ports_.clock->steady_ms() - begun_ms_; }

  std::optional<sdk::Failure> try_once() {
    const std::int64_t left_ms = timeout_ms_ == 0 ? kOpenTimeoutMs : timeout_ms_ - waited_ms();
    sdk::BasicContext ctx(*ports_.clock, std::clamp(left_ms, kLeastTryMs, kOpenTimeoutMs), "start");
    sdk::Status status;
    if (!opened_) {
      status = ports_.store->open(ctx);
      opened_ = status.ok();
    }
    if (opened_) { status = ports_.store->set_lane(ctx, lane_); }
    if (status.ok()) {
      const sdk::Done done = ports_.then ? ports_.then() : sdk::Unit{};
      return done ? std::nullopt : std::optional(done.error());
    }
    return ctx.failure(status, "it gave no reason");
  }

  void tell(const std::string& text, std::int64_t left_ms) {
    const std::int64_t now_ms = ports_.clock->steady_ms();
    if (told_ms_ && text == told_ && now_ms - *told_ms_ < kRemindMs) { return; }
    told_ = text;
    told_ms_ = now_ms;
    ports_.log(sdk::LogLevel::warning, "waiting for the storage, for " + seconds(left_ms) + " at most: " + text);
  }

  [[nodiscard]] StartFailure gave_up(const std::string& text) const {
    return {kExitStorageUnavailable, "the storage did not come within " + seconds(timeout_ms_) +
                                         " ([host] start_timeout_s in the manifest): " + text};
  }

  const OpeningPorts& ports_;
  const sdk::LaneSettings& lane_;
  const std::int64_t begun_ms_;
  const std::int64_t timeout_ms_;
  bool opened_ = false;
  std::string told_;
  std::optional<std::int64_t> told_ms_;
};

}  // namespace

std::optional<int> exit_code_of_fault(const sdk::Status& status) noexcept {
  const auto* const known = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& m) {
    return static_cast<std::int32_t>(m.fault) == status.vendor_code;
  });
  return known == kMeanings.end() ? std::nullopt : std::optional(known->exit_code);
}

StartFailure open_storage(const OpeningPorts& ports, const sdk::LaneSettings& lane, std::int64_t timeout_ms) {
  return Opening(ports, lane, timeout_ms).run();
}

}  // namespace quarry::app
