// SPDX-License-Identifier: MIT
// What is wrong with the running host, as Radarr's clients ask for it.
#pragma once

#include <string>
#include <vector>

namespace quarry::api {

struct HealthNote {
  std::string source;   ///< what found it, for programs: "PluginCheck"
  std::string type;     ///< "error": a part does not run; "warning": something works less well than it could
  std::string message;  ///< one sentence for people, without a secret
};

/// The answer of GET /api/v3/health: an array of {source, type, message, wikiUrl}, empty when all is well.
[[nodiscard]] std::string health_json(const std::vector<HealthNote>& notes);

}  // namespace quarry::api
