// SPDX-License-Identifier: MIT
// What a client says of downloads whose state stays as it is: gathered while they are compared, written in few
// calls, and only what changed.
#pragma once

#include "queue/client_listing.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace quarry::queue {

class ProgressNotes {
 public:
  ProgressNotes(EnginePorts ports, EngineSettings settings);

  void note(const Download& download, const ClientItem& item, std::int64_t now_ms);
  /// Completed, and no longer in its client: it seeds no more.
  void note_gone(const Download& download);
  /// Writes what was noted. What the storage does not take is said anew with the next listing.
  void flush();
  /// Forgets all rows but these.
  void keep_only(const std::set<std::int64_t>& open);
  void start_over();

 private:
  /// When a download last got a byte.
  struct Growth {
    std::int64_t done_bytes = -1;
    std::int64_t at_ms = 0;
  };
  struct Pending {
    sdk::Progress progress;
    std::string client_state, output_path;
  };

  EnginePorts ports_;
  EngineSettings settings_;
  std::map<std::int64_t, Growth> growth_;
  std::vector<Pending> pending_;
};

}  // namespace quarry::queue
