// SPDX-License-Identifier: MIT
#include "api/errors.hpp"
#include "api/film.hpp"
#include "api/params.hpp"
#include "api/resources.hpp"

namespace quarry::api {
namespace {

/// An id of a release; a number is taken as its digits, as other programs send it.
std::string release_id_of(Body& body) {
  const sdk::Json value = body.member("release_id");
  if (value.is_integer()) { return std::to_string(value.as_int()); }
  return body.text("release_id", kMaxWord);
}

/// What a caller may add to a release that is known already.
void add_wishes(Body& body, queue::GrabRequest& grab) {
  grab.priority = body.priority();
  grab.category = body.text("category", kMaxWord);
}

ApiResponse finish(const Context& context, const ApiRequest& request, const FilmWish& film, queue::GrabRequest grab) {
  if (auto refusal = settle_film(context, request, film, grab)) { return *std::move(refusal); }
  const auto outcome = context.services.queue.grab(grab);
  if (const auto* failure = std::get_if<queue::GrabFailure>(&outcome)) {
    return grab_refusal(context, request, grab, *failure);
  }
  const std::int64_t id = std::get<queue::Grabbed>(outcome).id;
  ApiResponse response = item_response(context, request, id, 201);
  if (response.status != 201) {  // it is in the queue, whatever became of reading it back
    response = {201, sdk::JsonWriter().begin_object().member("id", id).end_object().take(), {}};
  }
  response.headers.emplace_back("Location", "/api/v3/queue/" + std::to_string(id));
  return response;
}

ApiResponse unknown_release(const ApiRequest& request) {
  return error_response(404,
                        {"not_found", "no recent search found a release with this id",
                         "Search again: ids of releases are kept for 30 minutes.", "release_id"},
                        request.request_id);
}

ApiResponse grab(const Context& context, const ApiRequest& request) {
  Body body(request, Body::Need::required);
  queue::GrabRequest wanted;
  wanted.download_url = body.text("download_url", kMaxUrl);
  wanted.magnet = body.text("magnet_url", kMaxMagnet);
  const std::string release_id = release_id_of(body);
  const bool by_release = !release_id.empty() && wanted.download_url.empty() && wanted.magnet.empty();
  if (!by_release) {
    wanted.title = body.text("title", kMaxTitle);
    wanted.indexer = body.text("indexer", kMaxWord);
    wanted.size_bytes = body.integer("size", -1, 0, kMaxNumber);
  } else if (!body.refusal()) {
    const auto release = context.services.search.recall(release_id);
    if (!release) { return unknown_release(request); }
    wanted = grab_of(*release);
  }
  add_wishes(body, wanted);
  const FilmWish film = film_of(body);
  if (body.refusal()) { return *body.refusal(); }
  return finish(context, request, film, std::move(wanted));
}

ApiResponse grab_release(const Context& context, const ApiRequest& request) {
  Body body(request, Body::Need::optional);
  queue::GrabRequest wishes;
  add_wishes(body, wishes);
  const FilmWish film = film_of(body);
  if (body.refusal()) { return *body.refusal(); }
  const auto release = context.services.search.recall(std::string(request.path_param("releaseId")));
  if (!release) { return unknown_release(request); }
  queue::GrabRequest wanted = grab_of(*release);
  wanted.priority = wishes.priority;
  wanted.category = wishes.category;
  return finish(context, request, film, std::move(wanted));
}

}  // namespace

queue::GrabRequest grab_of(const search::Release& release) {
  queue::GrabRequest grab;
  grab.title = release.title;
  grab.indexer = release.indexer;
  grab.guid = release.guid;
  grab.infohash_v1 = release.infohash_v1;
  grab.size_bytes = release.size_bytes;
  return grab;
}

ApiResponse grab_failure(const queue::GrabFailure& failure, const ApiRequest& request) {
  return failure_response(failure.failure, request.request_id, failure.existing_id);
}

void add_grab(std::vector<Route>& table, const Context& context) {
  table.push_back(
      {"POST", "/api/v3/queue/grab", [context](const ApiRequest& request) { return grab(context, request); }});
  table.push_back({"POST", "/api/v3/queue/grab/{releaseId}",
                   [context](const ApiRequest& request) { return grab_release(context, request); }});
}

}  // namespace quarry::api
