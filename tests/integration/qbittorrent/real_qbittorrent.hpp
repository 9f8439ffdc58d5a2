// SPDX-License-Identifier: MIT
// A qbittorrent-nox of the test's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace quarry::integration {

struct RealQbittorrentOptions {
  bool queueing = false;
  int max_failed_logins = 5;
};

/// One server on loopback, with a fresh profile in a temporary folder; user name "admin", password
/// "adminadmin". It ends with this object, and with the test program should that die first.
class RealQbittorrent {
 public:
  /// Starts it and waits until it answers. Throws std::runtime_error when qbittorrent-nox is not installed
  /// or does not answer within 30 seconds.
  explicit RealQbittorrent(RealQbittorrentOptions options = {});
  ~RealQbittorrent();
  RealQbittorrent(const RealQbittorrent&) = delete;
  RealQbittorrent& operator=(const RealQbittorrent&) = delete;

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::filesystem::path downloads() const { return profile_ / "downloads"; }
  /// Ends the server in an orderly way and starts it again with the same profile and ports.
  void restart();
  /// Kills the server. What restart() needs stays.
  void kill_now() noexcept;

 private:
  void write_profile(const RealQbittorrentOptions& options) const;
  void start();
  void stop(int signal) noexcept;
  [[nodiscard]] bool answers() const;

  std::filesystem::path profile_;
  std::uint16_t web_port_ = 0;
  std::uint16_t torrent_port_ = 0;
  int pid_ = -1;
};

}  // namespace quarry::integration
