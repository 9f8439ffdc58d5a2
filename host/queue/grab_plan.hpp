// SPDX-License-Identifier: MIT
// What somebody asked to download, understood: where it comes from and what names it.
#pragma once

#include "queue/queue_service.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <string>

namespace quarry::queue {

struct GrabPlan {
  /// One line of clean UTF-8, never empty, at most 1,024 bytes. Without a title of its own: the magnet's
  /// dn or hash, else "download from HOST"; nothing more of a URL, whose path may hold a secret.
  std::string title;
  std::string magnet;  ///< "magnet:?…", or empty
  std::string url;     ///< http or https, or empty
  std::string key;     ///< equal for the same release
  std::string infohash_v1, infohash_v2;
};

/// `invalid`, with the field and why, when nothing can be downloaded with this. Schemes are read in
/// whatever case. [thread-safe]
[[nodiscard]] sdk::Result<GrabPlan> plan_of(const GrabRequest& request);

}  // namespace quarry::queue
