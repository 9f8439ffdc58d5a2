// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/testing/fake_qbittorrent.hpp"
#include "plugins/qbittorrent/testing/sample_torrent.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>

namespace quarry::qbittorrent::testing {

using sdk::testing::reply;

namespace {

bool valid_category(const std::string& name) {
  return !name.starts_with('/') && !name.ends_with('/') && name.find("//") == std::string::npos &&
         name.find('\\') == std::string::npos;
}

/// The value after `start`, up to the next '&'.
std::string part(const std::string& link, const std::string& start) {
  const std::size_t at = link.find(start);
  if (at == std::string::npos) { return {}; }
  const std::size_t from = at + start.size();
  return link.substr(from, link.find('&', from) - from);
}

std::string id_of(const Hashes& hashes) { return hashes.v2.empty() ? hashes.v1 : hashes.v2.substr(0, 40); }

}  // namespace

std::string FakeQbittorrent::find(const std::string& v1, const std::string& v2) const {
  for (const auto& [id, torrent] : torrents) {
    if ((!v1.empty() && torrent.v1 == v1) || (!v2.empty() && torrent.v2 == v2)) { return id; }
  }
  return {};
}

sdk::HttpReply FakeQbittorrent::act(const FakeRequest& request) {
  const std::string name = request.action.substr(std::string("torrents/").size());
  static const std::set<std::string> kOrder{"topPrio", "bottomPrio", "increasePrio", "decreasePrio"};
  if (name == "info") { return info(request); }
  if (name == "files") { return files(request); }
  if (name == "add") { return add(request); }
  if (name == "createCategory") { return create_category(request); }
  const bool old_name = name == "pause" || name == "resume";
  const bool new_name = name == "stop" || name == "start";
  if ((old_name && at_least_5()) || (new_name && !at_least_5())) { return unknown_action(); }
  static const std::set<std::string> kChanges{"delete", "setDownloadLimit", "setUploadLimit", "setCategory",
                                              "setShareLimits"};
  if (!old_name && !new_name && !kOrder.contains(name) && !kChanges.contains(name)) { return unknown_action(); }
  if (!request.has("hashes")) { return reply(400, "Bad Request"); }
  if (kOrder.contains(name)) { return reorder(request); }
  if (name == "setCategory") { return set_category(request); }
  if (name == "setShareLimits") { return share_limits(request); }
  return change(request);
}

sdk::HttpReply FakeQbittorrent::change(const FakeRequest& request) {
  const std::string name = request.action.substr(std::string("torrents/").size());
  if (name == "delete" && !request.has("deleteFiles")) { return reply(400, "Bad Request"); }
  if (name.ends_with("Limit") && !request.has("limit")) { return reply(400, "Bad Request"); }
  std::vector<std::string> ids = request.hashes();
  if (ids == std::vector<std::string>{"all"}) {
    ids.clear();
    for (const auto& [id, torrent] : torrents) { ids.push_back(id); }
  }
  for (const std::string& id : ids) {
    const auto found = torrents.find(id);
    if (found == torrents.end()) { continue; }
    if (name == "delete") {
      torrents.erase(found);
      std::erase(queue, id);
    } else if (name == "setDownloadLimit") {
      found->second.dl_limit = std::stoll(request.get("limit"));
    } else if (name == "setUploadLimit") {
      found->second.up_limit = std::stoll(request.get("limit"));
    } else {
      found->second.paused = name == "pause" || name == "stop";
    }
  }
  return reply(200, "");
}

sdk::HttpReply FakeQbittorrent::reorder(const FakeRequest& request) {
  if (!queueing) { return reply(409, "Torrent queueing must be enabled"); }
  const std::string name = request.action.substr(std::string("torrents/").size());
  for (const std::string& id : request.hashes()) {
    const auto at = std::find(queue.begin(), queue.end(), id);
    if (at == queue.end()) { continue; }
    if (name == "topPrio") { std::rotate(queue.begin(), at, at + 1); }
    if (name == "bottomPrio") { std::rotate(at, at + 1, queue.end()); }
    if (name == "increasePrio" && at != queue.begin()) { std::iter_swap(at, at - 1); }
    if (name == "decreasePrio" && at + 1 != queue.end()) { std::iter_swap(at, at + 1); }
  }
  return reply(200, "");
}

sdk::HttpReply FakeQbittorrent::set_category(const FakeRequest& request) {
  const std::string category = request.get("category");
  for (const std::string& id : request.hashes()) {
    const auto found = torrents.find(id);
    if (found == torrents.end()) { continue; }
    if (!category.empty() && !categories.contains(category)) { return reply(409, "Incorrect category name"); }
    found->second.category = category;
  }
  return reply(200, "");
}

sdk::HttpReply FakeQbittorrent::create_category(const FakeRequest& request) {
  const std::string category = request.get("category");
  if (category.empty()) { return reply(400, "Category cannot be empty"); }
  if (!valid_category(category)) { return reply(409, "Incorrect category name"); }
  if (!categories.insert(category).second) { return reply(409, "Unable to create category"); }
  return reply(200, "");
}

sdk::HttpReply FakeQbittorrent::share_limits(const FakeRequest& request) {
  std::vector<std::string> needed{"ratioLimit", "seedingTimeLimit"};
  if (at_least_5()) { needed.emplace_back("inactiveSeedingTimeLimit"); }
  if (version_ == Version::v5_2) { needed.emplace_back("shareLimitAction"); }
  for (const std::string& field : needed) {
    if (!request.has(field)) { return reply(400, "Bad Request"); }
  }
  for (const std::string& id : request.hashes()) {
    const auto found = torrents.find(id);
    if (found == torrents.end()) { continue; }
    found->second.ratio_limit = std::stod(request.get("ratioLimit"));
    found->second.seeding_time_limit = std::stoll(request.get("seedingTimeLimit"));
    found->second.inactive_seeding_time_limit = std::stoll(request.get("inactiveSeedingTimeLimit", "-2"));
    found->second.share_limit_action = request.get("shareLimitAction", "Default");
  }
  return reply(200, "");
}

sdk::HttpReply FakeQbittorrent::add(const FakeRequest& request) {
  const auto failed = [&] { return version_ == Version::v5_2 ? reply(409, "Conflict") : reply(200, "Fails."); };
  FakeTorrent t;
  Hashes hashes;
  if (!request.files.empty()) {
    hashes = hashes_of(request.files.begin()->second);
    if (hashes.v1.empty() && hashes.v2.empty()) {
      return reply(415, "Error: '" + request.files.begin()->first + "' is not a valid torrent file.");
    }
    t.has_metadata = true;
    t.size = 1024;
    t.name = "t.bin";
  } else {
    const std::string link = request.get("urls");
    hashes = {part(link, "urn:btih:"), part(link, "urn:btmh:1220")};
    if (!link.starts_with("magnet:?") || (hashes.v1.size() != 40 && hashes.v2.size() != 64)) { return failed(); }
    t.name = part(link, "dn=");
    if (t.name.empty()) { t.name = id_of(hashes); }
  }
  const std::string id = id_of(hashes);
  if (being_added.contains(id)) { return failed(); }
  if (const std::string old = find(hashes.v1, hashes.v2); !old.empty()) {
    // It fails, and yet a .torrent gives its metadata to a magnet that has none.
    if (t.has_metadata) { torrents[old].has_metadata = true; }
    return failed();
  }
  t.v1 = hashes.v1;
  t.v2 = hashes.v2;
  if (valid_category(request.get("category"))) { t.category = request.get("category"); }
  if (!t.category.empty()) { categories.insert(t.category); }
  t.tags = split(request.get("tags"), ',');
  t.save_path = request.get("savepath", t.save_path);
  t.paused = request.get(at_least_5() ? "stopped" : "paused", add_stopped ? "true" : "false") == "true";
  torrents[id] = t;
  queue.push_back(id);
  if (version_ != Version::v5_2) { return reply(200, "Ok."); }
  return reply(200, R"({"success_count":1,"failure_count":0,"pending_count":0,"added_torrent_ids":[")" + id + R"("]})",
               {{"content-type", "application/json"}});
}

}  // namespace quarry::qbittorrent::testing
