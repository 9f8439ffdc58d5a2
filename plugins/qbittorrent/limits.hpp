// SPDX-License-Identifier: MIT
// Speed and share limits.
#pragma once

#include "plugins/qbittorrent/api.hpp"

namespace quarry::qbittorrent {

/// Sets what is not -1 and leaves the rest as it is. Throws Error as Session does.
void set_limits(sdk::CallContext& ctx, const Api& api, const KeySet& keys, const sdk::ClientLimits& limits);

}  // namespace quarry::qbittorrent
