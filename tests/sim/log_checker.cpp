// SPDX-License-Identifier: MIT
#include "log_checker.hpp"

#include <algorithm>
#include <map>

namespace quarry::sim {
namespace {

using sdk::DownloadState;
using sdk::testing::QueueEvent;

std::string_view host_of(std::string_view command) { return command.substr(0, command.find('-')); }
DownloadState state_of(std::int32_t state) { return static_cast<DownloadState>(state); }
bool is_uncertain(DownloadState s) { return sdk::is_leased(s) || s == DownloadState::verifying; }

/// The story of one download so far.
struct Story {
  QueueEvent last;
  std::string claimer;
};

class LogChecker {
 public:
  explicit LogChecker(const LogFacts& facts) : facts_(facts) {}

  std::vector<std::string> check() {
    std::int64_t sequence = 0;
    for (const QueueEvent& event : facts_.events) {
      if (event.data.sequence <= sequence) { broken(event, "comes out of order"); }
      sequence = event.data.sequence;
      commands_.insert(event.command_id);
      const auto known = stories_.find(event.data.download_id);
      if ((known == stories_.end()) != (event.data.from == -1)) {
        broken(event, known == stories_.end() ? "is no beginning" : "begins it anew");
        continue;
      }
      if (known != stories_.end()) { follow(known->second, event); }
      stories_[event.data.download_id].last = event;
    }
    for (const std::int64_t id : facts_.accepted) {
      if (!stories_.contains(id)) {
        say("download " + std::to_string(id) + " was accepted, and the log has none such");
      }
    }
    for (const std::string& command : facts_.acknowledged) {
      if (!commands_.contains(command)) { say("command " + command + " was acknowledged, and the log has none such"); }
    }
    for (const auto& [id, story] : stories_) { check_spell(story.last, facts_.end_ms); }
    return std::move(violations_);
  }

 private:
  void say(std::string what) { violations_.push_back(std::move(what)); }
  void broken(const QueueEvent& event, const std::string& what) {
    say("event " + std::to_string(event.data.sequence) + " of download " + std::to_string(event.data.download_id) +
        " " + what);
  }

  void follow(Story& story, const QueueEvent& event) {
    const QueueEvent& last = story.last;
    if (last.data.to != event.data.from) { return broken(event, "does not follow from the one before"); }
    const sdk::StateChange* change =
        sdk::find_change(state_of(event.data.from), state_of(event.data.to), event.data.actor);
    if (change == nullptr) {
      return broken(
          event, "is a change that is not in the table: " + std::string(to_string(state_of(event.data.from))) + " to " +
                     std::string(to_string(state_of(event.data.to))));
    }
    if (event.data.epoch != last.data.epoch + (change->raises_epoch ? 1 : 0)) {
      broken(event, "has epoch " + std::to_string(event.data.epoch) + " after " + std::to_string(last.data.epoch));
    }
    if (event.data.actor == sdk::Actor::claim) { story.claimer = host_of(event.command_id); }
    if (event.data.actor == sdk::Actor::worker && host_of(event.command_id) != story.claimer) {
      broken(event, "was made by " + event.command_id + ", but " + story.claimer + " had claimed it");
    }
    check_spell(last, event.data.at_ms);
  }

  /// `entered`: the event by which the row came into its state; `left_ms`: when it was left.
  void check_spell(const QueueEvent& entered, std::int64_t left_ms) {
    if (!is_uncertain(state_of(entered.data.to))) { return; }
    const std::int64_t spell = left_ms - std::max(entered.data.at_ms, facts_.calm_from_ms);
    if (spell > facts_.most_uncertain_ms) {
      broken(entered, "left it " + std::string(to_string(state_of(entered.data.to))) + " for " +
                          std::to_string(spell / 1000) + " s although nothing went wrong");
    }
  }

  const LogFacts& facts_;
  std::map<std::int64_t, Story> stories_;
  std::set<std::string, std::less<>> commands_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> check_log(const LogFacts& facts) { return LogChecker(facts).check(); }

std::uint64_t hash_of(const std::vector<QueueEvent>& events) {
  constexpr std::uint64_t kPrime = 1099511628211ULL;
  std::uint64_t hash = 14695981039346656037ULL;
  for (const QueueEvent& event : events) {
    for (const std::int64_t part :
         {event.data.download_id, std::int64_t{event.data.to}, event.data.epoch, event.data.at_ms}) {
      hash = (hash ^ static_cast<std::uint64_t>(part)) * kPrime;
    }
    for (const char c : event.command_id) { hash = (hash ^ static_cast<unsigned char>(c)) * kPrime; }
  }
  return hash;
}

}  // namespace quarry::sim
