// SPDX-License-Identifier: MIT
// quarry.indexer/1 over the HDBits JSON API.
#pragma once

#include "query.hpp"
#include "search_cache.hpp"
#include "settings.hpp"
#include "site.hpp"

#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/helpers/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace quarry::hdbits {

/// One account on the site. Keeps no thread and touches no socket: http, clock and kv are the host's.
/// Methods promise what the interface says; one call at a time, as the plugin's entry declares.
class HdbitsIndexer final : public sdk::Plugin<sdk::Indexer> {
 public:
  /// Throws sdk::Error when the configuration is not usable or the host lacks a service.
  HdbitsIndexer(sdk::HostServices& services, const sdk::Config& config);
  /// The same with chosen jitter.
  HdbitsIndexer(sdk::HostServices& services, const sdk::Config& config, std::uint64_t seed);

  sdk::Status capabilities(sdk::CallContext& ctx, sdk::IndexerCapabilities& out) noexcept override;
  /// Asks /api/test once; counts and keeps its distance like any other request.
  sdk::Status test(sdk::CallContext& ctx, sdk::TestSink& facts) noexcept override;
  /// By IMDb id when the query has one, else by words. An answer up to search_cache_minutes old is
  /// given again without a request.
  sdk::Status search(sdk::CallContext& ctx, const sdk::IndexerQuery& query, sdk::ReleaseSink& sink) noexcept override;
  /// At most three pages, and only as many as it takes to meet `since_ms` or the newest release that
  /// an earlier poll handed on. The sink receives nothing unless all pages came.
  sdk::Status recent(sdk::CallContext& ctx, std::int64_t since_ms, sdk::ReleaseSink& sink) noexcept override;
  /// One request, never repeated here: the caller keeps the bytes.
  sdk::Status fetch(sdk::CallContext& ctx, const sdk::ReleaseRef& release, sdk::FetchSink& sink) noexcept override;

 private:
  struct Page {
    std::vector<Release> releases;
    std::size_t rows = 0;  // as the site sent them, unreadable ones included
  };
  [[nodiscard]] Page ask(sdk::CallContext& ctx, std::string_view canonical);
  [[nodiscard]] std::vector<Release> newest(sdk::CallContext& ctx, std::int64_t since_ms);

  Settings settings_;
  Site site_;
  SearchCache cache_;
  std::vector<std::string> facts_;  // views given by test() live until the next call
};

}  // namespace quarry::hdbits
