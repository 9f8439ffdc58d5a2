// SPDX-License-Identifier: MIT
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/release_view.hpp"
#include "cli/text.hpp"

#include <ostream>

namespace quarry::cli {

int search(const Session& session, const std::string& term) {
  const Answer answer = session.api.request("GET", "/api/v3/release?term=" + percent_encode(term), {}, kSearchTimeoutS);
  if (!answer.ok()) { return report_failure(session, answer); }
  const auto releases = read_json(session, answer);
  if (!releases) { return kExitFailed; }
  if (const auto problems = sdk::JsonDocument::parse(answer.indexer_problems)) {
    complain_about_indexers(session, problems->root());
  }
  if (releases->root().size() == 0) {
    complain(session, "nothing found for \"" + term + "\"");
    return kExitNotFound;
  }
  if (!session.json) { session.console.out << render_releases(releases->root(), session.console.terminal); }
  return kExitOk;
}

}  // namespace quarry::cli
