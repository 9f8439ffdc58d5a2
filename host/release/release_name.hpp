// SPDX-License-Identifier: MIT
// Reads a release name: "The.Matrix.1999.2160p.UHD.BluRay.x265-GROUP" into what it says.
#pragma once

#include <quarry/sdk/abi/scorer.hpp>

#include <string>
#include <string_view>

namespace quarry::release {

/// What a name says. A field it does not state is empty, 0 or unknown.
struct ReleaseName {
  std::string title;
  std::string group;
  std::string edition;
  int year = 0;
  int version = 1;  ///< PROPER and REPACK 2, REPACK2 and v3 3 …
  sdk::Resolution resolution = sdk::Resolution::unknown;
  sdk::Source source = sdk::Source::unknown;
  sdk::VideoCodec codec = sdk::VideoCodec::unknown;
  std::uint32_t flags = 0;  ///< sdk::NameFlag bits

  /// As it crosses to a scorer; views into *this.
  [[nodiscard]] sdk::ParsedName view() const noexcept;
};

/// Never fails: a name without any known mark is all title. Linear in the length of `name`, of which
/// at most 1,024 bytes are read. Any bytes are welcome, also ones that are not UTF-8. [thread-safe]
[[nodiscard]] ReleaseName parse_release_name(std::string_view name);

/// Both titles without case, punctuation, leading article and accents: equal when they name the same film.
[[nodiscard]] bool same_title(std::string_view a, std::string_view b);

}  // namespace quarry::release
