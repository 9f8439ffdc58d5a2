// SPDX-License-Identifier: MIT
// Reads a .torrent or a magnet link, and judges it before a download client sees it.
// Sources: BEP 3 (metainfo), BEP 9 (magnet), BEP 52 (v2 and hybrid).
#pragma once

#include <quarry/sdk/helpers/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace quarry::queue {

/// Limits of what is read at all.
inline constexpr std::size_t kMaxMetainfoBytes = 32U << 20U;
inline constexpr int kMaxMetainfoDepth = 100;
inline constexpr int kMaxMetainfoTokens = 3'000'000;

struct TorrentFacts {
  std::string infohash_v1;  ///< 40 lower-case hex digits, or empty
  std::string infohash_v2;  ///< 64 lower-case hex digits, or empty
  std::string name;
  std::int64_t size_bytes = -1;  ///< of all files, padding left out; -1 for a magnet
  int files = 0;
  bool is_private = false;
  /// Why a person must look at it before it may be downloaded (a path that leaves its folder, a
  /// program dressed as a film …); empty when there is nothing to fear.
  std::string danger;
};

/// `invalid` with the reason when these bytes are no torrent that can be downloaded. Never recurses,
/// never reads more than the limits above. [thread-safe]
[[nodiscard]] sdk::Result<TorrentFacts> inspect_torrent(std::string_view bytes);

/// `invalid` when it is no magnet link or names no usable hash. [thread-safe]
[[nodiscard]] sdk::Result<TorrentFacts> inspect_magnet(std::string_view uri);

/// The link with its scheme in lower case, as every client knows it. `uri` starts with "magnet:", in whatever case.
[[nodiscard]] std::string normal_magnet(std::string_view uri);

enum class PathKind { file, folder };
/// Why this path must not be written, or empty. `parts` are the folders and, of a file, its name: that
/// one may not end as a program does, a folder may ("Film 2019 somesite.com").
[[nodiscard]] std::string path_danger(const std::vector<std::string_view>& parts, PathKind kind = PathKind::file);

}  // namespace quarry::queue
