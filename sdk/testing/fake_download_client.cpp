// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/fake_download_client.hpp>

#include <algorithm>

namespace quarry::sdk::testing {
namespace {
Status unavailable(CallContext& ctx, std::uint32_t flags, std::string_view text) {
  return ctx.fail({Code::unavailable, kRetryable | flags, 0, 0}, text);
}

/// What a caller that has given up is answered; ok when it has not.
Status given_up(CallContext& ctx) {
  if (ctx.cancelled()) { return ctx.fail({Code::cancelled, kNotStarted, 0, 0}, "cancelled by the caller"); }
  if (ctx.remaining_ms() > 0) { return {}; }
  return ctx.fail({Code::deadline, kRetryable | kNotStarted, 0, 0}, "the time for this call is over");
}
}  // namespace

void FakeDownloadClient::on_call(std::function<Fault(std::string_view)> faults) {
  const std::lock_guard lock(mutex_);
  faults_ = std::move(faults);
}
void FakeDownloadClient::download(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, item] : items_) {
    if (item.paused || item.error) { continue; }
    if (item.stalled_steps > 0) {
      --item.stalled_steps;
      continue;
    }
    item.done_bytes = std::min(item.size_bytes, item.done_bytes + bytes);
  }
}
void FakeDownloadClient::set_size(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  size_ = bytes;
}
void FakeDownloadClient::put(Item item) {
  const std::lock_guard lock(mutex_);
  if (item.id.empty()) { item.id = item.infohash_v1; }
  items_[item.id] = std::move(item);
}
void FakeDownloadClient::lose(std::string_view infohash) {
  const std::lock_guard lock(mutex_);
  items_.erase(std::string(infohash));
}
void FakeDownloadClient::fail(std::string_view infohash) {
  const std::lock_guard lock(mutex_);
  if (const auto it = items_.find(std::string(infohash)); it != items_.end()) { it->second.error = true; }
}
void FakeDownloadClient::rename(std::string_view infohash, std::string id) {
  const std::lock_guard lock(mutex_);
  auto node = items_.extract(std::string(infohash));
  if (node.empty()) { return; }
  node.mapped().id = id;
  node.mapped().only_by_id = true;
  node.key() = std::move(id);
  items_.insert(std::move(node));
}
std::vector<FakeDownloadClient::Item> FakeDownloadClient::items() const {
  const std::lock_guard lock(mutex_);
  std::vector<Item> all;
  for (const auto& [id, item] : items_) { all.push_back(item); }
  return all;
}
int FakeDownloadClient::times_added(std::string_view infohash) const {
  const std::lock_guard lock(mutex_);
  const auto it = added_.find(infohash);
  return it == added_.end() ? 0 : it->second;
}
int FakeDownloadClient::calls(std::string_view method) const {
  const std::lock_guard lock(mutex_);
  const auto it = calls_.find(method);
  return it == calls_.end() ? 0 : it->second;
}

Fault FakeDownloadClient::next_fault(std::string_view method) {
  std::function<Fault(std::string_view)> faults;
  {
    const std::lock_guard lock(mutex_);
    ++calls_[std::string(method)];
    faults = faults_;
  }
  return faults ? faults(method) : Fault::none;
}

Status FakeDownloadClient::with_fault(CallContext& ctx, std::string_view method,
                                      const std::function<Status()>& effect) {
  if (const Status status = given_up(ctx); !status.ok()) { return status; }
  switch (next_fault(method)) {
    case Fault::refused:
      return unavailable(ctx, kNotStarted, "connection refused");
    case Fault::error:
      return unavailable(ctx, 0, "the client answered 500");
    case Fault::lost_answer:
      static_cast<void>(effect());
      return ctx.fail({Code::deadline, kRetryable, 0, 0}, "no answer in time");
    default:
      return effect();
  }
}

std::string FakeDownloadClient::find(const ItemKey& key) const {
  for (const auto& [id, item] : items_) {
    const bool by_hash = (!key.infohash_v1.empty() && key.infohash_v1 == item.infohash_v1) ||
                         (!key.infohash_v2.empty() && key.infohash_v2 == item.infohash_v2);
    const bool hit = (!key.id.empty() && key.id == id) || (by_hash && !item.only_by_id);
    if (hit) { return id; }
  }
  return {};
}

Status FakeDownloadClient::each(CallContext& ctx, std::string_view method, std::span<const ItemKey> keys,
                                const std::function<void(const std::string&)>& effect) {
  return with_fault(ctx, method, [&]() -> Status {
    const std::lock_guard lock(mutex_);
    for (const ItemKey& key : keys) {
      if (const std::string id = find(key); !id.empty()) { effect(id); }
    }
    return {};
  });
}

Status FakeDownloadClient::capabilities(CallContext&, ClientCapabilities& out) noexcept {
  out.flags = kHasCategories | kHasTags | kTakesMagnets | kTakesV2;
  return {};
}
Status FakeDownloadClient::test(CallContext& ctx, TestSink& facts) noexcept {
  return with_fault(ctx, "test", [&]() -> Status {
    facts.fact("version", "fake");
    return {};
  });
}
Status FakeDownloadClient::add(CallContext& ctx, const AddRequest& request) noexcept {
  return with_fault(ctx, "add", [&]() -> Status {
    const char first = request.metainfo.empty() ? '\0' : static_cast<char>(request.metainfo.front());
    if (request.metainfo.empty() ? request.magnet.empty() : first != 'd') {
      return ctx.fail({Code::invalid, 0, 0, 0}, "neither a .torrent nor a magnet");
    }
    const std::lock_guard lock(mutex_);
    if (!find(request.key).empty()) { return ctx.fail({Code::conflict, 0, 0, 0}, "it is there already"); }
    Item item;
    item.infohash_v1 = request.key.infohash_v1;
    item.infohash_v2 = request.key.infohash_v2;
    item.id = item.infohash_v2.empty() ? item.infohash_v1 : item.infohash_v2.substr(0, 40);
    item.category = request.category;
    for (const std::string_view tag : request.tags) { item.tags += (item.tags.empty() ? "" : ",") + std::string(tag); }
    item.size_bytes = size_;
    item.paused = request.paused != 0;
    ++added_[item.infohash_v1.empty() ? item.infohash_v2 : item.infohash_v1];
    items_[item.id] = std::move(item);
    return {};
  });
}

bool FakeDownloadClient::show(const Item& item, ItemSink& sink) {
  const bool whole = item.done_bytes >= item.size_bytes;
  const std::string path = "/downloads/" + item.id;
  ItemView view;
  view.id = item.id;
  view.infohash_v1 = item.infohash_v1;
  view.infohash_v2 = item.infohash_v2;
  view.tags = item.tags;
  view.category = item.category;
  view.content_path = path;
  view.size_bytes = item.size_bytes;
  view.done_bytes = item.done_bytes;
  view.progress =
      static_cast<double>(item.done_bytes) / static_cast<double>(std::max<std::int64_t>(1, item.size_bytes));
  if (item.error) {
    view.state = ItemState::error;
    view.error = "the disk is full";
  } else if (item.paused) {
    view.state = whole ? ItemState::finished : ItemState::paused;
  } else if (whole) {
    view.state = ItemState::seeding;
  } else {
    view.state = item.stalled_steps > 0 ? ItemState::stalled : ItemState::downloading;
  }
  return sink.add(view);
}

Status FakeDownloadClient::list(CallContext& ctx, const ListQuery& query, ItemSink& sink) noexcept {
  if (query.scope == ListScope::changes) {
    return ctx.fail({Code::unsupported, 0, 0, 0}, "this client lists no changes");
  }
  if (const Status status = given_up(ctx); !status.ok()) { return status; }
  const Fault fault = next_fault(query.scope == ListScope::all ? "list_all" : "list");
  if (fault == Fault::refused) { return unavailable(ctx, kNotStarted, "connection refused"); }
  if (fault == Fault::error || fault == Fault::lost_answer) { return unavailable(ctx, 0, "the client answered 500"); }
  const std::lock_guard lock(mutex_);
  if (fault == Fault::empty) {
    sink.finish(true, {});
    return {};
  }
  std::size_t left = fault == Fault::half_answer ? items_.size() / 2 : items_.size();
  for (const auto& [id, item] : items_) {
    if (left-- == 0) { break; }
    const bool asked =
        query.scope == ListScope::all ||
        std::any_of(query.keys.begin(), query.keys.end(), [&, name = id](const ItemKey& k) { return find(k) == name; });
    if (asked && !show(item, sink)) {
      sink.finish(false, {});
      return {};
    }
  }
  if (fault == Fault::half_answer) { return {}; }
  sink.finish(true, {});
  return {};
}

Status FakeDownloadClient::pause(CallContext& ctx, std::span<const ItemKey> keys) noexcept {
  return each(ctx, "pause", keys, [&](const std::string& id) { items_[id].paused = true; });
}
Status FakeDownloadClient::resume(CallContext& ctx, std::span<const ItemKey> keys) noexcept {
  return each(ctx, "resume", keys, [&](const std::string& id) {
    items_[id].paused = false;
    items_[id].error = false;
  });
}
Status FakeDownloadClient::remove(CallContext& ctx, std::span<const ItemKey> keys, std::int32_t) noexcept {
  return each(ctx, "remove", keys, [&](const std::string& id) { items_.erase(id); });
}
Status FakeDownloadClient::set_priority(CallContext& ctx, std::span<const ItemKey>, Priority) noexcept {
  return ctx.fail({Code::unsupported, 0, 0, 0}, "this client has no priorities");
}
Status FakeDownloadClient::set_category(CallContext& ctx, std::span<const ItemKey> keys,
                                        std::string_view category) noexcept {
  return each(ctx, "set_category", keys, [&](const std::string& id) { items_[id].category = category; });
}
Status FakeDownloadClient::set_limits(CallContext& ctx, std::span<const ItemKey>, const ClientLimits&) noexcept {
  return ctx.fail({Code::unsupported, 0, 0, 0}, "this client has no limits");
}
Status FakeDownloadClient::files(CallContext& ctx, const ItemKey& key, FileSink& sink) noexcept {
  if (const Status status = given_up(ctx); !status.ok()) { return status; }
  const std::lock_guard lock(mutex_);
  ++calls_["files"];
  const std::string id = find(key);
  if (id.empty()) { return ctx.fail({Code::not_found, 0, 0, 0}, "no such item"); }
  FileView file;
  file.path = items_[id].file;
  file.size_bytes = items_[id].size_bytes;
  file.done_bytes = items_[id].done_bytes;
  sink.add(file);
  return {};
}

}  // namespace quarry::sdk::testing
