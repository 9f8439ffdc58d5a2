// SPDX-License-Identifier: MIT
// What a magnet leads to is known only once its client has the metadata: its names are judged then, by the
// rules that a .torrent is judged by before it is sent.
#pragma once

#include "queue/client_listing.hpp"

#include <map>
#include <set>
#include <string>

namespace quarry::queue {

class MagnetJudge {
 public:
  MagnetJudge(EnginePorts ports, EngineSettings settings);

  /// Why the item must not go on, or empty: its names are sound, are not known yet, or were found sound before. A
  /// client is asked once for each download, again after a minute when it failed, and never when it cannot tell.
  [[nodiscard]] std::string danger(sdk::DownloadClient& client, const Download& download, const ClientItem& item,
                                   std::int64_t now_ms);

  /// Forgets all downloads but these.
  void keep_only(const std::set<std::int64_t>& open);

 private:
  EnginePorts ports_;
  EngineSettings settings_;
  std::set<std::int64_t> judged_;
  std::map<std::int64_t, std::int64_t> not_before_ms_;  ///< of those whose client could not be asked
};

}  // namespace quarry::queue
