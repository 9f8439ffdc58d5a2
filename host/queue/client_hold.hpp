// SPDX-License-Identifier: MIT
// Tells a download client what people paused and resumed in the queue.
#pragma once

#include "queue/client_listing.hpp"

#include <map>
#include <set>

namespace quarry::queue {

class ClientHold {
 public:
  ClientHold(EnginePorts ports, EngineSettings settings);

  /// Pauses or resumes the item when the row asks for it and the item is not so already.
  void apply(sdk::DownloadClient& client, const Download& download, const ClientItem& item);
  /// Forgets all rows but these.
  void keep_only(const std::set<std::int64_t>& open);

 private:
  [[nodiscard]] bool note(const Download& download, bool applied);

  EnginePorts ports_;
  EngineSettings settings_;
  std::map<std::int64_t, LogThrottle> refusals_;
};

}  // namespace quarry::queue
