// SPDX-License-Identifier: MIT
// Opening the storage at the start of the host: a database that is down is waited for, everything else ends the start
// with a sentence and an exit code of its own.
#pragma once

#include "app/start_failure.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace quarry::app {

/// How a program ends whose storage failed so; nothing when the storage does not say what stands in the way.
[[nodiscard]] std::optional<int> exit_code_of_fault(const sdk::Status& status) noexcept;

/// What opening needs from outside; called on the caller's thread.
struct OpeningPorts {
  sdk::QueueStore* store = nullptr;
  const sdk::Clock* clock = nullptr;
  std::function<void(std::int64_t ms)> pause;  ///< sleeps
  std::function<double()> random;              ///< [0, 1)
  std::function<sdk::Done()> then = {};        ///< what else must be opened once the queue is; may be empty
  std::function<void(sdk::LogLevel, const std::string&)> log;
  std::function<void(const std::string&)> waits;  ///< before each pause: what for, one sentence
};

/// Opens the storage, sets its lane and opens what comes after it. A failure that may pass by itself is tried again
/// after a pause that doubles from a quarter of a second to ten seconds, each between half and all of that, until
/// `timeout_ms` are over; 0: one try. A new reason is logged at once, the same one every minute.
[[nodiscard]] StartFailure open_storage(const OpeningPorts& ports, const sdk::LaneSettings& lane,
                                        std::int64_t timeout_ms);

}  // namespace quarry::app
