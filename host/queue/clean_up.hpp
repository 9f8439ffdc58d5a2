// SPDX-License-Identifier: MIT
// Takes out of a download client what people cancelled, with its data when they asked for that.
//
// The wish stands in the row (`cleanup`) until the item is certainly gone: it was removed here and is no
// longer shown, or it was absent from complete, believed listings for longer than a worker that had begun
// to add it can need. Before that nobody knows, and a wish forgotten too early leaves the files behind.
// Removed is only what the queue added: an item with its tag and its hash.
#pragma once

#include "queue/client_listing.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace quarry::queue {

class CleanUp {
 public:
  /// `on_duty` is asked right before something is removed: whether this host still has the duty for the client.
  CleanUp(EnginePorts ports, EngineSettings settings, std::string client_id, std::function<bool()> on_duty);

  /// One row whose cleanup is not 0. `item`: its item in the client or null; `listing_counts`: a complete,
  /// believed listing was read just now, so null means absent.
  void step(sdk::DownloadClient& client, const Download& download, const ClientItem* item, bool listing_counts,
            std::int64_t now_ms);

  /// Items that carry our tag although their download was cancelled and cleaned up: a client carried out an
  /// add too late. They are marked in their row, and step() removes them: a worker takes over no item that is
  /// marked. After a restart of the host their data stays, as nobody remembers the wish then.
  /// `open`: the rows that step() is called for, or that run; what is theirs is left to them.
  void mark_orphans(const ClientItems& everything, const std::vector<Download>& open);

  /// Others may have worked here in between: how long something was absent is not known any more.
  void start_over();
  /// Forgets all rows but these.
  void keep_only(const std::set<std::int64_t>& open);

 private:
  [[nodiscard]] bool is_gone(const Download& download, bool listing_counts, std::int64_t now_ms);
  /// Whether a later download wants the torrent that this one wants to be rid of. `unknown` while the storage does
  /// not answer, or the later one has not chosen its client yet: then nothing is done.
  enum class Wanted { unknown, no, here, elsewhere };

  /// Nothing while the storage does not answer: then nothing is done.
  [[nodiscard]] std::optional<bool> is_ours(const ClientItem& item, const Download& download);
  [[nodiscard]] Wanted wanted_again(const Download& download);
  void remove(sdk::DownloadClient& client, const Download& download, bool with_data);
  [[nodiscard]] bool finish(const Download& download);

  EnginePorts ports_;
  EngineSettings settings_;
  std::string client_id_;
  std::function<bool()> on_duty_;
  std::map<std::int64_t, std::int64_t> absent_since_;
  std::set<std::int64_t> removed_;    ///< taken out here; no longer shown means gone
  std::set<std::int64_t> with_data_;  ///< gone, and their data was to go
  std::map<std::int64_t, LogThrottle> refusals_;
};

}  // namespace quarry::queue
