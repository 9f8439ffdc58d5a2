// SPDX-License-Identifier: MIT
#include "queue/client_listing.hpp"

#include <quarry/sdk/helpers/context.hpp>

#include <algorithm>
#include <utility>

namespace quarry::queue {
namespace {

constexpr std::size_t kKeysPerCall = 200;
constexpr int kMostDoublings = 20;

/// Turns a listing into owned items.
class ListingSink final : public sdk::ItemSink {
 public:
  bool add(const sdk::ItemView& v) noexcept override {
    ClientItem item;
    item.state = v.state;
    item.id = v.id;
    item.infohash_v1 = v.infohash_v1;
    item.infohash_v2 = v.infohash_v2;
    item.tags = v.tags;
    item.content_path = v.content_path;
    item.state_text = v.state_text;
    item.error = v.error;
    item.size_bytes = v.size_bytes;
    item.done_bytes = v.done_bytes;
    item.down_bps = v.down_bps;
    item.up_bps = v.up_bps;
    item.eta_s = v.eta_s;
    item.seeders = v.seeders;
    item.leechers = v.leechers;
    item.progress = v.progress;
    item.ratio = v.ratio;
    listing.add(std::move(item));
    return true;
  }
  void finish(bool whole, std::string_view) noexcept override { complete = whole; }
  ClientItems listing;
  bool complete = false;
};

}  // namespace

sdk::ItemKey key_of(const ClientItem& item) {
  sdk::ItemKey key;
  key.id = item.id;
  key.infohash_v1 = item.infohash_v1;
  key.infohash_v2 = item.infohash_v2;
  return key;
}

void ClientItems::add(ClientItem item) {
  for (const std::string* name : {&item.id, &item.infohash_v1, &item.infohash_v2}) {
    if (!name->empty()) { by_name.emplace(*name, items.size()); }
  }
  items.push_back(std::move(item));
}

const ClientItem* ClientItems::find(const Download& d) const {
  for (const std::string* name : {&d.infohash_v1, &d.infohash_v2, &d.client_item_id}) {
    if (name->empty()) { continue; }
    const auto it = by_name.find(*name);
    if (it != by_name.end()) { return &items[it->second]; }
  }
  return nullptr;
}

ClientListing::ClientListing(EnginePorts ports, EngineSettings settings, std::string client_id)
    : ports_(std::move(ports)), settings_(std::move(settings)), client_id_(std::move(client_id)) {}

sdk::Result<ClientItems> ClientListing::of(sdk::DownloadClient& client, const std::vector<Download>& wanted) {
  ListingSink sink;
  for (std::size_t at = 0; at < wanted.size(); at += kKeysPerCall) {
    std::vector<sdk::ItemKey> keys;
    for (std::size_t i = at; i < std::min(wanted.size(), at + kKeysPerCall); ++i) { keys.push_back(key_of(wanted[i])); }
    sdk::ListQuery query;
    query.keys = keys;
    sink.complete = false;
    sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, "reconcile-" + client_id_);
    const sdk::Status status = client.list(ctx, query, sink);
    if (!status.ok()) { return ctx.failure(status, "the client could not list its items"); }
    if (!sink.complete) { return sdk::failure(sdk::Code::unavailable, "the client gave half an answer"); }
  }
  // It shows something, so it is not the empty client that it once seemed to be.
  if (seemed_empty_ && !sink.listing.items.empty()) { suspect_since_ms_ = -1; }
  return std::move(sink.listing);
}

std::int64_t ClientListing::least_pause_ms() const noexcept {
  return std::max(settings_.poll_ms, settings_.absent_ms / std::max(1, settings_.absent_listings));
}

bool ClientListing::is_due(std::int64_t now_ms) const noexcept {
  return now_ms >= not_before_ms_ && (last_full_ms_ < 0 || now_ms - last_full_ms_ >= settings_.full_listing_ms);
}

bool ClientListing::is_due_for_absent(std::int64_t now_ms) const noexcept {
  return now_ms >= not_before_ms_ && (last_full_ms_ < 0 || now_ms - last_full_ms_ >= least_pause_ms());
}

std::optional<ClientListing::Everything> ClientListing::everything(sdk::DownloadClient& client, std::int64_t now_ms) {
  ListingSink sink;
  sdk::ListQuery query;
  query.scope = sdk::ListScope::all;
  sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms * 2, "reconcile-" + client_id_);
  const sdk::Status status = client.list(ctx, query, sink);
  if (!status.ok() || !sink.complete) {
    everything_failed(status.ok() ? sdk::failure(sdk::Code::unavailable, "the client gave half an answer")
                                  : ctx.failure(status, "the client could not list its items"),
                      now_ms);
    return std::nullopt;
  }
  full_failures_ = 0;
  full_log_.reset();
  last_full_ms_ = now_ms;
  const bool believed = is_believable(sink.listing.items.size(), now_ms);
  return Everything{std::move(sink.listing), believed};
}

void ClientListing::start_over() noexcept {
  last_full_ms_ = -1;
  suspect_since_ms_ = -1;
}

/// A client with many items may answer for a few and never for all: asking it each second helps nobody.
void ClientListing::everything_failed(const sdk::Failure& failure, std::int64_t now_ms) {
  const std::int64_t pause =
      std::min(settings_.full_listing_ms, least_pause_ms() << std::min(full_failures_, kMostDoublings));
  full_failures_ = std::min(full_failures_ + 1, kMostDoublings);
  not_before_ms_ = now_ms + std::max<std::int64_t>(pause, failure.status.retry_after_ms);
  if (full_log_.tell()) { ports_.log(sdk::LogLevel::warning, client_id_ + " cannot be listed whole: " + failure.text); }
}

/// A client that just started, or lost its disk, lists nothing or little for a while.
bool ClientListing::is_believable(std::size_t total, std::int64_t now_ms) noexcept {
  if (total > 0 && total * 2 >= last_total_) {
    suspect_since_ms_ = -1;
    last_total_ = total;
    return true;
  }
  // Two troubles far apart are not one that lasts.
  const bool goes_on = suspect_since_ms_ >= 0 && now_ms - suspect_last_ms_ < settings_.suspect_ms;
  if (!goes_on) { suspect_since_ms_ = now_ms; }
  suspect_last_ms_ = now_ms;
  seemed_empty_ = total == 0;
  if (now_ms - suspect_since_ms_ < settings_.suspect_ms) { return false; }
  last_total_ = total;
  return true;
}

}  // namespace quarry::queue
