// SPDX-License-Identifier: MIT
#include "end_checker.hpp"

#include "users.hpp"
#include "world.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace quarry::sim {
namespace {

/// The bar for leaving leased and verifying states once nothing goes wrong.
constexpr std::int64_t kMostUncertainMs = 120'000;

bool is_at_rest(const queue::Download& d) {
  return (sdk::is_ended(d.state) || d.state == sdk::DownloadState::blocked) && d.cleanup == 0;
}

}  // namespace

std::vector<queue::Download> EndChecker::rows() {
  queue::StoreClient face(world_.store, world_.truth, [] { return std::string("read"); });
  auto all = face.list_all({});
  return all ? std::move(*all) : std::vector<queue::Download>{};
}

bool EndChecker::is_at_rest() {
  const auto all = rows();
  return std::all_of(all.begin(), all.end(), [](const auto& d) { return sim::is_at_rest(d); }) &&
         unwanted(all).empty() && history_.is_complete(events());
}

std::vector<std::string> EndChecker::unwanted(const std::vector<queue::Download>& rows) {
  std::map<std::int64_t, const queue::Download*> by_id;
  std::set<std::string> wanted;
  for (const queue::Download& d : rows) {
    by_id[d.id] = &d;
    if (sdk::is_live(d.state)) { wanted.insert(d.client + " " + d.infohash_v1); }
  }
  std::vector<std::string> found;
  for (const auto& client : world_.clients) {
    for (const auto& item : client->fake().items()) {
      const std::int64_t id = queue::id_in_tags(item.tags);
      if (id == 0 || wanted.contains(client->id() + " " + item.infohash_v1)) { continue; }
      // What failed stays for its owner to look at.
      const auto owner = by_id.find(id);
      if (owner != by_id.end() && owner->second->state == sdk::DownloadState::failed) { continue; }
      found.push_back(client->id() + " holds " + item.id + " with the tags " + item.tags + ", which nobody wants");
    }
  }
  return found;
}

void EndChecker::check_rows(const std::vector<queue::Download>& rows) {
  std::set<std::int64_t> known;
  for (const queue::Download& d : rows) {
    known.insert(d.id);
    if (d.state == sdk::DownloadState::completed) { ++world_.report.completed; }
    const auto film = users_.films().find(d.id);
    if (film != users_.films().end() && film->second != d.movie_id) {
      world_.violation("download " + std::to_string(d.id) + " is for film " + std::to_string(d.movie_id) + ", not " +
                       std::to_string(film->second));
    }
    if (!sim::is_at_rest(d)) {
      world_.violation("download " + std::to_string(d.id) + " is stuck in " + std::string(sdk::to_string(d.state)) +
                       " (flags " + std::to_string(d.flags) + ", cleanup " + std::to_string(d.cleanup) + ", due in " +
                       std::to_string(d.due_at_ms - world_.store_clock.wall_ms()) + " ms): " + d.error);
    }
    if (d.state != sdk::DownloadState::completed || world_.referee.was_tampered_with(d.infohash_v1)) { continue; }
    const bool there = std::any_of(world_.clients.begin(), world_.clients.end(), [&](const auto& client) {
      return client->id() == d.client && client->has_since(d.infohash_v1) >= 0;
    });
    if (!there) { world_.violation("download " + std::to_string(d.id) + " is completed, but its client has it not"); }
  }
  for (const std::int64_t id : users_.accepted()) {
    if (!known.contains(id)) { world_.violation("download " + std::to_string(id) + " was accepted and is gone"); }
  }
}

std::vector<sdk::testing::QueueEvent> EndChecker::events() {
  std::vector<sdk::testing::QueueEvent> all;
  sdk::BasicContext ctx(world_.truth, 1000, "check");
  for (bool more = true; more;) {
    more = false;
    const std::int64_t after = all.empty() ? 0 : all.back().data.sequence;
    auto sink = sdk::event_sink([&](const sdk::EventView& event) {
      more = true;
      all.emplace_back(event);
    });
    static_cast<void>(world_.store.events_since(ctx, after, 1000, sink));
  }
  return all;
}

void EndChecker::check_log_of_events(const std::vector<queue::Download>& rows, std::int64_t calm_from_ms) {
  LogFacts facts;
  facts.events = events();
  facts.accepted = users_.accepted();
  facts.acknowledged = world_.referee.acknowledged_commands();
  facts.calm_from_ms = calm_from_ms;
  facts.end_ms = world_.store_clock.wall_ms();
  facts.most_uncertain_ms = kMostUncertainMs + world_.plan.store_clock_slack_ms;
  for (const std::string& what : check_log(facts)) { world_.violation(what); }
  world_.report.event_hash = hash_of(facts.events);
  std::map<std::int64_t, std::int64_t> films;
  for (const queue::Download& d : rows) { films[d.id] = d.movie_id; }
  history_.check(facts.events, films);
}

/// An item comes into a client once, and again only after it left.
void EndChecker::check_journals() {
  for (const auto& client : world_.clients) {
    std::map<std::string, int> times_there;
    for (const SimClient::Entry& entry : client->journal()) {
      int& there = times_there[entry.hash];
      there += entry.came ? 1 : -1;
      if (there < 0 || there > 1) { world_.violation(client->id() + " took " + entry.hash + " twice"); }
    }
    for (const auto& [hash, there] : times_there) {
      const auto taken = std::count_if(client->journal().begin(), client->journal().end(),
                                       [&, name = hash](const auto& e) { return e.came && e.hash == name; });
      if (client->fake().times_added(hash) != taken) {
        world_.violation(client->id() + " took " + hash + " " + std::to_string(client->fake().times_added(hash)) +
                         " times, its journal says " + std::to_string(taken));
      }
    }
  }
}

void EndChecker::check(std::int64_t calm_from_ms) {
  const auto all = rows();
  check_rows(all);
  for (const std::string& what : unwanted(all)) { world_.violation(what); }
  check_log_of_events(all, calm_from_ms);
  check_journals();
}

}  // namespace quarry::sim
