// SPDX-License-Identifier: MIT
// One row of the site's answer, and how it is read.
#pragma once

#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/helpers/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::hdbits {

/// A release in our own words. Holds no secret: its URL is the page for people.
struct Release {
  std::int64_t id = 0;
  std::string title;
  std::string infohash;       ///< 40 digits, lower case, or empty
  std::string imdb_id;        ///< "tt0133093", or empty
  std::string_view category;  ///< lives for ever
  std::uint32_t flags = 0;    ///< sdk::ReleaseFlag bits
  std::int64_t size_bytes = -1;
  std::int64_t published_at_ms = 0;
  std::int32_t seeders = -1;
  std::int32_t leechers = -1;
  std::int32_t grabs = -1;
  std::int32_t files = -1;
  double download_factor = 1;
  double upload_factor = 1;
};

/// Reads one row as leniently as can be: members may be missing, null, or numbers written as text.
/// Nothing when it is no object, has no usable id, or no name.
[[nodiscard]] std::optional<Release> read_release(const sdk::Json& row);

/// All readable rows of `data`, in the site's order: an array, or an object whose values are the
/// rows; anything else holds none. `unreadable` counts what was left out.
[[nodiscard]] std::vector<Release> read_releases(const sdk::Json& data, std::size_t& unreadable);

/// Hands one release to the host; false when the host has enough.
bool give(const Release& release, std::string_view site_url, sdk::ReleaseSink& sink);

/// A whole number, also when it comes as text ("42"); nothing otherwise.
[[nodiscard]] std::optional<std::int64_t> lenient_integer(const sdk::Json& value) noexcept;

}  // namespace quarry::hdbits
