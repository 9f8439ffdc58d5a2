// SPDX-License-Identifier: MIT
#include "api/errors.hpp"
#include "api/params.hpp"
#include "api/resources.hpp"
#include "records/records.hpp"

namespace quarry::api {
namespace {

void write_tag(sdk::JsonWriter& w, const records::Tag& tag) {
  w.begin_object().member("id", tag.id).member("label", tag.label).end_object();
}

ApiResponse one_tag(const sdk::Result<records::Tag>& tag, const ApiRequest& request, int status) {
  if (!tag) { return failure_response(tag.error(), request.request_id); }
  sdk::JsonWriter w;
  write_tag(w, *tag);
  return {status, w.take(), {}};
}

ApiResponse list_tags(const Context& context, const ApiRequest& request) {
  const auto tags = context.services.records->tags().all();
  if (!tags) { return failure_response(tags.error(), request.request_id); }
  sdk::JsonWriter w;
  w.begin_array();
  for (const records::Tag& tag : *tags) { write_tag(w, tag); }
  return {200, w.end_array().take(), {}};
}

ApiResponse get_tag(const Context& context, const ApiRequest& request) {
  return one_tag(context.services.records->tags().get(path_id(request).value_or(0)), request, 200);
}

ApiResponse create_tag(const Context& context, const ApiRequest& request) {
  Body body(request, Body::Need::required);
  const std::string label = body.text("label", kMaxWord);
  if (label.find_first_not_of(' ') == std::string::npos) { body.refuse_field("label", "is missing"); }
  if (body.refusal()) { return *body.refusal(); }
  const auto tag = context.services.records->tags().find_or_make(label);
  ApiResponse response = one_tag(tag, request, 201);
  if (tag) { response.headers.emplace_back("Location", "/api/v3/tag/" + std::to_string(tag->id)); }
  return response;
}

ApiResponse remove_tag(const Context& context, const ApiRequest& request) {
  const auto done = context.services.records->tags().remove(path_id(request).value_or(0));
  return done ? ApiResponse{200, "{}", {}} : failure_response(done.error(), request.request_id);
}

}  // namespace

void add_tag(std::vector<Route>& table, const Context& context) {
  table.push_back({"GET", "/api/v3/tag", with_records(context, list_tags)});
  table.push_back({"GET", "/api/v3/tag/{id}", with_records(context, get_tag)});
  table.push_back({"POST", "/api/v3/tag", with_records(context, create_tag)});
  table.push_back({"DELETE", "/api/v3/tag/{id}", with_records(context, remove_tag)});
}

}  // namespace quarry::api
