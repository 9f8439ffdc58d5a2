// SPDX-License-Identifier: MIT
// Which manifest is meant, and where the host that was started with it is found.
#pragma once

#include "manifest/manifest.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace quarry::app {

/// The first of `flag`, QUARRY_MANIFEST, quarry.toml here and /etc/quarry/quarry.toml that is given or, of the last
/// two, exists. None of them: quarry.toml here.
[[nodiscard]] std::filesystem::path manifest_file(const std::string& flag);

struct LikelyHost {
  std::filesystem::path data_dir;
  std::optional<manifest::Listen> listen;  ///< nullopt: nothing says so
};

/// Where a host started from here, with this flag, would keep its data and listen. Variables and secret files that only
/// the service has need not be there. Of a manifest that nobody named by the flag and that cannot be read from here, it
/// is quarry-data beside it; one that was named so is a failure.
[[nodiscard]] sdk::Result<LikelyHost> likely_host(const std::string& flag);

}  // namespace quarry::app
