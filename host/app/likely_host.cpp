// SPDX-License-Identifier: MIT
#include "app/likely_host.hpp"

#include "app/load.hpp"

namespace quarry::app {

std::filesystem::path manifest_file(const std::string& flag) {
  if (!flag.empty()) { return flag; }
  if (const auto named = manifest::process_environment()("QUARRY_MANIFEST"); named && !named->empty()) {
    return *named;
  }
  std::error_code ec;
  const bool here = std::filesystem::exists("quarry.toml", ec);
  const bool installed = std::filesystem::exists("/etc/quarry/quarry.toml", ec);
  return !here && installed ? "/etc/quarry/quarry.toml" : "quarry.toml";
}

sdk::Result<LikelyHost> likely_host(const std::string& flag) {
  HostArguments arguments;
  arguments.manifest = manifest_file(flag);
  const auto loaded = load_manifest_for(arguments, manifest::Demand::storage);
  if (loaded.ok()) { return LikelyHost{loaded.manifest->data_dir, loaded.manifest->listen}; }
  if (!flag.empty()) { return sdk::failure(sdk::Code::invalid, loaded.problems.front().describe()); }
  return LikelyHost{std::filesystem::absolute(arguments.manifest).parent_path() / "quarry-data", std::nullopt};
}

}  // namespace quarry::app
