// SPDX-License-Identifier: MIT
#include "cli/exit_codes.hpp"
#include "cli/queue_view.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <ostream>

namespace quarry::cli {

int queue(const Session& session, const QueueOptions& options) {
  const Answer answer = session.api.request("GET", queue_path(options));
  if (!answer.ok()) { return report_failure(session, answer); }
  const auto page = read_json(session, answer);
  if (!page) { return kExitFailed; }
  if (session.json) { return kExitOk; }
  session.console.out << render_queue(page->root(), session.console.terminal);
  // A queue that is held looks like one that is busy.
  const Answer status = session.api.request("GET", "/api/v3/queue/status");
  const auto facts = sdk::JsonDocument::parse(status.ok() ? status.body : "{}");
  if (facts && facts->root()["held"].as_bool()) {
    say(session, "the queue is paused: `quarry resume --all` lets it go on");
  }
  return kExitOk;
}

}  // namespace quarry::cli
