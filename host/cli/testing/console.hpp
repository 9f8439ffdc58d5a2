// SPDX-License-Identifier: MIT
// A host that answers from a list, and what a command printed.
#pragma once

#include "cli/session.hpp"
#include "cli/testing/loopback_server.hpp"

#include <map>
#include <sstream>

namespace quarry::cli::testing {

/// Answers "METHOD path" (without the query) with what was told; the last answer of a list stays. 404
/// with an error of the host's shape for all else.
class ScriptedHost {
 public:
  ScriptedHost()
      : server_([this](const SeenRequest& r) { return respond(r); }), api_({server_.url(), "the-key-of-this-test"}) {}

  /// Before the command runs.
  void tell(const std::string& what, std::vector<std::string> answers) { answers_[what] = std::move(answers); }
  void tell(const std::string& what, int status, const std::string& body) { tell(what, {http_answer(status, body)}); }

  [[nodiscard]] Session session(bool json = false) { return {api_, console_, json}; }
  [[nodiscard]] std::string out() const { return out_.str(); }
  [[nodiscard]] std::string err() const { return err_.str(); }
  [[nodiscard]] std::vector<SeenRequest> seen() const { return server_.seen(); }
  Terminal& terminal() { return console_.terminal; }

 private:
  std::string respond(const SeenRequest& request) {
    const std::string what = request.line.substr(0, request.line.find_first_of("? ", request.line.find(' ') + 1));
    const auto found = answers_.find(what);
    if (found == answers_.end()) {
      return http_answer(
          404, R"({"message":"there is no )" + what + R"(","description":"Look elsewhere.","code":"not_found"})");
    }
    const std::string answer = found->second.front();
    if (found->second.size() > 1) { found->second.erase(found->second.begin()); }
    return answer;
  }

  std::map<std::string, std::vector<std::string>> answers_;
  std::ostringstream out_, err_;
  Console console_{out_, err_, {}};
  LoopbackServer server_;
  ApiClient api_;
};

}  // namespace quarry::cli::testing
