// SPDX-License-Identifier: MIT
// From the keys of the interface to the ids that qBittorrent's calls take.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>

#include <set>
#include <string>
#include <vector>

namespace quarry::qbittorrent {

/// qBittorrent's id of a torrent is the v1 hash, or for v2 and hybrid torrents the first 40 digits of
/// the v2 hash; a hybrid that was added by its v1 hash alone changes its id when metadata comes. So
/// every id that an item may have is asked for, and rows are matched by id and by both hashes.
class KeySet {
 public:
  explicit KeySet(std::span<const sdk::ItemKey> keys);

  /// Possible ids, each once, 40 lower-case hex digits: never empty text, never "all".
  [[nodiscard]] const std::vector<std::string>& ids() const noexcept { return ids_; }
  /// The ids joined by '|', at most `most` in a piece.
  [[nodiscard]] std::vector<std::string> chunks(std::size_t most = 100) const;
  [[nodiscard]] bool matches(const sdk::ItemView& item) const;

 private:
  void add_id(std::string_view hex);

  std::vector<std::string> ids_;
  std::set<std::string, std::less<>> known_;  ///< the same ids, and whole v2 hashes
};

/// This text in lower case when it is that many hex digits, else empty.
[[nodiscard]] std::string hex_of(std::string_view text, std::size_t digits);

}  // namespace quarry::qbittorrent
