// SPDX-License-Identifier: MIT
// A download as JSON. URLs and magnets are never shown: both may hold a passkey.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include "api/quality.hpp"

namespace quarry::api {

/// Writes one object. Members whose value is unknown or empty are left out, except downloadId, which
/// other programs read without asking. docs/api.md names them all.
void write_item(sdk::JsonWriter& w, const sdk::DownloadView& download, std::int64_t now_ms, QualityCache& qualities);

}  // namespace quarry::api
