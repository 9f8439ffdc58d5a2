// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/client.hpp"

namespace {
constexpr unsigned kCallsAtOnce = 4;
}

QUARRY_PLUGIN(quarry::qbittorrent::QbittorrentClient, "qbittorrent", "1.0.0",
              "Downloads with qBittorrent 4.1 or later, by its Web API.", quarry::qbittorrent::kConfigSchema,
              kCallsAtOnce);
