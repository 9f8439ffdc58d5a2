// SPDX-License-Identifier: MIT
// An answer of qBittorrent to torrents/info: every row becomes an item that makes sense, or none.
#include "require.hpp"

#include "plugins/qbittorrent/keys.hpp"
#include "plugins/qbittorrent/torrent.hpp"

#include <cmath>

namespace {

using quarry::fuzz::is_hash_or_empty;
using quarry::fuzz::require;
using namespace quarry;

void check_texts(const sdk::ItemView& item) {
  require(item.id.size() == 40 && is_hash_or_empty(item.id, 40), "an id is 40 lower-case hex digits");
  require(is_hash_or_empty(item.infohash_v1, 40), "a v1 hash is 40 lower-case hex digits");
  require(is_hash_or_empty(item.infohash_v2, 64), "a v2 hash is 64 lower-case hex digits");
  for (const std::string_view text :
       {item.name, item.category, item.tags, item.save_path, item.content_path, item.state_text, item.error}) {
    require(fuzz::is_utf8(text), "the texts of an item are UTF-8");
  }
  require(!item.tags.starts_with(',') && !item.tags.ends_with(',') && item.tags.find(",,") == std::string_view::npos,
          "no tag is empty");
  const std::string_view path = item.content_path;
  require(path.empty() || path.starts_with('/') || path.starts_with("\\\\") || (path.size() > 2 && path[1] == ':'),
          "the path of the content is absolute, or not told");
}

void check_numbers(const sdk::ItemView& item) {
  require(item.size_bytes >= -1 && item.done_bytes >= 0, "sizes are not negative, or -1 for unknown");
  require(item.down_bps >= 0 && item.up_bps >= 0, "speeds are not negative");
  require(item.eta_s >= -1 && item.added_at_ms >= 0, "times are not negative, or -1 for unknown");
  require(item.seeders >= -1 && item.leechers >= -1, "counts are not negative, or -1 for unknown");
  require(item.progress >= 0 && item.progress <= 1, "progress is from 0 to 1");
  require(std::isfinite(item.ratio) && item.ratio >= 0, "a ratio is a number, not negative");
}

void check_row(const sdk::Json& json) {
  const qbittorrent::TorrentRow row(json);
  if (!row.usable()) { return; }
  check_texts(row.view());
  check_numbers(row.view());
  sdk::ItemKey key;
  key.id = row.view().id;
  const qbittorrent::KeySet keys({&key, 1});
  require(keys.ids().size() == 1 && keys.matches(row.view()), "an item is found by its id");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = sdk::JsonDocument::parse(fuzz::text_of(data, size));
  if (!document) { return 0; }
  const sdk::Json root = document->root();
  check_row(root);
  for (std::size_t i = 0; i < root.size(); ++i) { check_row(root.is_array() ? root.at(i) : root.value_at(i)); }
  return 0;
}
