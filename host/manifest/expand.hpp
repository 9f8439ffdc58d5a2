// SPDX-License-Identifier: MIT
// ${env:NAME}, ${env:NAME:-default} and ${file:PATH} inside the texts of a manifest.
#pragma once

#include "manifest/manifest.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::manifest {

struct Expansion {
  std::string text;                  ///< the result; unused when problem is not empty
  std::string problem;               ///< empty: all is well. Names the variable or file, never a value
  bool absent = false;               ///< `problem` is not in the text: what it names is not there, or unusable
  bool expanded = false;             ///< something was replaced, so `text` is not to be shown
  bool whole = false;                ///< the text was one ${…} and nothing else
  std::vector<std::string> secrets;  ///< parts of `text` that must never be shown
};

/// Replaces every ${…}; `$$` stands for one `$`, and a `$` before anything else is left alone. A
/// default may not hold `}`. A file's value is its content without the line ends at its end; a relative
/// PATH is meant from `folder`.
[[nodiscard]] Expansion expand(std::string_view text, const Environment& environment,
                               const std::filesystem::path& folder);

}  // namespace quarry::manifest
