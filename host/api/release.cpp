// SPDX-License-Identifier: MIT
#include "api/errors.hpp"
#include "api/params.hpp"
#include "api/release_json.hpp"
#include "api/resources.hpp"

namespace quarry::api {
namespace {

/// JSON in a header: what is not ASCII becomes '?', since a header is no place for other bytes.
std::string header_text(std::string text) {
  for (char& c : text) { c = static_cast<unsigned char>(c) < 0x80 ? c : '?'; }
  return text;
}

ApiResponse search(const Context& context, const ApiRequest& request) {
  Query query(request);
  search::Query wanted;
  wanted.term = query.text("term");
  wanted.title = query.text("title");
  wanted.imdb_id = query.text("imdbId");
  wanted.year = static_cast<int>(query.integer("year", 0, 0, 9999));
  wanted.tmdb_id = static_cast<int>(query.integer("tmdbId", 0, 0, 2'000'000'000));
  wanted.runtime_minutes = static_cast<int>(query.integer("runtime", 0, 0, 6000));
  wanted.limit = static_cast<int>(query.integer("limit", 100, 1, 1000));
  const bool empty = wanted.term.empty() && wanted.title.empty() && wanted.imdb_id.empty() && wanted.tmdb_id == 0;
  if (empty) { query.refuse_field("term", "is missing: say what to search for, or give title, imdbId or tmdbId"); }
  if (query.refusal()) { return *query.refusal(); }
  const auto answer = context.services.search.search(wanted, context.services.search_timeout_ms, request.request_id);
  if (!answer) { return failure_response(answer.error(), request.request_id); }
  sdk::JsonWriter w;
  w.begin_array();
  for (const search::Release& release : answer->releases) { write_release(w, release); }
  ApiResponse response{200, w.end_array().take(), {}};
  if (!answer->problems.empty()) {
    sdk::JsonWriter problems;
    write_problems(problems, answer->problems);
    response.headers.emplace_back("X-Indexer-Problems", header_text(problems.take()));
  }
  return response;
}

}  // namespace

void add_release(std::vector<Route>& table, const Context& context) {
  Route route{"GET", "/api/v3/release", [context](const ApiRequest& request) { return search(context, request); }};
  route.slow = true;
  table.push_back(std::move(route));
}

}  // namespace quarry::api
