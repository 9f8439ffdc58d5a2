// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/testing/rig.hpp"

#include <algorithm>

namespace quarry::qbittorrent::testing {

std::unique_ptr<QbittorrentClient> Rig::client(const std::string& password) {
  sdk::JsonWriter w;
  w.begin_object().member("url", url()).member("username", "admin").member("password", password).end_object();
  return std::make_unique<QbittorrentClient>(host(), sdk::Config::parse(w.take()));
}

bool Listing::add(const sdk::ItemView& item) noexcept {
  Item copy;
  copy.id = item.id;
  copy.v1 = item.infohash_v1;
  copy.v2 = item.infohash_v2;
  copy.name = item.name;
  copy.category = item.category;
  copy.tags = item.tags;
  copy.save_path = item.save_path;
  copy.content_path = item.content_path;
  copy.state_text = item.state_text;
  copy.state = item.state;
  copy.size = item.size_bytes;
  copy.done = item.done_bytes;
  copy.eta = item.eta_s;
  copy.added_at_ms = item.added_at_ms;
  copy.progress = item.progress;
  items.push_back(std::move(copy));
  return items.size() < most;
}

const Item* Listing::find(std::string_view id) const {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.id == id; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace quarry::qbittorrent::testing
