// SPDX-License-Identifier: MIT
// Which runs the command line or a file asks for. All throw std::runtime_error with a sentence for people.
#pragma once

#include "simulation.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace quarry::sim {

/// "17".
[[nodiscard]] Options one_seed(std::string_view text, int hosts);
/// "17" or "1-2000".
[[nodiscard]] std::vector<Options> range_of_seeds(std::string_view text, int hosts);
/// A seed a line, and the number of hosts when it was given; what follows a '#' is for people. May be none.
[[nodiscard]] std::vector<Options> kept_seeds(const std::string& path);
/// Adds the seed to the file, unless it is there.
void keep_seed(const std::string& path, const Options& options, const std::string& why);

}  // namespace quarry::sim
