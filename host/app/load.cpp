// SPDX-License-Identifier: MIT
#include "app/load.hpp"

namespace quarry::app {

std::filesystem::path default_plugin_dir() {
  std::error_code ec;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", ec);
  const auto root = binary.parent_path().parent_path();
  for (const auto& candidate : {root / "plugins", root / "lib" / "quarry" / "plugins"}) {
    if (!ec && std::filesystem::is_directory(candidate, ec)) { return candidate; }
  }
  return root / "lib" / "quarry" / "plugins";
}

manifest::Loaded load_manifest_for(const HostArguments& arguments, manifest::Demand demand) {
  manifest::Overrides overrides = arguments.overrides;
  if (overrides.default_plugin_dir.empty()) { overrides.default_plugin_dir = default_plugin_dir(); }
  return manifest::load_manifest(arguments.manifest, manifest::process_environment(), overrides, demand);
}

plugins::HostOptions plugin_options(const manifest::Manifest& manifest, const sdk::Clock& clock,
                                    std::function<void(sdk::LogLevel, std::string_view, std::string_view)> log) {
  plugins::HostOptions options;
  options.plugin_dir = manifest.plugin_dir;
  options.data_dir = manifest.data_dir;
  options.clock = &clock;
  options.log = std::move(log);
  options.min_level = static_cast<sdk::LogLevel>(manifest.log_level);
  options.http_allow = manifest.http_allow;
  options.user_agent = "Quarry/" QUARRY_VERSION;
  return options;
}

std::vector<plugins::PluginSpec> plugin_specs(const manifest::Manifest& manifest) {
  std::vector<plugins::PluginSpec> specs;
  for (const manifest::PluginEntry& entry : manifest.plugins) {
    if (!entry.enabled) { continue; }
    plugins::PluginSpec spec;
    spec.id = entry.id;
    spec.library = entry.library;
    spec.config_json = entry.config_json;
    spec.secrets = entry.secrets;
    spec.expanded = entry.expanded;
    spec.sha256 = entry.sha256;
    spec.max_concurrency = entry.max_concurrency;
    spec.line = entry.line;
    specs.push_back(std::move(spec));
  }
  return specs;
}

queue::QueueSettings queue_settings(const manifest::Manifest& manifest) {
  queue::QueueSettings settings;
  settings.max_concurrent_downloads = manifest.queue.max_concurrent_downloads;
  settings.default_max_retries = manifest.queue.default_max_retries;
  settings.priority_queue = manifest.queue.priority_queue;
  settings.priority_step_ms = manifest.queue.priority_step_ms;
  settings.default_category = manifest.queue.default_category;
  return settings;
}

queue::EngineSettings engine_settings(const manifest::Manifest& manifest) {
  queue::EngineSettings settings;
  settings.lease_ms = manifest.queue.lease_ms;
  settings.poll_ms = manifest.queue.poll_ms;
  settings.absent_ms = manifest.queue.absence_span_ms;
  settings.check_announced_size = manifest.queue.check_announced_size;
  settings.retry.base_ms = manifest.queue.retry_base_ms;
  settings.retry.cap_ms = manifest.queue.retry_cap_ms;
  return settings;
}

}  // namespace quarry::app
