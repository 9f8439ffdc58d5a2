// SPDX-License-Identifier: MIT
// What each command that asks a running host works with, and how it reports what went wrong.
#pragma once

#include "cli/api_client.hpp"
#include "cli/terminal.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace quarry::cli {

/// All three outlive the command.
struct Session {
  ApiClient& api;
  Console& console;
  bool json = false;  ///< print the host's JSON as it came, instead of text
};

/// Prints `sentence` to the error stream, made visible(): it may quote what came over the network.
void complain(const Session& session, std::string_view sentence);

/// Tells the person what went wrong, in the host's own words where there are some; with --json also
/// prints the host's answer as it came. `about` names the download it is about ("12"), empty: none.
/// Returns the exit code.
[[nodiscard]] int report_failure(const Session& session, const Answer& answer, std::string_view about = {});

/// The JSON of a good answer. nullopt: it is none; that was reported, and the command ends with
/// kExitFailed. With --json the text was printed as it came.
[[nodiscard]] std::optional<sdk::JsonDocument> read_json(const Session& session, const Answer& answer);

/// One line to the error stream for each indexer that did not answer: [{"indexer", "message"}].
void complain_about_indexers(const Session& session, sdk::Json problems);

/// Prints `text` to the output as one visible() line.
void say(const Session& session, std::string_view text);

}  // namespace quarry::cli
