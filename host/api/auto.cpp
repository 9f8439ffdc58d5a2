// SPDX-License-Identifier: MIT
// Search, and grab the best release when it is good enough; else say why none is.
#include "api/errors.hpp"
#include "api/film.hpp"
#include "api/item.hpp"
#include "api/params.hpp"
#include "api/release_json.hpp"
#include "api/resources.hpp"

#include <algorithm>
#include <cmath>

namespace quarry::api {
namespace {

constexpr std::size_t kShownCandidates = 5;

/// {"term": …} or {"movie": {"title", "year", "imdbId", "tmdbId", "runtime"}}.
search::Query query_of(Body& body) {
  search::Query query;
  query.term = body.text("term", kMaxWord);
  const sdk::Json movie = body.member("movie");
  if (movie.present() && !movie.is_object()) { body.refuse_field("movie", "must be an object such as {\"title\": …}"); }
  query.title = body.text_in(movie, "title", kMaxWord);
  query.imdb_id = body.text_in(movie, "imdbId", kMaxWord);
  query.year = static_cast<int>(body.integer_in(movie, "year", 0, 0, 9999));
  query.tmdb_id = static_cast<int>(body.integer_in(movie, "tmdbId", 0, 0, 2'000'000'000));
  query.runtime_minutes = static_cast<int>(body.integer_in(movie, "runtime", 0, 0, 6000));
  const bool empty = query.term.empty() && query.title.empty() && query.imdb_id.empty() && query.tmdb_id == 0;
  if (empty) { body.refuse_field("term", "is missing: send {\"term\": …} or {\"movie\": {\"title\": …}}"); }
  return query;
}

std::string points(double value) {
  const double tenths = std::round(value * 10) / 10;
  std::string text = std::to_string(tenths);
  text.resize(text.find('.') + 2);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

/// Why nothing was grabbed. The releases come best first, those with a rejection last.
std::string why_none(const std::vector<search::Release>& releases) {
  if (releases.empty()) { return "no release was found"; }
  const search::Release& best = releases.front();
  const std::string count = std::to_string(releases.size());
  if (best.rejections.empty()) {
    return "the best of " + count + " releases, " + best.title + ", scores " + points(best.score) +
           ", below the threshold " + points(best.threshold);
  }
  const search::Reason& why = best.rejections.front();
  return "none of " + count + " releases may be taken; the best, " + best.title + ", because of " + why.rule +
         (why.detail.empty() ? "" : ": " + why.detail);
}

ApiResponse none_grabbed(const search::Answer& answer) {
  sdk::JsonWriter w;
  w.begin_object().member("grabbed", false).member("message", why_none(answer.releases));
  w.member("considered", static_cast<std::int64_t>(answer.releases.size())).key("candidates").begin_array();
  const std::size_t shown = std::min(kShownCandidates, answer.releases.size());
  for (std::size_t i = 0; i < shown; ++i) { write_release(w, answer.releases[i]); }
  w.end_array().key("problems");
  write_problems(w, answer.problems);
  return {200, w.end_object().take(), {}};
}

/// The film of the query, as far as it names one and somewhere can keep it.
FilmWish film_of(const Context& context, const search::Query& query, std::int64_t movie_id) {
  FilmWish film;
  film.movie_id = movie_id;
  if (context.services.records == nullptr) { return film; }
  film.movie = {query.tmdb_id, records::normal_imdb_id(query.imdb_id), query.title, query.year, query.runtime_minutes};
  return film;
}

ApiResponse grab_best(const Context& context, const ApiRequest& request) {
  Body body(request, Body::Need::required);
  const search::Query query = query_of(body);
  const std::int64_t movie_id = body.integer("movie_id", 0, 0, kMaxNumber);
  const sdk::Priority priority = body.priority();
  const std::string category = body.text("category", kMaxWord);
  if (body.refusal()) { return *body.refusal(); }
  if (auto unknown = unknown_film(context, request, movie_id)) { return *std::move(unknown); }
  const auto answer = context.services.search.search(query, context.services.search_timeout_ms, request.request_id);
  if (!answer) { return failure_response(answer.error(), request.request_id); }
  const auto best = std::find_if(answer->releases.begin(), answer->releases.end(),
                                 [](const search::Release& r) { return r.acceptable(); });
  if (best == answer->releases.end()) { return none_grabbed(*answer); }
  queue::GrabRequest wanted = grab_of(*best);
  wanted.priority = priority;
  wanted.category = category;
  const FilmWish film = film_of(context, query, movie_id);
  if (auto refusal = settle_film(context, request, film, wanted)) { return *std::move(refusal); }
  const auto outcome = context.services.queue.grab(wanted);
  if (const auto* failure = std::get_if<queue::GrabFailure>(&outcome)) {
    return grab_refusal(context, request, wanted, *failure);
  }
  const std::int64_t id = std::get<queue::Grabbed>(outcome).id;
  sdk::JsonWriter w;
  w.begin_object().member("grabbed", true).member("id", id);
  // Left out when a person removed it meanwhile.
  static_cast<void>(context.services.queue.find(
      id, [&](const sdk::DownloadView& row) { write_item(w.key("item"), row, context.now_ms(), *context.qualities); }));
  w.key("release");
  write_release(w, *best);
  w.key("problems");
  write_problems(w, answer->problems);
  return {201, w.end_object().take(), {{"Location", "/api/v3/queue/" + std::to_string(id)}}};
}

}  // namespace

void add_auto(std::vector<Route>& table, const Context& context) {
  Route route{"POST", "/api/v3/queue/auto",
              [context](const ApiRequest& request) { return grab_best(context, request); }};
  route.slow = true;
  table.push_back(std::move(route));
}

}  // namespace quarry::api
