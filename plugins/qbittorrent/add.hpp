// SPDX-License-Identifier: MIT
// Adding a torrent, and finding out what became of it.
#pragma once

#include "plugins/qbittorrent/api.hpp"

#include <string_view>

namespace quarry::qbittorrent {

/// Adds one torrent. qBittorrent's own answer never decides alone, since "Fails." and 409 stand for a
/// torrent that is there already as well as for one that is refused: the hash is looked up. Returns when
/// the item is listed. Throws Error: `conflict` it was there before, `invalid` refused for good or a
/// request that cannot work, `unavailable` accepted and yet not listed (read back later), and what
/// Session throws.
void add_torrent(sdk::CallContext& ctx, const Api& api, const sdk::AddRequest& request);

/// Whether qBittorrent takes this as a category: no '\\', no '/' at either end, no "//".
[[nodiscard]] bool valid_category(std::string_view name) noexcept;

}  // namespace quarry::qbittorrent
