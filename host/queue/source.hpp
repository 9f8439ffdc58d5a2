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
  bool fresh_from_indexer = false;  ///< not kept of an earlier attempt
};

/// In this order: what the store kept of an earlier attempt, the magnet, the indexer that announced
/// the release, the URL a user gave. The failure's status tells whether trying again can help; its text
/// shows of a URL no more than scheme and host.
///
/// Checked: it is a torrent, and the one that was promised. Another hash than the announced one fails.
/// What an indexer just handed out and is less than half or more than twice as large as it announced is
/// left to a person, unless the settings say otherwise: facts.danger says so. Smaller differences are the rounding and
/// the extras of sites.
[[nodiscard]] sdk::Result<SourceMaterial> obtain_source(const EnginePorts& ports, const EngineSettings& settings,
                                                        const Download& download);

}  // namespace quarry::queue
