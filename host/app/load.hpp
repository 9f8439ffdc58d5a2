// SPDX-License-Identifier: MIT
// From the manifest to what the other parts want to know.
#pragma once

#include "app/commands.hpp"
#include "plugins/plugin_host.hpp"
#include "queue/engine.hpp"
#include "queue/queue_service.hpp"

namespace quarry::app {

[[nodiscard]] manifest::Loaded load_manifest_for(const HostArguments& arguments,
                                                 manifest::Demand demand = manifest::Demand::everything);
[[nodiscard]] plugins::HostOptions plugin_options(
    const manifest::Manifest& manifest, const sdk::Clock& clock,
    std::function<void(sdk::LogLevel, std::string_view, std::string_view)> log);
[[nodiscard]] std::vector<plugins::PluginSpec> plugin_specs(const manifest::Manifest& manifest);
[[nodiscard]] queue::QueueSettings queue_settings(const manifest::Manifest& manifest);
[[nodiscard]] queue::EngineSettings engine_settings(const manifest::Manifest& manifest);

/// Where plugins are when nobody says: beside the binary's folder, as installed or as built.
[[nodiscard]] std::filesystem::path default_plugin_dir();

}  // namespace quarry::app
