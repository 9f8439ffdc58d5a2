// SPDX-License-Identifier: MIT
// The host's log: one line per event on stderr, with no secret in it.
//
//   2026-03-14T15:09:26.535Z warning queue: download 7: the client did not answer
//
// Usable from any thread, also before init_logging (then from level info on).
#pragma once

#include <quarry/sdk/abi/services.hpp>

#include <string>
#include <string_view>

namespace quarry::ops {

/// Sets the least level that is written. May be called again. [thread-safe]
void init_logging(sdk::LogLevel level);

/// Whether a line of this level would be written: ask before building a costly text. [thread-safe]
[[nodiscard]] bool log_enabled(sdk::LogLevel level) noexcept;

/// Writes one line: time in UTC, level, `component` (a folder of the host or the id of a plugin
/// instance), text. Registered secrets are replaced by "***"; control characters, line ends too, are
/// written as \n, \t or \xNN, so that no text can pretend to be a line of its own; a text over
/// 16 KiB is cut. Never throws: a line that cannot be written is lost. [thread-safe]
void log(sdk::LogLevel level, std::string_view component, std::string_view text) noexcept;

/// From now on `secret` is replaced in every line, also where it appears percent-encoded, as in a
/// URL, or escaped, as in JSON. Empty: ignored. A secret stays registered until the process ends.
/// [thread-safe]
void register_secret(std::string_view secret);

/// `text` with every registered secret replaced by "***": for texts that leave by other ways than
/// the log, such as error answers. [thread-safe]
[[nodiscard]] std::string redact(std::string_view text);

/// "debug", "info", "warning", "error".
[[nodiscard]] std::string_view to_string(sdk::LogLevel level) noexcept;

}  // namespace quarry::ops
