// SPDX-License-Identifier: MIT
// What people call the values of a parsed name.
#pragma once

#include <quarry/sdk/abi/scorer.hpp>

namespace quarry::scorer {

/// The classes that resolutions are scored in; 1440p counts as r1080p, all below 720p as sd.
enum class Tier { unknown, sd, r720p, r1080p, r2160p };

[[nodiscard]] Tier tier_of(sdk::Resolution resolution);
/// "BluRay"; "unknown" for a value of a newer SDK too.
[[nodiscard]] const char* text_of(sdk::Source source);
/// "HEVC"; "unknown" for a value of a newer SDK too.
[[nodiscard]] const char* text_of(sdk::VideoCodec codec);

}  // namespace quarry::scorer
