// SPDX-License-Identifier: MIT
// Numbers and times as the API shows them.
#pragma once

#include <cstdint>
#include <string>

namespace quarry::api {

/// Epoch milliseconds as "2026-11-21T04:01:53Z": UTC, whole seconds, cut down. Years 0–9999.
[[nodiscard]] std::string iso_time(std::int64_t epoch_ms);

/// Seconds as "hh:mm:ss", from a day on "d.hh:mm:ss". Negative counts as 0.
[[nodiscard]] std::string timeleft(std::int64_t seconds);

/// Bytes for people: "873 B", "1.4 GiB"; "unknown" when negative.
[[nodiscard]] std::string size_display(std::int64_t bytes);

/// Bytes per second for people: "3.2 MiB/s".
[[nodiscard]] std::string speed_display(std::int64_t bytes_per_second);

/// Seconds for people, two units: "2d 4h", "3h 12m", "12m 5s", "45s"; "unknown" when negative.
[[nodiscard]] std::string eta_display(std::int64_t seconds);

}  // namespace quarry::api
