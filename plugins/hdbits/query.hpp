// SPDX-License-Identifier: MIT
// From a query of the host to the body the site expects.
#pragma once

#include "settings.hpp"

#include <quarry/sdk/abi/indexer.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace quarry::hdbits {

/// Most rows of one page; the site's own limit.
inline constexpr std::int32_t kPageSize = 100;

/// What is asked for. Without imdb and text: the newest releases.
struct SiteQuery {
  std::optional<std::int64_t> imdb;  ///< number of "tt0133093"; wins over text
  std::string text;                  ///< words, one space between them
  std::int32_t limit = kPageSize;
  std::int32_t page = 0;  ///< counted from 0
};

/// Translates a query; the year joins the words, unless they hold it already. Throws Error(invalid)
/// when something was asked for of which nothing can be sent (a term without a letter or digit).
[[nodiscard]] SiteQuery site_query(const sdk::IndexerQuery& query);

/// "tt0133093" as 133093; nothing when it is not of that form.
[[nodiscard]] std::optional<std::int64_t> imdb_number(std::string_view text) noexcept;

/// Runs of characters that stand in no word become one space, none at the ends. Bytes of other
/// scripts (UTF-8) count as letters.
[[nodiscard]] std::string words_of(std::string_view text);

/// JSON object, keys always in the same order and without credentials, so it can serve as the key of
/// a cache.
[[nodiscard]] std::string canonical_body(const Settings& settings, const SiteQuery& query);

/// `canonical` (or "{}") with the credentials put in. Never to be logged.
[[nodiscard]] std::string with_credentials(const Settings& settings, std::string_view canonical);

}  // namespace quarry::hdbits
