// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/torrent.hpp"

#include "plugins/qbittorrent/keys.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace quarry::qbittorrent {
namespace {

using sdk::ItemState;

constexpr std::array<std::pair<std::string_view, ItemState>, 22> kStates{{
    {"error", ItemState::error},
    {"missingFiles", ItemState::missing_files},
    {"uploading", ItemState::seeding},
    {"stalledUP", ItemState::seeding},
    {"forcedUP", ItemState::seeding},
    {"queuedUP", ItemState::seeding},
    {"pausedUP", ItemState::finished},
    {"stoppedUP", ItemState::finished},
    {"checkingUP", ItemState::checking},
    {"checkingDL", ItemState::checking},
    {"checkingResumeData", ItemState::checking},
    {"moving", ItemState::moving},
    {"downloading", ItemState::downloading},
    {"forcedDL", ItemState::downloading},
    {"allocating", ItemState::downloading},
    {"stalledDL", ItemState::stalled},
    {"metaDL", ItemState::metadata},
    {"forcedMetaDL", ItemState::metadata},
    {"queuedDL", ItemState::queued},
    {"pausedDL", ItemState::paused},
    {"stoppedDL", ItemState::paused},
    {"unknown", ItemState::unknown},
}};

constexpr std::int64_t kEternity = 8'640'000;  // what qBittorrent says when it cannot tell the rest
constexpr double kInfiniteRatio = 9999;        // its own limit, which it writes as -1

bool is_absolute(std::string_view path) noexcept {
  return path.starts_with('/') || path.starts_with("\\\\") || (path.size() > 2 && path[1] == ':');
}

std::string_view without_slash(std::string_view path) noexcept {
  while (path.size() > 1 && path.ends_with('/')) { path.remove_suffix(1); }
  return path;
}

/// "a, b" to "a,b".
std::string join_tags(std::string_view tags) {
  std::string out;
  while (!tags.empty()) {
    const std::size_t comma = tags.find(',');
    std::string_view tag = tags.substr(0, comma);
    tags = comma == std::string_view::npos ? std::string_view{} : tags.substr(comma + 1);
    while (tag.starts_with(' ')) { tag.remove_prefix(1); }
    while (tag.ends_with(' ')) { tag.remove_suffix(1); }
    if (tag.empty()) { continue; }
    if (!out.empty()) { out += ','; }
    out += tag;
  }
  return out;
}

std::int32_t peers(sdk::Json connected, sdk::Json swarm) noexcept {
  constexpr std::int64_t kMost = 1'000'000'000;
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(std::max(connected.as_int(-1), swarm.as_int(-1)), -1, kMost));
}

std::string_view error_of(ItemState state) noexcept {
  if (state == ItemState::error) {
    return "qBittorrent stopped it because of an error; the reason, often a full disk, is in qBittorrent's own log";
  }
  if (state == ItemState::missing_files) { return "qBittorrent does not find the files any more"; }
  return {};
}

}  // namespace

sdk::ItemState state_of(std::string_view word) noexcept {
  const auto* const found =
      std::find_if(kStates.begin(), kStates.end(), [&](const auto& s) { return s.first == word; });
  return found == kStates.end() ? ItemState::unknown : found->second;
}

TorrentRow::TorrentRow(sdk::Json row) : id_(hex_of(row["hash"].as_string(), 40)) {
  if (!usable()) { return; }
  read_texts(row);
  read_numbers(row);
}

void TorrentRow::read_texts(sdk::Json row) {
  v1_ = hex_of(row["infohash_v1"].as_string(), 40);
  v2_ = hex_of(row["infohash_v2"].as_string(), 64);
  // Before 4.4 there were no such fields, and no v2 torrents either: the id is the v1 hash.
  if (!row["infohash_v1"].present() && !row["infohash_v2"].present()) { v1_ = id_; }
  tags_ = join_tags(row["tags"].as_string());
  view_.id = id_;
  view_.infohash_v1 = v1_;
  view_.infohash_v2 = v2_;
  view_.tags = tags_;
  view_.name = row["name"].as_string();
  view_.category = row["category"].as_string();
  view_.save_path = without_slash(row["save_path"].as_string());
  // Relative for a moment after a start, while the resume data is checked.
  const std::string_view content = row["content_path"].as_string();
  view_.content_path = is_absolute(content) ? without_slash(content) : std::string_view{};
  view_.state_text = row["state"].as_string();
  view_.state = state_of(view_.state_text);
  view_.error = error_of(view_.state);
}

void TorrentRow::read_numbers(sdk::Json row) {
  const bool no_metadata =
      view_.state == ItemState::metadata || !row["has_metadata"].as_bool(true) || row["total_size"].as_int(0) < 0;
  const std::int64_t size = row["size"].as_int(-1);
  view_.size_bytes = no_metadata ? -1 : std::max<std::int64_t>(size, -1);
  view_.done_bytes = std::max<std::int64_t>(0, row["completed"].as_int());
  view_.down_bps = std::max<std::int64_t>(0, row["dlspeed"].as_int());
  view_.up_bps = std::max<std::int64_t>(0, row["upspeed"].as_int());
  const std::int64_t eta = row["eta"].as_int(-1);
  view_.eta_s = eta < 0 || eta >= kEternity ? -1 : eta;
  constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999
  view_.added_at_ms = std::clamp<std::int64_t>(row["added_on"].as_int(), 0, kLastSecond) * 1000;
  view_.seeders = peers(row["num_seeds"], row["num_complete"]);
  view_.leechers = peers(row["num_leechs"], row["num_incomplete"]);
  view_.progress = no_metadata ? 0 : std::clamp(row["progress"].as_double(), 0.0, 1.0);
  const double ratio = row["ratio"].as_double();
  view_.ratio = ratio < 0 ? kInfiniteRatio : ratio;
}

}  // namespace quarry::qbittorrent
