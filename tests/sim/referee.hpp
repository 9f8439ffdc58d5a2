// SPDX-License-Identifier: MIT
// Watches every effect as it happens, and knows what no host knows: who holds which lease and duty, what each
// host was really shown, and what the clients really have. Who breaks a promise is told to the world.
//
//   - A worker changes only the row that it holds by the epoch of its claim, and records an intent only under
//     a lease that still lasts.
//   - The reconciler changes rows only on duty, and by a listing that was read under the same grant of it.
//   - A download is called absent only after three complete listings without it since it was last seen, and
//     never while the client has had it for longer than a listing stays valid.
//   - Nothing is added without a committed intent, nor without having looked after it.
//   - No claim makes more downloads active than the lane allows; no two live rows share a release or a hash.
//   - Versions rise with each change; data that was to go with its item is not left behind.
#pragma once

#include <quarry/sdk/testing/queue_store_row.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace quarry::sim {

class World;

/// What one host was shown by one client.
struct Listing {
  std::string owner, client;
  std::int64_t id = 0;  ///< of the download it was about; 0: of many
  bool all = false;
  bool complete = false;
  std::int64_t epoch = -1;  ///< of the duty when it was read; -1: the host did not hold it
  std::set<std::string> shown{};
};

class Referee {
 public:
  explicit Referee(World& world) : world_(world) {}

  // ---- called by the gates, beside the effect ----
  void claimed();
  void intended(const std::string& owner, const sdk::Intent& intent, const sdk::testing::QueueRow& before,
                const sdk::Outcome& outcome);
  void changed(const std::string& owner, const sdk::Transition& change, const sdk::testing::QueueRow& before,
               const sdk::Outcome& outcome);
  void duty_taken(const sdk::DutyRequest& request, const sdk::Duty& duty);
  void listed(const Listing& listing);
  void adding(const std::string& owner, std::int64_t id);
  void removing(std::int64_t id, bool with_data);
  void cleaned_up(std::int64_t id) { data_to_go_.erase(id); }
  /// A host was told that this command was applied.
  void acknowledged(std::string_view command);

  // ---- called by the world ----
  void check_rows();
  /// The world itself took this torrent out of a client.
  void note_tampering(const std::string& hash) { tampered_.insert(hash); }
  /// A user cancelled it with its data, and was told so; or wants the torrent again after all.
  void data_is_to_go(std::int64_t id, const std::string& hash) { data_to_go_[id] = hash; }
  void data_may_stay(const std::string& hash);

  /// The row, or one with id 0.
  [[nodiscard]] sdk::testing::QueueRow row(std::int64_t id);
  /// Of the duty for this client if `owner` was the last to be granted it, else -1.
  [[nodiscard]] std::int64_t epoch_of(const std::string& owner, const std::string& client) const;
  [[nodiscard]] const std::set<std::string, std::less<>>& acknowledged_commands() const noexcept {
    return acknowledged_;
  }
  [[nodiscard]] bool was_tampered_with(const std::string& hash) const { return tampered_.contains(hash); }

 private:
  struct Holder {
    std::string owner;
    std::int64_t epoch = 0;
    std::int64_t until_ms = 0;
  };
  /// What one host knows of one client.
  struct Knowledge {
    std::int64_t epoch = -1;
    std::map<std::string, int> absent_listings;
  };

  /// How far a host has come in sending a download; it may be under way twice, when it slept over its lease.
  struct Sendings {
    int intents = 0;  ///< committed; each allows one add
    int looked = 0;   ///< listings that did not show it; so does each of these
  };

  [[nodiscard]] sdk::testing::QueueRow found(const sdk::FindRequest& request);
  [[nodiscard]] sdk::testing::QueueRow live_row(const std::string& hash);
  void check_worker(const std::string& owner, const sdk::Transition& change, const sdk::testing::QueueRow& before);
  void check_reconciler(const std::string& owner, const sdk::Transition& change, const sdk::testing::QueueRow& before);
  void check_absence(const Knowledge& known, const sdk::Transition& change, const sdk::testing::QueueRow& before);

  World& world_;
  std::map<std::string, Holder> duties_;
  std::map<std::pair<std::string, std::string>, Knowledge> knowledge_;  ///< by owner and client
  std::map<std::pair<std::string, std::int64_t>, Sendings> sendings_;   ///< by owner and id
  std::map<std::int64_t, std::int64_t> versions_;
  std::map<std::int64_t, std::string> data_to_go_;
  std::set<std::string> tampered_;
  std::set<std::string, std::less<>> acknowledged_;
  std::int64_t last_event_ = -1;
};

}  // namespace quarry::sim
