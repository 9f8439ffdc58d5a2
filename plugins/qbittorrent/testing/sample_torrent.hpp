// SPDX-License-Identifier: MIT
// Tiny torrents for tests, made on the spot.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>

#include <span>
#include <string>

namespace quarry::qbittorrent::testing {

/// A torrent of one file of 1024 equal bytes.
struct SampleTorrent {
  std::string name;
  std::string bytes;  ///< the .torrent file
  std::string v1;     ///< 40 digits, or empty
  std::string v2;     ///< 64 digits, or empty
  std::int64_t size = 1024;

  [[nodiscard]] sdk::ItemKey key() const noexcept;
  /// The id qBittorrent gives it.
  [[nodiscard]] std::string id() const { return v2.empty() ? v1 : v2.substr(0, 40); }
  [[nodiscard]] std::string magnet() const;
  [[nodiscard]] std::span<const std::byte> metainfo() const noexcept;
};

/// `fill` is the byte the file is made of, so different ones are different torrents.
[[nodiscard]] SampleTorrent sample_v1(const std::string& name = "t.bin", char fill = 'a');
[[nodiscard]] SampleTorrent sample_hybrid(const std::string& name = "t.bin", char fill = 'a');

/// The hashes of a .torrent file: empty ones when it has no readable info dictionary.
struct Hashes {
  std::string v1;
  std::string v2;
};
[[nodiscard]] Hashes hashes_of(std::string_view torrent);

}  // namespace quarry::qbittorrent::testing
