// SPDX-License-Identifier: MIT
// A qBittorrent in memory, as far as the plugin can tell. 4.5.2 is modelled on the measured server, 5.0 and
// 5.2 on the published Web API; one behaviour suite runs against these three and the real 4.5.2.
#pragma once

#include "plugins/qbittorrent/testing/fake_request.hpp"

#include <quarry/sdk/testing/fake_host.hpp>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace quarry::qbittorrent::testing {

enum class Version { v4_5, v5_0, v5_2 };

struct FakeTorrent {
  std::string v1;
  std::string v2;
  std::string name;
  std::string category;
  std::vector<std::string> tags;
  std::string save_path = "/downloads";
  std::int64_t size = 0;
  bool has_metadata = false;
  bool paused = false;
  double progress = 0;
  std::string state;  ///< when not empty, this is what it says
  std::int64_t dl_limit = 0;
  std::int64_t up_limit = 0;
  double ratio_limit = -2;
  std::int64_t seeding_time_limit = -2;
  std::int64_t inactive_seeding_time_limit = -2;
  std::string share_limit_action = "Default";
};

/// Give `handler()` to ScriptedHttp::serve. Its answers are those of the server; time is the clock's.
/// The public members are the server's configuration and state: read and change them between calls.
class FakeQbittorrent {
 public:
  FakeQbittorrent(Version version, const sdk::Clock& clock) : version_(version), clock_(clock) {}

  [[nodiscard]] sdk::testing::ScriptedHttp::Handler handler();
  /// Sessions are gone, bans too; torrents stay.
  void restart();
  [[nodiscard]] bool banned() const { return clock_.steady_ms() < banned_until_; }
  [[nodiscard]] std::string cookie_name() const { return version_ == Version::v5_2 ? "QBT_SID_8080" : "SID"; }

  std::string username = "admin";
  std::string password = "adminadmin";
  std::string api_key;         ///< 5.2: the key that is accepted; empty: none
  bool asks_for_login = true;  ///< false: this address is trusted
  bool queueing = false;
  bool add_stopped = false;  ///< the server's default for new torrents
  int max_failed_logins = 5;
  std::int64_t ban_ms = 3'600'000;
  std::int64_t session_ms = 3'600'000;

  std::map<std::string, FakeTorrent> torrents;  ///< by id
  std::set<std::string> categories;
  std::vector<std::string> queue;     ///< ids, the first downloads first
  std::set<std::string> being_added;  ///< ids that answer "Fails." and are not listed yet
  int logins = 0;                     ///< how often auth/login was called
  int failed_logins = 0;

 private:
  sdk::HttpReply answer(const sdk::testing::SeenRequest& seen);
  sdk::HttpReply log_in(const FakeRequest& request);
  sdk::HttpReply app(const FakeRequest& request);
  sdk::HttpReply act(const FakeRequest& request);
  sdk::HttpReply add(const FakeRequest& request);
  sdk::HttpReply info(const FakeRequest& request);
  sdk::HttpReply files(const FakeRequest& request);
  sdk::HttpReply change(const FakeRequest& request);
  sdk::HttpReply reorder(const FakeRequest& request);
  sdk::HttpReply set_category(const FakeRequest& request);
  sdk::HttpReply create_category(const FakeRequest& request);
  sdk::HttpReply share_limits(const FakeRequest& request);
  [[nodiscard]] bool authorised(const sdk::testing::SeenRequest& seen);
  [[nodiscard]] bool at_least_5() const { return version_ != Version::v4_5; }
  [[nodiscard]] std::string row(const std::string& id, const FakeTorrent& torrent) const;
  [[nodiscard]] std::string state_of(const FakeTorrent& torrent) const;
  [[nodiscard]] std::string find(const std::string& v1, const std::string& v2) const;
  [[nodiscard]] sdk::HttpReply unknown_action() const;

  const Version version_;
  const sdk::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> sessions_;  ///< cookie value to the time of its last use
  int next_session_ = 1;
  std::int64_t banned_until_ = 0;
};

}  // namespace quarry::qbittorrent::testing
