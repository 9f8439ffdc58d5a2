// SPDX-License-Identifier: MIT
// Releases of a search as text.
#pragma once

#include "cli/terminal.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <string>

namespace quarry::cli {

/// A table of an array of releases, in its order; below each the id that `grab` takes, and reasons_of().
[[nodiscard]] std::string render_releases(sdk::Json releases, const Terminal& terminal);

/// "resolution +50, source +25; rejected: word TS". Not yet visible().
[[nodiscard]] std::string reasons_of(sdk::Json release);

}  // namespace quarry::cli
