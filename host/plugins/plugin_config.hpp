// SPDX-License-Identifier: MIT
// An instance's configuration beside its plugin's schema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quarry::plugins {

/// `config_json` with the texts at `expanded` (JSON pointers) turned into the integer, number or boolean
/// that `schema_json` asks for there, where they read as one. Both must be valid JSON.
[[nodiscard]] std::string coerce_config(std::string_view config_json, std::string_view schema_json,
                                        const std::vector<std::string>& expanded);

/// Values of the texts that the schema marks "secret": true, at any depth.
[[nodiscard]] std::vector<std::string> secret_values(std::string_view config_json, std::string_view schema_json);

/// Every http or https URL among the texts of the configuration.
[[nodiscard]] std::vector<std::string> urls_of(std::string_view config_json);

}  // namespace quarry::plugins
