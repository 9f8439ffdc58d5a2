// SPDX-License-Identifier: MIT
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/formats.hpp"
#include "cli/release_view.hpp"
#include "cli/text.hpp"

#include <filesystem>
#include <ostream>

namespace quarry::cli {
namespace {

bool begins_ignoring_case(std::string_view text, std::string_view start) {
  if (text.size() < start.size()) { return false; }
  for (std::size_t i = 0; i < start.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != start[i]) { return false; }
  }
  return true;
}

void add_text(sdk::JsonWriter& w, std::string_view name, const std::string& value) {
  if (!value.empty()) { w.member(name, value); }
}

int grab_best(const Session& session, const GrabOptions& options) {
  sdk::JsonWriter body;
  body.begin_object().member("term", options.best);
  add_text(body, "category", options.category);
  add_text(body, "priority", options.priority);
  const Answer answer = session.api.request("POST", "/api/v3/queue/auto", body.end_object().take(), kSearchTimeoutS);
  if (!answer.ok()) { return report_failure(session, answer); }
  const auto document = read_json(session, answer);
  if (!document) { return kExitFailed; }
  const sdk::Json outcome = document->root();
  complain_about_indexers(session, outcome["problems"]);
  if (!outcome["grabbed"].as_bool()) {
    complain(session, "nothing was grabbed: " + std::string(outcome["message"].as_string()));
    if (!session.json && outcome["candidates"].size() > 0) {
      session.console.out << render_releases(outcome["candidates"], session.console.terminal);
    }
    return kExitNotFound;
  }
  if (session.json) { return kExitOk; }
  const sdk::Json release = outcome["release"];
  say(session, "download " + std::to_string(outcome["id"].as_int()) + ": " + std::string(release["title"].as_string()));
  say(session, "score " + format_score(release["score"].as_double()) + " (threshold " +
                   format_score(release["threshold"].as_double()) + "): " + reasons_of(release));
  return kExitOk;
}

/// What `what` names, judged by how it begins: every other text is an id, and the host knows its ids.
enum class Kind { magnet, url, release_id };

Kind kind_of(std::string_view what) {
  if (begins_ignoring_case(what, "magnet:")) { return Kind::magnet; }
  const bool url = begins_ignoring_case(what, "http://") || begins_ignoring_case(what, "https://");
  return url ? Kind::url : Kind::release_id;
}

Answer send_grab(const Session& session, const GrabOptions& options, Kind kind) {
  sdk::JsonWriter body;
  body.begin_object();
  add_text(body, "category", options.category);
  add_text(body, "priority", options.priority);
  if (kind == Kind::release_id) {
    return session.api.request("POST", "/api/v3/queue/grab/" + percent_encode(options.what), body.end_object().take());
  }
  body.member(kind == Kind::magnet ? "magnet_url" : "download_url", options.what);
  add_text(body, "title", options.title);
  add_text(body, "indexer", options.indexer);
  return session.api.request("POST", "/api/v3/queue/grab", body.end_object().take());
}

}  // namespace

int grab(const Session& session, const GrabOptions& options) {
  if (!options.best.empty()) { return grab_best(session, options); }
  const Kind kind = kind_of(options.what);
  if (kind == Kind::release_id && !(options.title.empty() && options.indexer.empty())) {
    complain(session, "a release from a search has its own title and indexer: leave --title and --indexer out");
    return kExitUsage;
  }
  if (std::error_code ec; kind == Kind::release_id && std::filesystem::exists(options.what, ec)) {
    complain(session, options.what + " is a local file: give the URL of a .torrent, a magnet, or the id of a release");
    return kExitUsage;
  }
  const Answer answer = send_grab(session, options, kind);
  if (!answer.ok()) { return report_failure(session, answer); }
  const auto item = read_json(session, answer);
  if (!item) { return kExitFailed; }
  if (!session.json) {
    say(session,
        "download " + std::to_string((*item)["id"].as_int()) + ": " + std::string((*item)["title"].as_string()));
  }
  return kExitOk;
}

}  // namespace quarry::cli
