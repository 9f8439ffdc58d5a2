// SPDX-License-Identifier: MIT
// Releases that are not taken by themselves any more.
#include "api/blocklist.hpp"

#include "api/errors.hpp"
#include "api/format.hpp"
#include "api/members.hpp"
#include "api/page.hpp"
#include "api/resources.hpp"
#include "queue/grab_plan.hpp"
#include "records/records.hpp"

namespace quarry::api {
namespace {

void write_entry(sdk::JsonWriter& w, const records::BlocklistEntry& entry, QualityCache& qualities) {
  w.begin_object().member("id", entry.id);
  if (entry.movie_id != 0) { w.member("movieId", entry.movie_id); }
  w.member("sourceTitle", entry.title);
  qualities.write(w.key("quality"), entry.title);
  w.member("date", iso_time(entry.at_ms)).member("protocol", "torrent");
  add_text(w, "indexer", entry.indexer);
  add_text(w, "message", entry.reason);
  w.end_object();
}

ApiResponse list_blocked(const Context& context, const ApiRequest& request) {
  Query query(request);
  const Page page = page_of(query);
  if (query.refusal()) { return *query.refusal(); }
  const records::Blocklist& blocklist = context.services.records->blocklist();
  sdk::JsonWriter records;
  records.begin_array();
  const auto done = blocklist.list(page.descending, page.slice(), [&](const records::BlocklistEntry& entry) {
    write_entry(records, entry, *context.qualities);
  });
  if (!done) { return failure_response(done.error(), request.request_id); }
  const auto total = blocklist.count();
  if (!total) { return failure_response(total.error(), request.request_id); }
  return page_response(page, *total, records.end_array().take());
}

ApiResponse unblock(const Context& context, const ApiRequest& request) {
  const auto done = context.services.records->blocklist().remove(path_id(request).value_or(0));
  return done ? ApiResponse{200, "{}", {}} : failure_response(done.error(), request.request_id);
}

std::string reason_of(const records::Blocked& blocked, const std::string& key, const std::string& infohash) {
  auto found = blocked.by_key.find(key);
  if (found == blocked.by_key.end()) {
    found = blocked.by_infohash.find(infohash);
    if (found == blocked.by_infohash.end()) { return {}; }
  }
  return found->second.empty() ? "on the blocklist" : found->second;
}

}  // namespace

sdk::Result<std::vector<std::string>> why_blocked(const records::Blocklist& blocklist,
                                                  const std::vector<search::Release>& releases) {
  std::vector<std::string> keys;
  std::vector<std::string> asked;
  std::vector<std::string> infohashes;
  for (const search::Release& release : releases) {
    const auto plan = queue::plan_of(grab_of(release));
    keys.push_back(plan ? plan->key : std::string());
    if (plan) { asked.push_back(plan->key); }
    if (!release.infohash_v1.empty()) { infohashes.push_back(release.infohash_v1); }
  }
  const auto blocked = blocklist.lookup(asked, infohashes);
  // Without it nobody knows what is good: that is no search without results, but one to be repeated.
  if (!blocked) { return blocked.error(); }
  std::vector<std::string> reasons(releases.size());
  for (std::size_t i = 0; i < releases.size(); ++i) {
    reasons[i] = reason_of(*blocked, keys[i], releases[i].infohash_v1);
  }
  return reasons;
}

sdk::Done block(const records::Blocklist& blocklist, const queue::Download& download, std::int64_t now_ms) {
  records::BlocklistEntry entry;
  entry.release_key = download.release_key;
  entry.infohash = download.infohash_v1;
  entry.movie_id = download.movie_id;
  entry.title = download.title;
  entry.indexer = download.indexer;
  entry.reason = download.error.empty() ? "removed and blocked by a person" : download.error;
  entry.at_ms = now_ms;
  return blocklist.add(std::move(entry));
}

void add_blocklist(std::vector<Route>& table, const Context& context) {
  table.push_back({"GET", "/api/v3/blocklist", with_records(context, list_blocked)});
  table.push_back({"DELETE", "/api/v3/blocklist/{id}", with_records(context, unblock)});
}

}  // namespace quarry::api
