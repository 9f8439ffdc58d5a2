// SPDX-License-Identifier: MIT
#include "hdbits_indexer.hpp"

#include "release.hpp"

#include <quarry/sdk/helpers/sinks.hpp>

#include <algorithm>
#include <charconv>
#include <random>

namespace quarry::hdbits {
namespace {

constexpr std::int32_t kMostPages = 3;

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

std::int64_t release_id(std::string_view guid) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(guid.data(), guid.data() + guid.size(), id);
  if (error != std::errc() || end != guid.data() + guid.size() || id <= 0) {
    throw sdk::Error(sdk::Code::invalid, "this is no release of this indexer: its id must be a whole number above 0");
  }
  return id;
}

}  // namespace

HdbitsIndexer::HdbitsIndexer(sdk::HostServices& services, const sdk::Config& config)
    : HdbitsIndexer(services, config, random_seed()) {}

HdbitsIndexer::HdbitsIndexer(sdk::HostServices& services, const sdk::Config& config, std::uint64_t seed)
    : settings_(settings_from(config)),
      site_(services, settings_, seed),
      cache_(settings_.search_cache_minutes * kMinuteMs) {}

sdk::Status HdbitsIndexer::capabilities(sdk::CallContext&, sdk::IndexerCapabilities& out) noexcept {
  out.flags = 0;
  out.page_size = kPageSize;
  return {};
}

sdk::Status HdbitsIndexer::test(sdk::CallContext& ctx, sdk::TestSink& facts) noexcept {
  return sdk::guard(ctx, [&] {
    static_cast<void>(site_.api(ctx, Call::test, "test", "{}"));
    facts_ = {settings_.url, site_.api_use(ctx), site_.download_use(ctx)};
    facts.fact("url", facts_[0]);
    facts.fact("API calls in 24 hours", facts_[1]);
    facts.fact("downloads in 24 hours", facts_[2]);
  });
}

HdbitsIndexer::Page HdbitsIndexer::ask(sdk::CallContext& ctx, std::string_view canonical) {
  const sdk::JsonDocument envelope = site_.api(ctx, Call::api, "torrents", canonical);
  std::size_t unreadable = 0;
  std::vector<Release> releases = read_releases(envelope["data"], unreadable);
  if (unreadable > 0) {
    site_.log(sdk::LogLevel::info,
              std::to_string(unreadable) + " rows of the answer have no usable id or name and were left out");
  }
  return {std::move(releases), envelope["data"].size()};
}

sdk::Status HdbitsIndexer::search(sdk::CallContext& ctx, const sdk::IndexerQuery& query,
                                  sdk::ReleaseSink& sink) noexcept {
  return sdk::guard(ctx, [&] {
    sdk::check_cancelled(ctx);
    const SiteQuery asked = site_query(query);
    const std::string key = canonical_body(settings_, asked);
    const std::vector<Release>* releases = cache_.find(key, site_.clock().steady_ms());
    std::vector<Release> fresh;
    if (releases == nullptr) {
      fresh = ask(ctx, key).releases;
      cache_.put(key, fresh, site_.clock().steady_ms());
      releases = &fresh;
    }
    // The site counts in pages: an offset inside a page means that its first rows are not wanted.
    const auto skip = static_cast<std::size_t>(std::max(query.offset, 0) % asked.limit);
    for (std::size_t i = skip; i < releases->size(); ++i) {
      if (!give((*releases)[i], settings_.url, sink)) { return; }
    }
  });
}

std::vector<Release> HdbitsIndexer::newest(sdk::CallContext& ctx, std::int64_t since_ms) {
  const std::int64_t known = site_.newest_id(ctx);
  // Without anything to meet, the first page is all there is to know.
  const std::int32_t pages = since_ms > 0 || known > 0 ? kMostPages : 1;
  std::vector<Release> all;
  SiteQuery page;
  for (bool met = false; !met && page.page < pages; ++page.page) {
    Page answer = ask(ctx, canonical_body(settings_, page));
    met = answer.rows < static_cast<std::size_t>(kPageSize);
    for (Release& r : answer.releases) {
      met = met || r.id <= known || (r.published_at_ms > 0 && r.published_at_ms <= since_ms);
      // A release added meanwhile pushes the last row of a page to the next one.
      const bool twice = std::any_of(all.begin(), all.end(), [&r](const Release& seen) { return seen.id == r.id; });
      if (!twice) { all.push_back(std::move(r)); }
    }
  }
  return all;
}

sdk::Status HdbitsIndexer::recent(sdk::CallContext& ctx, std::int64_t since_ms, sdk::ReleaseSink& sink) noexcept {
  return sdk::guard(ctx, [&] {
    std::vector<Release> releases = newest(ctx, since_ms);
    std::int64_t highest = 0;
    for (const Release& r : releases) { highest = std::max(highest, r.id); }
    std::erase_if(releases,
                  [since_ms](const Release& r) { return r.published_at_ms > 0 && r.published_at_ms <= since_ms; });
    std::stable_sort(releases.begin(), releases.end(),
                     [](const Release& a, const Release& b) { return a.published_at_ms > b.published_at_ms; });
    for (const Release& r : releases) {
      // Who stops early has not seen all of them, so the next poll must be able to come back here.
      if (!give(r, settings_.url, sink)) { return; }
    }
    site_.set_newest_id(ctx, highest);
  });
}

sdk::Status HdbitsIndexer::fetch(sdk::CallContext& ctx, const sdk::ReleaseRef& release, sdk::FetchSink& sink) noexcept {
  return sdk::guard(ctx, [&] {
    const std::string torrent = site_.download(ctx, release_id(release.guid));
    static_cast<void>(sink.metainfo(sdk::as_bytes(torrent)));  // false: the host has had enough, which is no failure
  });
}

}  // namespace quarry::hdbits
