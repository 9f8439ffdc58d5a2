// SPDX-License-Identifier: MIT
// Keeps the queue and one download client in agreement: reads what the client says of our open
// downloads, and tells it what people asked for. Reads only what is ours, by hash; a complete
// listing is rare, because its cost grows with what is not ours.
//
// Of several hosts one at a time does so for each client: the holder of the duty "client:<id>". The others
// touch neither the client nor the rows that its listing is about, and look again later; what a host that
// lost the duty still wants to write is refused by the storage.
//
// An error, a broken, an empty or a halved listing makes the client suspect, never the downloads.
#pragma once

#include "queue/clean_up.hpp"
#include "queue/client_hold.hpp"
#include "queue/client_listing.hpp"
#include "queue/duty.hpp"
#include "queue/engine.hpp"
#include "queue/magnet_judge.hpp"
#include "queue/progress_notes.hpp"

#include <map>

namespace quarry::queue {

class Reconciler {
 public:
  Reconciler(EnginePorts ports, EngineSettings settings, std::string client_id);

  /// `now_ms` by the steady clock, as is the answer: when to come again.
  [[nodiscard]] std::int64_t step(std::int64_t now_ms);
  /// Lets another host go on at once. After the last step().
  void give_up_duty();

 private:
  /// How long a download has been absent from complete listings.
  struct Absence {
    int listings = 0;
    std::int64_t since_ms = 0;
  };

  [[nodiscard]] sdk::Result<std::vector<Download>> open_downloads(std::int64_t now_ms);
  [[nodiscard]] std::int64_t compare_all(sdk::DownloadClient& client, std::vector<Download> rows, std::int64_t now_ms);
  /// False: the duty was lost, and with it what was read; nothing may follow from that.
  [[nodiscard]] bool still_on_duty();
  void start_over();
  void read_everything(sdk::DownloadClient& client, const std::vector<Download>& rows, ClientItems& ours,
                       std::int64_t now_ms);
  void compare(sdk::DownloadClient& client, const Download& download, const ClientItem* item, std::int64_t now_ms);
  void absent(const Download& download, std::int64_t now_ms);
  void present(sdk::DownloadClient& client, const Download& download, const ClientItem& item, std::int64_t now_ms);
  void stop_dangerous(sdk::DownloadClient& client, const Download& download, const ClientItem& item, sdk::Patch& patch,
                      const std::string& why);
  void now_blocked(const Download& download, const ClientItem& item, sdk::Patch& patch);
  void change(const Download& download, sdk::DownloadState to, const sdk::Patch& patch, std::string_view reason);
  void client_failed(const sdk::Failure& failure);
  void forget_closed(const std::vector<Download>& rows);

  EnginePorts ports_;
  EngineSettings settings_;
  std::string client_id_;
  DutyKeeper duty_;
  ClientListing listing_;
  CleanUp clean_up_;
  MagnetJudge magnets_;
  ClientHold hold_;
  ProgressNotes progress_;

  std::map<std::int64_t, Absence> absences_;
  std::map<std::int64_t, std::string> new_ids_;  ///< of downloads whose item changed its name in the client
  std::int64_t last_step_ms_ = -1;
  std::int64_t last_seeding_ms_ = -1;
  std::int64_t look_again_ms_ = 0;  ///< another host has the duty
  int failures_ = 0;
  LogThrottle failure_log_;
  LogThrottle store_log_;
  bool on_duty_ = false;         ///< since this step took or kept the duty
  bool listing_counts_ = false;  ///< a believable complete listing was read in this step
};

}  // namespace quarry::queue
