// SPDX-License-Identifier: MIT
// The [plugin.config] table of the manifest as JSON.
#pragma once

#include "manifest/table_reader.hpp"

namespace quarry::manifest {

/// Fills config_json, secrets and expanded of `entry`; `config` may be null. Texts are expanded; dates
/// become texts. Values JSON cannot express are noted as problems.
void read_config(const ReadContext& context, const toml::table* config, PluginEntry& entry);

}  // namespace quarry::manifest
