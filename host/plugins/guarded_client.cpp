// SPDX-License-Identifier: MIT
#include "plugins/guarded_call.hpp"
#include "plugins/kept_rows.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace quarry::plugins {
namespace {

using sdk::CallContext;
using sdk::ItemKey;
using sdk::Status;

struct KeysState {
  KeysState(std::span<const ItemKey> k, std::string_view t = {}) : keys(k), text(t) {}
  KeptKeys keys;
  std::string text;
};

struct AddState {
  explicit AddState(const sdk::AddRequest& asked)
      : request(adopt(asked)), bytes(request.metainfo.begin(), request.metainfo.end()), key({&asked.key, 1}) {
    static_cast<void>(store.keep(request.magnet, request.category, request.save_path));
    for (std::string_view tag : request.tags) {
      static_cast<void>(store.keep(tag));
      tags.push_back(tag);
    }
    request.metainfo = bytes;
    request.tags = tags;
    request.key = key.span().front();
  }
  sdk::AddRequest request;
  std::vector<std::byte> bytes;
  KeptKeys key;
  TextStore store{SIZE_MAX};
  std::vector<std::string_view> tags;
};

/// Numbers up to this are exact in JSON, and some of them can be added up without a care.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 53U;
constexpr std::int64_t kLongestEtaS = std::int64_t{10} * 365 * 24 * 3600;

double between(double value, double most) { return std::isfinite(value) ? std::clamp(value, 0.0, most) : 0.0; }

/// What other programs say is not always possible; what is not is as good as unknown.
sdk::ItemView believable(sdk::ItemView item) {
  if (item.state < sdk::ItemState::unknown || item.state > sdk::ItemState::error) {
    item.state = sdk::ItemState::unknown;
  }
  item.size_bytes = std::clamp<std::int64_t>(item.size_bytes, -1, kMostBytes);
  item.done_bytes = std::clamp<std::int64_t>(item.done_bytes, 0, item.size_bytes < 0 ? kMostBytes : item.size_bytes);
  item.down_bps = std::clamp<std::int64_t>(item.down_bps, 0, kMostBytes);
  item.up_bps = std::clamp<std::int64_t>(item.up_bps, 0, kMostBytes);
  if (item.eta_s < 0 || item.eta_s > kLongestEtaS) { item.eta_s = -1; }
  item.added_at_ms = std::clamp<std::int64_t>(item.added_at_ms, 0, kMostBytes);
  item.seeders = std::max(item.seeders, -1);
  item.leechers = std::max(item.leechers, -1);
  item.progress = between(item.progress, 1);
  item.ratio = between(item.ratio, 1e9);
  return item;
}

struct ListState final : sdk::ItemSink {
  explicit ListState(const sdk::ListQuery& asked) : query(adopt(asked)), keys(query.keys), cursor_in(query.cursor) {
    query.keys = keys.span();
    query.cursor = cursor_in;
  }
  bool add(const sdk::ItemView& item) noexcept override { return kept.add(believable(adopt(item))); }
  void finish(bool all, std::string_view next) noexcept override {
    try {
      cursor_out.assign(next.substr(0, kMaxCursor));
      complete = all;
      finished = true;
    } catch (...) { complete = false; }
  }
  [[nodiscard]] bool flooded() const noexcept { return kept.flooded(); }

  static constexpr std::size_t kMaxCursor = 64 * 1024;
  sdk::ListQuery query;
  KeptKeys keys;
  std::string cursor_in;
  KeptRows<sdk::ItemView> kept;
  std::string cursor_out;
  bool complete = false;
  bool finished = false;
};

struct FilesState {
  explicit FilesState(const ItemKey& k) : key({&k, 1}) {}
  [[nodiscard]] bool flooded() const noexcept { return sink.kept.flooded(); }
  KeptKeys key;
  RowSink<sdk::FileSink, sdk::FileView> sink;
};

constexpr auto kNothingToDeliver = [](const auto&) {};

}  // namespace

Status GuardedDownloadClient::capabilities(CallContext& ctx, sdk::ClientCapabilities& out) noexcept {
  return guarded_call<sdk::ClientCapabilities>(
      wall_, ctx, "capabilities", [&p = plugin_](CallContext& c, auto& state) { return p.capabilities(c, state); },
      [&](const auto& state) { hand_out(state, out); });
}

Status GuardedDownloadClient::test(CallContext& ctx, sdk::TestSink& facts) noexcept {
  return guarded_call<FactSink>(
      wall_, ctx, "test", [&p = plugin_](CallContext& c, FactSink& state) { return p.test(c, state); },
      [&](const FactSink& state) {
        for (const auto& row : state.kept.rows()) { facts.fact(row.name, row.value); }
      });
}

Status GuardedDownloadClient::add(CallContext& ctx, const sdk::AddRequest& request) noexcept {
  return guarded_call<AddState>(
      wall_, ctx, "add", [&p = plugin_](CallContext& c, AddState& state) { return p.add(c, state.request); },
      kNothingToDeliver, request);
}

Status GuardedDownloadClient::list(CallContext& ctx, const sdk::ListQuery& query, sdk::ItemSink& sink) noexcept {
  return guarded_call<ListState>(
      wall_, ctx, "list", [&p = plugin_](CallContext& c, ListState& state) { return p.list(c, state.query, state); },
      [&](const ListState& state) {
        for (const auto& row : state.kept.rows()) {
          if (!sink.add(row)) { return; }
        }
        if (state.finished) { sink.finish(state.complete, state.cursor_out); }
      },
      query);
}

Status GuardedDownloadClient::pause(CallContext& ctx, std::span<const ItemKey> keys) noexcept {
  return guarded_call<KeysState>(
      wall_, ctx, "pause", [&p = plugin_](CallContext& c, KeysState& s) { return p.pause(c, s.keys.span()); },
      kNothingToDeliver, keys);
}

Status GuardedDownloadClient::resume(CallContext& ctx, std::span<const ItemKey> keys) noexcept {
  return guarded_call<KeysState>(
      wall_, ctx, "resume", [&p = plugin_](CallContext& c, KeysState& s) { return p.resume(c, s.keys.span()); },
      kNothingToDeliver, keys);
}

Status GuardedDownloadClient::remove(CallContext& ctx, std::span<const ItemKey> keys,
                                     std::int32_t delete_data) noexcept {
  return guarded_call<KeysState>(
      wall_, ctx, "remove",
      [&p = plugin_, delete_data](CallContext& c, KeysState& s) { return p.remove(c, s.keys.span(), delete_data); },
      kNothingToDeliver, keys);
}

Status GuardedDownloadClient::set_priority(CallContext& ctx, std::span<const ItemKey> keys,
                                           sdk::Priority priority) noexcept {
  return guarded_call<KeysState>(
      wall_, ctx, "set_priority",
      [&p = plugin_, priority](CallContext& c, KeysState& s) { return p.set_priority(c, s.keys.span(), priority); },
      kNothingToDeliver, keys);
}

Status GuardedDownloadClient::set_category(CallContext& ctx, std::span<const ItemKey> keys,
                                           std::string_view category) noexcept {
  return guarded_call<KeysState>(
      wall_, ctx, "set_category",
      [&p = plugin_](CallContext& c, KeysState& s) { return p.set_category(c, s.keys.span(), s.text); },
      kNothingToDeliver, keys, category);
}

Status GuardedDownloadClient::set_limits(CallContext& ctx, std::span<const ItemKey> keys,
                                         const sdk::ClientLimits& limits) noexcept {
  return guarded_call<KeysState>(
      wall_, ctx, "set_limits",
      [&p = plugin_, own = adopt(limits)](CallContext& c, KeysState& s) { return p.set_limits(c, s.keys.span(), own); },
      kNothingToDeliver, keys);
}

Status GuardedDownloadClient::files(CallContext& ctx, const ItemKey& key, sdk::FileSink& sink) noexcept {
  return guarded_call<FilesState>(
      wall_, ctx, "files",
      [&p = plugin_](CallContext& c, FilesState& s) { return p.files(c, s.key.span().front(), s.sink); },
      [&](const FilesState& state) {
        for (const auto& row : state.sink.kept.rows()) {
          if (!sink.add(row)) { return; }
        }
      },
      key);
}

}  // namespace quarry::plugins
