// SPDX-License-Identifier: MIT
// quarry.indexer/1: something that knows releases and hands out what is needed to download them.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/plugin.hpp>

namespace quarry::sdk {

/// Bits of ReleaseView::flags.
enum ReleaseFlag : std::uint32_t {
  kFreeleech = 1U << 0,
  kInternal = 1U << 1,
  kExclusive = 1U << 2,
};

struct ReleaseView {
  std::uint32_t struct_size = sizeof(ReleaseView);
  std::uint32_t flags = 0;       ///< ReleaseFlag bits
  std::string_view guid;         ///< unique and lasting within the indexer; holds no secret
  std::string_view title;        ///< the release name
  std::string_view infohash_v1;  ///< lower-case hex, or empty when the indexer does not say
  std::string_view info_url;     ///< page for people; no secret; may be empty
  std::string_view category;     ///< the indexer's word: "Movie"
  std::string_view imdb_id;      ///< "tt0133093", or empty
  std::int64_t size_bytes = -1;
  std::int64_t published_at_ms = 0;  ///< epoch milliseconds; 0 unknown
  std::int32_t seeders = -1;         ///< -1 unknown
  std::int32_t leechers = -1;
  std::int32_t grabs = -1;
  std::int32_t files = -1;
  double download_factor = 1;  ///< 0 freeleech … 1 counted in full
  double upload_factor = 1;
};
struct ReleaseSink {
  virtual bool add(const ReleaseView& release) noexcept = 0;

 protected:
  ~ReleaseSink() = default;
};

/// A query; fields that are empty or 0 do not restrict it. An indexer uses what it can and ignores
/// the rest: the host filters the answers again.
struct IndexerQuery {
  std::uint32_t struct_size = sizeof(IndexerQuery);
  std::int32_t year = 0;
  std::string_view term;     ///< words
  std::string_view imdb_id;  ///< "tt0133093"
  std::int32_t tmdb_id = 0;
  std::int32_t offset = 0;
  std::int32_t limit = 100;  ///< 1–100
  std::uint32_t reserved = 0;
};

struct IndexerCapabilities {
  std::uint32_t struct_size = sizeof(IndexerCapabilities);
  std::uint32_t flags = 0;
  std::int32_t page_size = 100;  ///< most releases one search answers
  std::int32_t reserved = 0;
};

/// Names one release of the indexer.
struct ReleaseRef {
  std::uint32_t struct_size = sizeof(ReleaseRef);
  std::uint32_t reserved = 0;
  std::string_view guid;
  std::string_view infohash_v1;  ///< what search() said; a .torrent with another hash is refused
};

/// Receives what fetch() brings: the bytes of a .torrent in pieces, or one magnet URI.
struct FetchSink {
  virtual bool metainfo(std::span<const std::byte> piece) noexcept = 0;
  virtual bool magnet(std::string_view uri) noexcept = 0;

 protected:
  ~FetchSink() = default;
};

/// Frozen under this id. All methods [any-worker]. An indexer is polite: it keeps the pace its site
/// asks for by itself and answers `rate_limited` with retry_after_ms rather than blocking long.
/// Failures: `unauthenticated` credentials refused, `rate_limited`, `unavailable`, `deadline`,
/// `invalid` the site refuses this query for good.
struct Indexer {
  static constexpr std::string_view kId = "quarry.indexer/1";

  virtual Status capabilities(CallContext& ctx, IndexerCapabilities& out) noexcept = 0;
  /// Checks that the site answers and takes the credentials.
  virtual Status test(CallContext& ctx, TestSink& facts) noexcept = 0;
  /// Releases that match, in the site's order. A row that cannot be read is left out, not fatal.
  virtual Status search(CallContext& ctx, const IndexerQuery& query, ReleaseSink& sink) noexcept = 0;
  /// Releases published after `since_ms`, newest first.
  virtual Status recent(CallContext& ctx, std::int64_t since_ms, ReleaseSink& sink) noexcept = 0;
  /// What a download client needs. `not_found` when the site no longer has it.
  virtual Status fetch(CallContext& ctx, const ReleaseRef& release, FetchSink& sink) noexcept = 0;

 protected:
  ~Indexer() = default;
};

}  // namespace quarry::sdk
