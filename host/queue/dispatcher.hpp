// SPDX-License-Identifier: MIT
// Takes the next download from the queue and hands it to a client, exactly once.
//
// The order of effects makes every crash harmless: get hold of the torrent, judge it, commit the
// intent (client, hashes), look whether the client has it, add it, and whatever the answer was, read
// it back by hash. Only what was read back counts. What stays unknown becomes `verifying`, which
// the reconciler resolves.
#pragma once

#include "queue/engine.hpp"
#include "queue/source.hpp"

namespace quarry::queue {

class Dispatcher {
 public:
  Dispatcher(EnginePorts ports, EngineSettings settings, LeaseKeeper& leases);

  /// At most one download. `now_ms` by the steady clock, as is the answer: when to come again.
  [[nodiscard]] std::int64_t step(std::int64_t now_ms);

 private:
  /// What reading back found.
  enum class Seen { yes, no, unknown };
  struct Found {
    Seen seen = Seen::unknown;
    std::string item_id, output_path, tags;
    sdk::Status status;
    std::string text;
  };

  void dispatch(Download& download);
  /// False: the intent could not be committed, and what follows from that is done.
  [[nodiscard]] bool commit_intent(Download& download, const SourceMaterial& source, const std::string& client_id);
  void hand_over(Download& download, const SourceMaterial& source, sdk::DownloadClient& client);
  [[nodiscard]] sdk::Failure add(const Download& download, const SourceMaterial& source, sdk::DownloadClient& client);
  [[nodiscard]] Found look(const Download& download, sdk::DownloadClient& client);

  void take_over(const Download& download, const Found& found);
  void now_downloading(const Download& download, const Found& found, bool added_by_us);
  void now_verifying(const Download& download, const std::string& why);
  void not_dispatched(const Download& download, const sdk::Failure& failure, Party party);
  void now_blocked(const Download& download, const TorrentFacts& facts);
  [[nodiscard]] sdk::CommandResult change(const Download& download, sdk::DownloadState to, const sdk::Patch& patch,
                                          std::string_view reason);
  [[nodiscard]] std::int64_t store_wall_ms(const Download& download) const;
  void mark_if_cancelled(const Download& download);

  EnginePorts ports_;
  EngineSettings settings_;
  LeaseKeeper& leases_;
  int store_failures_ = 0;
  LogThrottle store_log_;
  std::int64_t claimed_ms_ = 0;  ///< steady, before the last claim
};

}  // namespace quarry::queue
