// SPDX-License-Identifier: MIT
#include "users.hpp"

#include "world.hpp"

#include <cstdio>
#include <variant>

namespace quarry::sim {
namespace {

constexpr int kFilms = 7;
constexpr std::int64_t kNoSuchFilm = 1'000'000;

}  // namespace

std::string release_hash(int number) {
  char text[41];
  std::snprintf(text, sizeof text, "%040x", static_cast<unsigned>(number + 1));
  return text;
}

std::int64_t Users::some_download() {
  return accepted_.empty() ? 0
                           : accepted_[static_cast<std::size_t>(world_.dice.below(static_cast<int>(accepted_.size())))];
}

std::int64_t Users::film(SimHost& host, int number) {
  records::MovieWish wish;
  wish.title = "Film " + std::to_string(number);
  wish.year = 1950 + number;
  if (number % 2 == 0) { wish.tmdb_id = 100 + number; }
  const auto film = host.films().find_or_make(wish);
  world_.say("user", [&] {
    return "names film " + std::to_string(number) + ": " + (film ? std::to_string(film->id) : film.error().text);
  });
  if (!film) { return 0; }
  const auto first = film_numbers_.emplace(number, film->id).first;
  if (first->second != film->id) { world_.violation("film " + std::to_string(number) + " was made twice"); }
  return film->id;
}

void Users::grab(SimHost& host, queue::QueueService& service) {
  Dice& dice = world_.dice;
  queue::GrabRequest request;
  const int release = dice.below(world_.plan.releases);
  const std::string hash = release_hash(release);
  if (dice.happens(0.5)) {
    request.magnet = "magnet:?xt=urn:btih:" + hash;
  } else {
    request.indexer = "indexer";
    request.guid = hash;
  }
  request.title = "film " + hash.substr(36);
  request.priority = static_cast<sdk::Priority>(dice.below(4));
  const bool for_a_film = dice.happens(0.5);
  if (for_a_film) { request.movie_id = dice.happens(0.02) ? kNoSuchFilm : film(host, release % kFilms); }
  if (for_a_film && request.movie_id == 0) { return; }
  // Who grabs it again may keep what is there; perhaps it succeeds and nobody is told.
  world_.referee.data_may_stay(hash);
  const auto answer = service.grab(request);
  world_.referee.data_may_stay(hash);
  if (const auto* grabbed = std::get_if<queue::Grabbed>(&answer)) {
    world_.say("user", [&] { return "grabs " + hash.substr(36) + " as download " + std::to_string(grabbed->id); });
    if (request.movie_id == kNoSuchFilm) { world_.violation("a grab for a film that nobody knows was accepted"); }
    accepted_.push_back(grabbed->id);
    films_[grabbed->id] = request.movie_id;
    ++world_.report.grabs;
  }
}

void Users::cancel(queue::QueueService& service, std::int64_t id, bool with_data) {
  const auto before = world_.referee.row(id);
  const bool first = before.data.id != 0 && before.data.state != sdk::DownloadState::cancelled;
  const bool told = service.cancel(id, with_data).ok();
  world_.say("user", [&] {
    return "cancels " + std::to_string(id) + (with_data ? " with its data" : "") + (told ? "" : ", and is not told");
  });
  if (told && first && with_data) { world_.referee.data_is_to_go(id, world_.referee.row(id).infohash_v1); }
}

void Users::name_a_film() {
  SimHost* host = world_.some_host();
  if (host == nullptr || !host->is_open()) { return; }
  const int number = world_.dice.below(kFilms);
  static_cast<void>(host->serve([&](queue::QueueService&) { return film(*host, number); }));
}

void Users::act() {
  SimHost* host = world_.some_host();
  if (host == nullptr || !host->is_open()) { return; }
  Dice& dice = world_.dice;
  static_cast<void>(host->serve([&](queue::QueueService& service) {
    if (dice.happens(world_.plan.grabs)) { grab(*host, service); }
    const std::int64_t id = some_download();
    if (id == 0) { return 0; }
    if (dice.happens(0.05)) { cancel(service, id, dice.happens(0.5)); }
    if (dice.happens(0.03)) { static_cast<void>(service.set_hold(id, dice.happens(0.5))); }
    if (dice.happens(0.03)) { static_cast<void>(service.retry(id)); }
    if (dice.happens(0.03)) { static_cast<void>(service.set_priority(id, static_cast<sdk::Priority>(dice.below(4)))); }
    if (dice.happens(0.02)) { static_cast<void>(service.move_to_top(id)); }
    if (dice.happens(0.01)) { static_cast<void>(service.set_queue_hold(dice.happens(0.5))); }
    return 0;
  }));
}

void Users::let_go() {
  int commands = 0;
  queue::QueueService service(
      world_.store, world_.truth, {}, [&] { return "let-go-" + std::to_string(++commands); }, [] {});
  for (const auto& id : accepted_) { static_cast<void>(service.set_hold(id, false)); }
  static_cast<void>(service.set_queue_hold(false));
}

}  // namespace quarry::sim
