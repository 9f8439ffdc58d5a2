// SPDX-License-Identifier: MIT
#include "cli/exit_codes.hpp"
#include "cli/queue_view.hpp"

#include <ostream>

namespace quarry::cli {

int queue(const Session& session, const QueueOptions& options) {
  const Answer answer = session.api.request("GET", queue_path(options));
  if (!answer.ok()) { return report_failure(session, answer); }
  const auto page = read_json(session, answer);
  if (!page) { return kExitFailed; }
  if (!session.json) { session.console.out << render_queue(page->root(), session.console.terminal); }
  return kExitOk;
}

}  // namespace quarry::cli
