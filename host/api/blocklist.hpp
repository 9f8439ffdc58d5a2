// SPDX-License-Identifier: MIT
// What of the blocklist others need: a search asks it, and who removes a download may add to it.
#pragma once

#include "queue/download.hpp"
#include "records/blocklist.hpp"
#include "search/release.hpp"

#include <string>
#include <vector>

namespace quarry::api {

/// For each release why it may not be taken by itself; empty: it may. A release is met again by its place at its
/// indexer, or anywhere by its hash. While the blocklist cannot be read, nothing may be taken. [thread-safe]
[[nodiscard]] sdk::Result<std::vector<std::string>> why_blocked(const records::Blocklist& blocklist,
                                                                const std::vector<search::Release>& releases);

/// Puts the release of a download on the blocklist. [thread-safe]
[[nodiscard]] sdk::Done block(const records::Blocklist& blocklist, const queue::Download& download,
                              std::int64_t now_ms);

}  // namespace quarry::api
