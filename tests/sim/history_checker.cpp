// SPDX-License-Identifier: MIT
#include "history_checker.hpp"

#include "world.hpp"

#include <algorithm>

namespace quarry::sim {
namespace {

using records::HistoryEntry;
using records::HistoryEvent;
using sdk::DownloadState;
using sdk::testing::QueueEvent;

/// A page of the history.
constexpr std::int64_t kEntriesAtOnce = 500;

/// What people are told of it; empty: nothing.
std::string_view word_for(const QueueEvent& event) {
  if (event.data.from < 0) { return "grabbed"; }
  const auto to = static_cast<DownloadState>(event.data.to);
  if (to == DownloadState::queued && event.data.actor == sdk::Actor::user) { return "retried"; }
  static const std::map<DownloadState, std::string_view> kWords = {{DownloadState::completed, "completed"},
                                                                   {DownloadState::failed, "failed"},
                                                                   {DownloadState::cancelled, "cancelled"},
                                                                   {DownloadState::blocked, "blocked"}};
  const auto word = kWords.find(to);
  return word == kWords.end() ? std::string_view() : word->second;
}

std::string told(const HistoryEntry& entry) {
  return "of event " + std::to_string(entry.event_sequence) + ": download " + std::to_string(entry.download_id) + " " +
         std::string(to_string(entry.event)) + ", film " + std::to_string(entry.movie_id);
}

}  // namespace

HistoryChecker::HistoryChecker(World& world)
    : world_(world),
      store_(world.store_clock, world.records),
      records_(store_, world.truth, [&world](const std::string& text) { world.violation("set aside: " + text); }) {}

bool HistoryChecker::open() {
  if (is_open_) { return true; }
  const auto done = records_.open();
  if (!done) { world_.violation("the records cannot be opened: " + done.error().text); }
  return is_open_ = done.ok();
}

bool HistoryChecker::is_complete(const std::vector<QueueEvent>& events) {
  if (!open()) { return true; }
  const auto wanted = std::count_if(events.begin(), events.end(), [](const auto& e) { return !word_for(e).empty(); });
  const auto count = records_.history().count({});
  return count && *count >= wanted;
}

void HistoryChecker::check(const std::vector<QueueEvent>& events, const std::map<std::int64_t, std::int64_t>& films) {
  if (!open()) { return; }
  std::map<std::int64_t, const QueueEvent*> untold;
  for (const QueueEvent& event : events) {
    if (!word_for(event).empty()) { untold[event.data.sequence] = &event; }
  }
  const auto visit = [&](const HistoryEntry& entry) {
    ++world_.report.told;
    const auto event = untold.find(entry.event_sequence);
    if (event == untold.end()) { return world_.violation("the history tells twice, or makes up, " + told(entry)); }
    const auto film = films.find(entry.download_id);
    const bool is_true = event->second->data.download_id == entry.download_id &&
                         word_for(*event->second) == to_string(entry.event) &&
                         entry.movie_id == (film == films.end() ? 0 : film->second);
    if (!is_true) { world_.violation("the history is wrong " + told(entry)); }
    untold.erase(event);
  };
  for (std::int64_t offset = 0, before = -1; before != world_.report.told; offset += kEntriesAtOnce) {
    before = world_.report.told;
    if (const auto done = records_.history().list({}, false, {offset, kEntriesAtOnce}, visit); !done) {
      return world_.violation("the history cannot be read: " + done.error().text);
    }
  }
  for (const auto& [sequence, event] : untold) {
    world_.violation("the history does not tell that download " + std::to_string(event->data.download_id) + " " +
                     std::string(word_for(*event)) + " (event " + std::to_string(sequence) + ")");
  }
}

}  // namespace quarry::sim
