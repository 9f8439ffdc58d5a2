// SPDX-License-Identifier: MIT
// Gets hold of what a download client needs: the .torrent or the magnet of one download.
#pragma once

#include "queue/engine.hpp"
#include "queue/metainfo.hpp"

namespace quarry::queue {

struct SourceMaterial {
  std::string metainfo;  ///< bytes of the .torrent; empty: use magnet
  std::string magnet;
  TorrentFacts facts;
};

/// In this order: what the store kept of an earlier attempt, the magnet, the indexer that announced
/// the release, the URL a user gave. Checked: it is a torrent, and the one that was promised. The
/// failure's status tells whether trying again can help.
[[nodiscard]] sdk::Result<SourceMaterial> obtain_source(const EnginePorts& ports, const EngineSettings& settings,
                                                        const Download& download);

}  // namespace quarry::queue
