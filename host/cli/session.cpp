// SPDX-License-Identifier: MIT
#include "cli/session.hpp"

#include "cli/exit_codes.hpp"
#include "cli/text.hpp"

#include <ostream>

namespace quarry::cli {
namespace {

/// The host's own sentence; empty when the body is none of its error answers.
std::string words_of(const std::string& body) {
  const auto document = sdk::JsonDocument::parse(body);
  if (!document) { return {}; }
  std::string text((*document)["message"].as_string());
  const std::string_view advice = (*document)["description"].as_string();
  if (!text.empty() && !advice.empty()) { text.append(". ").append(advice); }
  const std::string existing = std::to_string((*document)["existingId"].as_int());
  const bool is_told = existing == "0" || text.find("download " + existing) != std::string::npos;
  if (!text.empty() && !is_told) { text += " (download " + existing + ")"; }
  return text;
}

std::string sentence_for(const Session& session, const Answer& answer) {
  if (answer.status == 0) { return answer.problem; }
  if (answer.status == 401 || answer.status == 403) {
    return session.api.url() +
           " refuses the API key: name the data directory of that host with --data-dir, or its key file with "
           "--api-key-file";
  }
  std::string text = words_of(answer.body);
  if (text.empty()) {
    text = session.api.url() + " answered " + std::to_string(answer.status) +
           " without a word of Quarry's: is it a Quarry host, and of this version?";
  }
  return text;
}

}  // namespace

void complain(const Session& session, std::string_view sentence) {
  session.console.err << "quarry: " << visible(sentence, session.console.terminal.utf8) << '\n';
}

int report_failure(const Session& session, const Answer& answer, std::string_view about) {
  if (session.json && !answer.body.empty() && answer.status != 0) { session.console.out << answer.body << '\n'; }
  const std::string prefix = about.empty() || answer.status == 0 ? std::string() : std::string(about) + ": ";
  complain(session, prefix + sentence_for(session, answer));
  return answer.exit_code;
}

std::optional<sdk::JsonDocument> read_json(const Session& session, const Answer& answer) {
  auto document = sdk::JsonDocument::parse(answer.body);
  if (!document) {
    complain(session, session.api.url() + " answered something else than JSON: is it a Quarry host?");
    return std::nullopt;
  }
  if (session.json) { session.console.out << answer.body << '\n'; }
  return std::move(document).value();
}

void complain_about_indexers(const Session& session, sdk::Json problems) {
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const sdk::Json problem = problems.at(i);
    complain(session, "indexer " + std::string(problem["indexer"].as_string()) + ": " +
                          std::string(problem["message"].as_string()));
  }
}

void say(const Session& session, std::string_view text) {
  session.console.out << visible(text, session.console.terminal.utf8) << '\n';
}

}  // namespace quarry::cli
