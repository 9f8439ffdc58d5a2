// SPDX-License-Identifier: MIT
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/queue_view.hpp"

#include <functional>
#include <set>

namespace quarry::cli {
namespace {

constexpr int kPageSize = 500;

/// What is asked of the host for one download, and what is said when it was done.
struct Step {
  std::function<Answer(const Session&, std::int64_t id)> ask;
  const char* done;  ///< "paused"
};

Step step_of(std::string method, std::string after_id, const char* done) {
  return {[method = std::move(method), after_id = std::move(after_id)](const Session& session, std::int64_t id) {
            return session.api.request(method, "/api/v3/queue/" + std::to_string(id) + after_id);
          },
          done};
}

int apply(const Session& session, const Step& step, std::int64_t id) {
  const Answer answer = step.ask(session, id);
  if (!answer.ok()) { return report_failure(session, answer, std::to_string(id)); }
  const auto item = read_json(session, answer);
  if (!item) { return kExitFailed; }
  const std::string_view title = (*item)["title"].as_string();
  if (!session.json) {
    say(session, std::to_string(id) + " " + step.done + (title.empty() ? "" : ": " + std::string(title)));
  }
  return kExitOk;
}

/// The first failure's exit code. When the host cannot be reached any more the rest is left.
int apply_to(const Session& session, const Step& step, const std::vector<std::int64_t>& ids) {
  int first = kExitOk;
  for (const std::int64_t id : ids) {
    const int code = apply(session, step, id);
    if (code == kExitUnreachable) { return code; }
    first = first == kExitOk ? code : first;
  }
  return first;
}

/// The queue itself, which starts nothing while it is held, and each download with such a status.
int apply_to_all(const Session& session, const Step& step, const char* path_of_queue, QueueOptions which) {
  const Answer held = session.api.request("PUT", path_of_queue);
  if (!held.ok()) { return report_failure(session, held); }
  if (!read_json(session, held)) { return kExitFailed; }
  if (!session.json) { say(session, std::string("the queue is ") + step.done); }
  which.page_size = kPageSize;
  const Session quiet{session.api, session.console, false};
  int first = kExitOk;
  std::set<std::int64_t> tried;
  // What was changed leaves the first page, so that is read until it shows nothing new.
  while (true) {
    const Answer answer = session.api.request("GET", queue_path(which));
    if (!answer.ok()) { return report_failure(session, answer); }
    const auto page = read_json(quiet, answer);
    if (!page) { return kExitFailed; }
    std::vector<std::int64_t> fresh;
    const sdk::Json records = (*page)["records"];
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (const auto id = records.at(i)["id"].as_int(); tried.insert(id).second) { fresh.push_back(id); }
    }
    if (fresh.empty()) { return first; }
    const int code = apply_to(session, step, fresh);
    if (code == kExitUnreachable) { return code; }
    first = first == kExitOk ? code : first;
  }
}

int retry_all(const Session& session) {
  const Answer answer = session.api.request("POST", "/api/v3/queue/retry");
  if (!answer.ok()) { return report_failure(session, answer); }
  const auto result = read_json(session, answer);
  if (!result) { return kExitFailed; }
  if (session.json) { return kExitOk; }
  say(session, std::to_string((*result)["retried"].as_int()) + " queued again");
  if (const std::int64_t blocked = (*result)["blocked"].as_int(); blocked > 0) {
    say(session, std::to_string(blocked) +
                     " blocked and left out: see why with `quarry queue --status failed`, and name those that you "
                     "want all the same by their ids, as in `quarry retry 7`");
  }
  return kExitOk;
}

}  // namespace

int pause(const Session& session, const ItemOptions& options) {
  const Step step = step_of("PUT", "/pause", "paused");
  if (!options.all) { return apply_to(session, step, options.ids); }
  return apply_to_all(session, step, "/api/v3/queue/pause", {{"downloading", "stalled"}});
}

int resume(const Session& session, const ItemOptions& options) {
  const Step step = step_of("PUT", "/resume", "resumed");
  if (!options.all) { return apply_to(session, step, options.ids); }
  return apply_to_all(session, step, "/api/v3/queue/resume", {{"paused"}});
}

int remove(const Session& session, const ItemOptions& options) {
  return apply_to(session, step_of("DELETE", options.delete_files ? "?deleteFiles=true" : "", "removed"), options.ids);
}

int retry(const Session& session, const ItemOptions& options) {
  if (options.all) { return retry_all(session); }
  const auto ask = [](const Session& s, std::int64_t id) {
    return s.api.request("POST", "/api/v3/queue/retry",
                         sdk::JsonWriter().begin_object().member("id", id).end_object().take());
  };
  return apply_to(session, {ask, "queued again"}, options.ids);
}

}  // namespace quarry::cli
