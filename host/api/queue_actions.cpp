// SPDX-License-Identifier: MIT
// What can be done to the queue and to what is in it. The engine carries it out; so the answer to a
// change is 202 with the item as it is now.
#include "api/errors.hpp"
#include "api/params.hpp"
#include "api/resources.hpp"
#include "queue/engine.hpp"

#include <limits>

namespace quarry::api {
namespace {

constexpr std::size_t kMostIds = 1000;
constexpr std::int64_t kDefaultKeepDays = 30;
constexpr std::int64_t kMostDays = 36'500;

/// PUT …/{id}/pause and …/{id}/resume.
ApiResponse hold_item(const Context& context, const ApiRequest& request, bool hold) {
  const auto id = path_id(request);
  if (!id) { return no_such_download(request); }
  const auto done = context.services.queue.set_hold(*id, hold);
  return done ? item_response(context, request, *id, 202) : failure_response(done.error(), request.request_id);
}

ApiResponse hold_queue(const Context& context, const ApiRequest& request, bool hold) {
  const auto done = context.services.queue.set_queue_hold(hold);
  if (!done) { return failure_response(done.error(), request.request_id); }
  return {202, hold ? R"({"held":true})" : R"({"held":false})", {}};
}

ApiResponse set_priority(const Context& context, const ApiRequest& request) {
  Body body(request, Body::Need::required);
  const bool to_top = body.boolean("moveToTop", false);
  const bool named = body.member("priority").present();
  const sdk::Priority priority = body.priority();
  if (!named && !to_top) { body.refuse_field("priority", "must be one of low, normal, high, very_high"); }
  if (body.refusal()) { return *body.refusal(); }
  const auto id = path_id(request);
  if (!id) { return no_such_download(request); }
  queue::QueueService& queue = context.services.queue;
  sdk::Done done = named ? queue.set_priority(*id, priority) : sdk::Done(sdk::Unit{});
  if (done && to_top) { done = queue.move_to_top(*id); }
  return done ? item_response(context, request, *id, 202) : failure_response(done.error(), request.request_id);
}

/// The ids to retry: "ids", or "id"; none means all that failed.
std::vector<std::int64_t> ids_of(Body& body) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::vector<std::int64_t> out;
  if (body.member("id").present()) { out.push_back(body.integer("id", 0, 1, kMax)); }
  const sdk::Json list = body.member("ids");
  if (!list.present()) { return out; }
  const bool usable = list.is_array() && list.size() >= 1 && list.size() <= kMostIds;
  if (!usable) { body.refuse_field("ids", "must be an array of 1 to 1000 ids"); }
  for (std::size_t i = 0; usable && i < list.size(); ++i) {
    if (!list.at(i).is_integer() || list.at(i).as_int() < 1) {
      body.refuse_field("ids", "must hold ids: whole numbers");
    }
    out.push_back(list.at(i).as_int());
  }
  return out;
}

/// What a retry of all leaves out, for a person to look at.
sdk::Result<std::int64_t> count_blocked(queue::QueueService& all) {
  sdk::ListRequest request;
  request.filter.states = queue::bit(sdk::DownloadState::blocked);
  request.limit = 1;
  return all.list(request, [](const sdk::DownloadView&) {});
}

ApiResponse retry(const Context& context, const ApiRequest& request) {
  Body body(request, Body::Need::optional);
  const std::vector<std::int64_t> ids = ids_of(body);
  if (body.refusal()) { return *body.refusal(); }
  queue::QueueService& queue = context.services.queue;
  sdk::JsonWriter w;
  if (ids.empty()) {
    const auto retried = queue.retry_all_failed();
    if (!retried) { return failure_response(retried.error(), request.request_id); }
    w.begin_object().member("retried", *retried);
    // It was done, whether the others can be counted or not.
    if (const auto blocked = count_blocked(queue)) { w.member("blocked", *blocked); }
    return {200, w.end_object().take(), {}};
  }
  const bool single = !body.member("ids").present();
  std::int64_t retried = 0;
  w.begin_object().key("problems").begin_array();
  for (const std::int64_t id : ids) {
    const auto done = queue.retry(id);
    if (!done && single) { return failure_response(done.error(), request.request_id); }
    if (done) {
      ++retried;
      continue;
    }
    w.begin_object().member("id", id).member("message", done.error().text);
    w.member("code", code_word(done.error().status.code)).end_object();
  }
  return {200, w.end_array().member("retried", retried).end_object().take(), {}};
}

ApiResponse process(const Context& context, const ApiRequest& request) {
  const auto waiting = context.services.queue.process();
  if (!waiting) { return failure_response(waiting.error(), request.request_id); }
  return {200, sdk::JsonWriter().begin_object().member("waiting", *waiting).end_object().take(), {}};
}

ApiResponse cleanup(const Context& context, const ApiRequest& request) {
  Query query(request);
  const std::int64_t days = query.integer("olderThanDays", kDefaultKeepDays, 0, kMostDays);
  if (query.refusal()) { return *query.refusal(); }
  const auto removed = context.services.queue.cleanup(static_cast<int>(days));
  if (!removed) { return failure_response(removed.error(), request.request_id); }
  return {200, sdk::JsonWriter().begin_object().member("removed", *removed).end_object().take(), {}};
}

}  // namespace

void add_queue_actions(std::vector<Route>& table, const Context& context) {
  const auto on = [&](ApiResponse (*handler)(const Context&, const ApiRequest&)) {
    return [context, handler](const ApiRequest& request) { return handler(context, request); };
  };
  const auto hold = [&](ApiResponse (*handler)(const Context&, const ApiRequest&, bool), bool yes) {
    return [context, handler, yes](const ApiRequest& request) { return handler(context, request, yes); };
  };
  table.push_back({"PUT", "/api/v3/queue/pause", hold(hold_queue, true)});
  table.push_back({"PUT", "/api/v3/queue/resume", hold(hold_queue, false)});
  table.push_back({"PUT", "/api/v3/queue/{id}/pause", hold(hold_item, true)});
  table.push_back({"PUT", "/api/v3/queue/{id}/resume", hold(hold_item, false)});
  table.push_back({"PUT", "/api/v3/queue/{id}/priority", on(set_priority)});
  table.push_back({"POST", "/api/v3/queue/retry", on(retry)});
  table.push_back({"POST", "/api/v3/queue/process", on(process)});
  table.push_back({"DELETE", "/api/v3/queue/cleanup", on(cleanup)});
}

}  // namespace quarry::api
