// SPDX-License-Identifier: MIT
// The forms that texts of a manifest must have.
#pragma once

#include "manifest/manifest.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace quarry::manifest {

/// "debug", "info", "warning" or "error"; else nullopt.
[[nodiscard]] std::optional<LogLevel> parse_level(std::string_view text);
/// "host:port", an address, or a CIDR block.
[[nodiscard]] bool is_allow_rule(const std::string& rule);
/// 1 to 40 of a-z, 0-9 and -.
[[nodiscard]] bool is_instance_id(std::string_view id);

}  // namespace quarry::manifest
