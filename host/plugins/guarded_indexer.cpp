// SPDX-License-Identifier: MIT
#include "plugins/guarded_call.hpp"
#include "plugins/kept_rows.hpp"

#include <string>

namespace quarry::plugins {
namespace {

using sdk::CallContext;
using sdk::Status;

struct SearchState {
  explicit SearchState(const sdk::IndexerQuery& asked) : query(adopt(asked)) {
    static_cast<void>(store.keep(query.term, query.imdb_id));
  }
  SearchState() = default;
  [[nodiscard]] bool flooded() const noexcept { return sink.kept.flooded(); }
  void deliver(sdk::ReleaseSink& to) const {
    for (const auto& row : sink.kept.rows()) {
      if (!to.add(row)) { return; }
    }
  }
  sdk::IndexerQuery query;
  TextStore store{SIZE_MAX};
  RowSink<sdk::ReleaseSink, sdk::ReleaseView> sink;
};

struct FetchState final : sdk::FetchSink {
  explicit FetchState(const sdk::ReleaseRef& asked) : release(adopt(asked)) {
    static_cast<void>(store.keep(release.guid, release.infohash_v1));
  }
  bool metainfo(std::span<const std::byte> piece) noexcept override {
    return append(bytes, {reinterpret_cast<const char*>(piece.data()), piece.size()});
  }
  bool magnet(std::string_view uri) noexcept override {
    magnet_uri.clear();
    return append(magnet_uri, uri);
  }
  [[nodiscard]] bool flooded() const noexcept { return too_much; }

  bool append(std::string& to, std::string_view piece) noexcept {
    try {
      if (too_much || to.size() + piece.size() > kMaxBytes) { return !(too_much = true); }
      to.append(piece);
      return true;
    } catch (...) { return !(too_much = true); }
  }

  sdk::ReleaseRef release;
  TextStore store{SIZE_MAX};
  std::string bytes;
  std::string magnet_uri;
  bool too_much = false;
};

}  // namespace

Status GuardedIndexer::capabilities(CallContext& ctx, sdk::IndexerCapabilities& out) noexcept {
  return guarded_call<sdk::IndexerCapabilities>(
      wall_, ctx, "capabilities", [&p = plugin_](CallContext& c, auto& state) { return p.capabilities(c, state); },
      [&](const auto& state) { hand_out(state, out); });
}

Status GuardedIndexer::test(CallContext& ctx, sdk::TestSink& facts) noexcept {
  return guarded_call<FactSink>(
      wall_, ctx, "test", [&p = plugin_](CallContext& c, FactSink& state) { return p.test(c, state); },
      [&](const FactSink& state) {
        for (const auto& row : state.kept.rows()) { facts.fact(row.name, row.value); }
      });
}

Status GuardedIndexer::search(CallContext& ctx, const sdk::IndexerQuery& query, sdk::ReleaseSink& sink) noexcept {
  return guarded_call<SearchState>(
      wall_, ctx, "search", [&p = plugin_](CallContext& c, SearchState& s) { return p.search(c, s.query, s.sink); },
      [&](const SearchState& state) { state.deliver(sink); }, query);
}

Status GuardedIndexer::recent(CallContext& ctx, std::int64_t since_ms, sdk::ReleaseSink& sink) noexcept {
  return guarded_call<SearchState>(
      wall_, ctx, "recent",
      [&p = plugin_, since_ms](CallContext& c, SearchState& s) { return p.recent(c, since_ms, s.sink); },
      [&](const SearchState& state) { state.deliver(sink); });
}

Status GuardedIndexer::fetch(CallContext& ctx, const sdk::ReleaseRef& release, sdk::FetchSink& sink) noexcept {
  return guarded_call<FetchState>(
      wall_, ctx, "fetch", [&p = plugin_](CallContext& c, FetchState& s) { return p.fetch(c, s.release, s); },
      [&](const FetchState& state) {
        const std::string& bytes = state.bytes;
        if (!bytes.empty()) {
          static_cast<void>(sink.metainfo({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}));
        }
        if (!state.magnet_uri.empty()) { static_cast<void>(sink.magnet(state.magnet_uri)); }
      },
      release);
}

}  // namespace quarry::plugins
