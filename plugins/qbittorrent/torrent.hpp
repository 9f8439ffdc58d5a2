// SPDX-License-Identifier: MIT
// One row of torrents/info, as the interface shows it.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/helpers/json.hpp>

#include <string>

namespace quarry::qbittorrent {

/// qBittorrent's word for a state, of the 4.x (pausedDL) and the 5.x dialect (stoppedDL) alike.
[[nodiscard]] sdk::ItemState state_of(std::string_view word) noexcept;

/// Reads a row. Fields that are absent or of the wrong type get the value that means "unknown".
class TorrentRow {
 public:
  /// `row` must outlive this object.
  explicit TorrentRow(sdk::Json row);
  TorrentRow(const TorrentRow&) = delete;
  TorrentRow& operator=(const TorrentRow&) = delete;

  /// False: the row names no torrent, and view() says nothing.
  [[nodiscard]] bool usable() const noexcept { return !id_.empty(); }
  [[nodiscard]] const sdk::ItemView& view() const noexcept { return view_; }

 private:
  void read_texts(sdk::Json row);
  void read_numbers(sdk::Json row);

  std::string id_;
  std::string v1_;
  std::string v2_;
  std::string tags_;
  sdk::ItemView view_;
};

}  // namespace quarry::qbittorrent
