// SPDX-License-Identifier: MIT
// Sessions, bans, versions and rows; fake_actions.cpp changes torrents.
#include "plugins/qbittorrent/testing/fake_qbittorrent.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>

namespace quarry::qbittorrent::testing {

using sdk::testing::reply;

sdk::testing::ScriptedHttp::Handler FakeQbittorrent::handler() {
  return [this](const sdk::testing::SeenRequest& seen) -> sdk::Result<sdk::HttpReply> {
    const std::lock_guard lock(mutex_);
    return answer(seen);
  };
}

void FakeQbittorrent::restart() {
  const std::lock_guard lock(mutex_);
  sessions_.clear();
  banned_until_ = 0;
  failed_logins = 0;
}

sdk::HttpReply FakeQbittorrent::unknown_action() const {
  return reply(404, version_ == Version::v5_2 ? "Endpoint does not exist" : "Not Found");
}

bool FakeQbittorrent::authorised(const sdk::testing::SeenRequest& seen) {
  if (!asks_for_login) { return true; }
  const std::string_view authorization = seen.header("Authorization");
  if (!authorization.empty()) {
    return version_ == Version::v5_2 && !api_key.empty() && authorization == "Bearer " + api_key;
  }
  for (std::string cookie : split(seen.header("Cookie"), ';')) {
    if (cookie.starts_with(' ')) { cookie.erase(0, 1); }
    if (!cookie.starts_with(cookie_name() + "=")) { continue; }
    const auto found = sessions_.find(cookie.substr(cookie_name().size() + 1));
    if (found == sessions_.end()) { continue; }
    if (clock_.steady_ms() - found->second > session_ms) {
      sessions_.erase(found);
      continue;
    }
    found->second = clock_.steady_ms();
    return true;
  }
  return false;
}

sdk::HttpReply FakeQbittorrent::answer(const sdk::testing::SeenRequest& seen) {
  const FakeRequest request(seen);
  static const std::set<std::string> kReading{"app/version",         "app/webapiVersion", "app/buildInfo",
                                              "app/defaultSavePath", "torrents/info",     "torrents/files"};
  const bool in = authorised(seen);
  if (request.action == "auth/login") {
    if (!request.post) { return reply(405, "Method Not Allowed"); }
    ++logins;
    if (!seen.header("Authorization").empty()) { return reply(403, "Forbidden"); }
    // With a session nobody looks at the password.
    if (in) { return version_ == Version::v5_2 ? reply(204, "") : reply(200, "Ok."); }
    return log_in(request);
  }
  if (!in) { return reply(403, "Forbidden"); }
  if (request.action.starts_with("app/")) { return app(request); }
  if (!request.action.starts_with("torrents/")) { return unknown_action(); }
  if (!request.post && !kReading.contains(request.action)) { return reply(405, "Method Not Allowed"); }
  return act(request);
}

sdk::HttpReply FakeQbittorrent::log_in(const FakeRequest& request) {
  if (banned()) { return reply(403, "Your IP address has been banned after too many failed authentication attempts."); }
  if (request.get("username") != username || request.get("password") != password) {
    if (++failed_logins >= max_failed_logins) { banned_until_ = clock_.steady_ms() + ban_ms; }
    return version_ == Version::v5_2 ? reply(401, "Unauthorized") : reply(200, "Fails.");
  }
  failed_logins = 0;
  const std::string id = "w+/x" + std::to_string(next_session_++) + "/+=";
  sessions_[id] = clock_.steady_ms();
  const std::string attributes = version_ == Version::v5_2
                                     ? "; HttpOnly; SameSite=Lax; expires=Sun, 01-Jan-2090 00:00:00 GMT; path=/"
                                     : "; HttpOnly; path=/; SameSite=Strict";
  const std::vector<std::pair<std::string, std::string>> headers{{"set-cookie", cookie_name() + "=" + id + attributes}};
  return version_ == Version::v5_2 ? reply(204, "", headers) : reply(200, "Ok.", headers);
}

sdk::HttpReply FakeQbittorrent::app(const FakeRequest& request) {
  const auto by_version = [&](const char* v4, const char* v5_0, const char* v5_2) {
    return reply(200, version_ == Version::v4_5 ? v4 : version_ == Version::v5_0 ? v5_0 : v5_2);
  };
  if (request.action == "app/version") { return by_version("v4.5.2", "v5.0.3", "v5.2.1"); }
  if (request.action == "app/webapiVersion") { return by_version("2.8.19", "2.11.2", "2.15.1"); }
  if (request.action == "app/defaultSavePath") { return reply(200, "/downloads"); }
  if (request.action == "app/buildInfo") { return reply(200, R"({"bitness":64,"libtorrent":"2.0.8.0"})"); }
  return unknown_action();
}

sdk::HttpReply FakeQbittorrent::info(const FakeRequest& request) {
  const std::vector<std::string> wanted = request.hashes();
  std::string rows;
  for (const auto& [id, torrent] : torrents) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), id) == wanted.end()) { continue; }
    rows += (rows.empty() ? "" : ",") + row(id, torrent);
  }
  return reply(200, "[" + rows + "]", {{"content-type", "application/json"}});
}

std::string FakeQbittorrent::state_of(const FakeTorrent& torrent) const {
  const bool done = torrent.has_metadata && torrent.progress >= 1;
  if (!torrent.state.empty()) { return torrent.state; }
  if (torrent.paused) { return (at_least_5() ? "stopped" : "paused") + std::string(done ? "UP" : "DL"); }
  if (!torrent.has_metadata) { return queueing ? "queuedDL" : "metaDL"; }
  return done ? "stalledUP" : "stalledDL";
}

std::string FakeQbittorrent::row(const std::string& id, const FakeTorrent& t) const {
  std::string tags;
  for (const std::string& tag : t.tags) { tags += (tags.empty() ? "" : ", ") + tag; }
  const auto done = static_cast<std::int64_t>(t.progress * static_cast<double>(t.size));
  sdk::JsonWriter w;
  w.begin_object().member("added_on", std::int64_t{1'700'000'000}).member("amount_left", t.size - done);
  w.member("category", t.category).member("completed", done);
  w.member("content_path", t.has_metadata ? t.save_path + "/" + t.name : "");
  w.member("dlspeed", 0).member("eta", 8'640'000).member("hash", id);
  w.member("infohash_v1", t.v1).member("infohash_v2", t.v2).member("name", t.name);
  w.member("num_complete", 0).member("num_incomplete", 0).member("num_leechs", 0).member("num_seeds", 0);
  w.member("progress", t.progress).member("ratio", 0.0).member("ratio_limit", t.ratio_limit);
  w.member("save_path", t.save_path).member("seeding_time_limit", t.seeding_time_limit);
  w.member("size", t.has_metadata ? t.size : 0).member("state", state_of(t)).member("tags", tags);
  w.member("total_size", t.has_metadata ? t.size : -1).member("upspeed", 0);
  if (at_least_5()) {
    w.member("has_metadata", t.has_metadata);
    w.member("inactive_seeding_time_limit", t.inactive_seeding_time_limit);
  }
  if (version_ == Version::v5_2) { w.member("share_limit_action", t.share_limit_action); }
  w.end_object();
  return w.take();
}

sdk::HttpReply FakeQbittorrent::files(const FakeRequest& request) {
  const auto found = torrents.find(request.get("hash"));
  if (found == torrents.end()) { return reply(404, "Not Found"); }
  const FakeTorrent& t = found->second;
  sdk::JsonWriter w;
  w.begin_array();
  if (t.has_metadata) {
    w.begin_object().member("name", t.name).member("size", t.size).member("progress", t.progress).end_object();
  }
  w.end_array();
  return reply(200, w.take());
}

}  // namespace quarry::qbittorrent::testing
