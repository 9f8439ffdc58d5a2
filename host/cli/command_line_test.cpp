// SPDX-License-Identifier: MIT
// The program itself, from its arguments to its exit code, and what else must agree with it: the bash
// completion and the page docs/cli.md.
#include "cli/exit_codes.hpp"
#include "cli/testing/loopback_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace quarry::cli {
namespace {

using ::testing::HasSubstr;
using testing::http_answer;
using testing::LoopbackServer;
using testing::SeenRequest;

const std::filesystem::path kBinary = std::filesystem::path(QUARRY_BIN_DIR) / "quarry";
const std::filesystem::path kRepository = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();

struct Ended {
  int code = -1;
  std::string text;  ///< output and errors
};

/// With a key of its own, so that nothing of this machine's configuration is read.
Ended run(const std::string& arguments) {
  const std::string command =
      "exec env QUARRY_API_KEY=the-key-of-this-test '" + kBinary.string() + "' " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  Ended ended;
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) { ended.text.append(buffer, n); }
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class CommandLine : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(std::filesystem::exists(kBinary)) << kBinary << " is not built: build the target quarry first";
  }
};

TEST_F(CommandLine, SaysItsVersion) {
  const Ended ended = run("--version");
  EXPECT_EQ(ended.code, kExitOk);
  EXPECT_EQ(ended.text.find("quarry "), 0U) << ended.text;
  EXPECT_EQ(ended.text.find_first_not_of("0123456789.", 7), ended.text.size() - 1) << ended.text;
}

TEST_F(CommandLine, EndsWithTwoOnWrongArguments) {
  for (const char* arguments : {"",
                                "nonsense",
                                "search",
                                "grab",
                                "grab magnet:x --best film",
                                "grab --best film --title t",
                                "grab x --priority urgent",
                                "queue --status lost",
                                "queue --page 0",
                                "queue --page-size 1001",
                                "pause",
                                "pause 1 --all",
                                "pause x",
                                "pause -- -3",
                                "remove",
                                "remove --all",
                                "plugin",
                                "plugin check",
                                "search x --api-key secret",
                                "search x --url nowhere"}) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.code, kExitUsage) << arguments << ": " << ended.text;
    EXPECT_NE(ended.text, "") << arguments;
  }
}

TEST_F(CommandLine, SaysThatNoHostRuns) {
  std::string url;
  {
    url = LoopbackServer([](const SeenRequest&) { return std::string(); }).url();
  }
  for (const char* command : {"search x", "grab magnet:x", "grab --best x", "queue", "queue --watch", "pause 1",
                              "resume --all", "remove 1", "retry --all"}) {
    const Ended ended = run(command + std::string(" --url ") + url);
    EXPECT_EQ(ended.code, kExitUnreachable) << command;
    EXPECT_EQ(ended.text,
              "quarry: no host answers at " + url + ": start it with `quarry serve`, or name its address with --url\n");
  }
}

TEST_F(CommandLine, AsksTheHostItIsTold) {
  LoopbackServer server([](const SeenRequest&) { return http_answer(404, R"({"message":"gone"})"); });
  const Ended ended = run("search the film --json --url " + server.url() + "/");
  EXPECT_EQ(ended.code, kExitNotFound);
  ASSERT_EQ(server.seen().size(), 1U);
  EXPECT_EQ(server.seen()[0].line, "GET /api/v3/release?term=the%20film HTTP/1.1");
  EXPECT_THAT(server.seen()[0].head, HasSubstr("X-Api-Key: the-key-of-this-test\r\n"));
}

TEST_F(CommandLine, AsksTheHostOfTheManifest) {
  LoopbackServer server([](const SeenRequest&) { return http_answer(200, R"({"records":[],"totalRecords":0})"); });
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "quarry-cli-manifest";
  std::filesystem::create_directories(folder / "data");
  std::ofstream(folder / "data" / "api_key") << "the-key-of-the-manifest\n";
  const std::string manifest = (folder / "m.toml").string();
  // What only the service knows need not be known to whoever asks it.
  std::ofstream(manifest) << "[host]\nlisten = \"" << server.url().substr(server.url().rfind('/') + 1)
                          << "\"\ndata_dir = \"data\"\n[[plugin]]\nid = \"a\"\nlibrary = \"a.so\"\n"
                             "[plugin.config]\npassword = \"${env:NOBODY_HAS_THIS_PASSWORD}\"\n";
  const std::string clean = "env -u QUARRY_API_KEY -u QUARRY_URL -u QUARRY_LISTEN -u QUARRY_DATA_DIR '";
  for (const std::string& command : {clean + kBinary.string() + "' queue --manifest " + manifest,
                                     "QUARRY_MANIFEST=" + manifest + " " + clean + kBinary.string() + "' queue"}) {
    EXPECT_EQ(std::system((command + " > /dev/null").c_str()), 0) << command;
  }
  EXPECT_FALSE(server.seen().empty());
  for (const SeenRequest& request : server.seen()) {
    EXPECT_THAT(request.head, HasSubstr("X-Api-Key: the-key-of-the-manifest\r\n"));
  }
  std::filesystem::remove_all(folder);
}

TEST_F(CommandLine, AManifestThatWasNamedMustBeThere) {
  const Ended ended = run("queue --manifest /nowhere/m.toml");
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_THAT(ended.text, HasSubstr("quarry: /nowhere/m.toml: "));
}

TEST_F(CommandLine, TakesSeveralWordsAndStatuses) {
  LoopbackServer server([](const SeenRequest&) { return http_answer(200, R"({"records":[],"totalRecords":0})"); });
  EXPECT_EQ(run("queue --status failed,paused --status queued --page-size 10 --url " + server.url()).code, kExitOk);
  EXPECT_THAT(server.seen()[0].line, HasSubstr("pageSize=10&"));
  EXPECT_THAT(server.seen()[0].line, HasSubstr("&status=failed&status=paused&status=queued "));
  EXPECT_EQ(run("grab --best the film --priority high --url " + server.url()).code, kExitNotFound);
  EXPECT_EQ(server.seen().back().body, R"({"term":"the film","priority":"high"})");
}

TEST_F(CommandLine, EndsAWatchOnCtrlC) {
  std::atomic<bool> asked = false;
  LoopbackServer server([&asked](const SeenRequest&) {
    asked = true;
    asked.notify_all();
    return http_answer(200,
                       R"({"records":[{"id":1,"status":"downloading","progress":1,"title":"T"}],"totalRecords":1})");
  });
  const std::string url = server.url();
  const pid_t child = fork();
  if (child == 0) {
    setenv("QUARRY_API_KEY", "the-key-of-this-test", 1);
    execl(kBinary.c_str(), "quarry", "queue", "--watch", "--json", "--url", url.c_str(), nullptr);
    _exit(127);
  }
  asked.wait(false);
  EXPECT_EQ(kill(child, SIGINT), 0);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kExitSignal + SIGINT);
}

// The completion and the page

/// The longest pieces of small letters and dashes.
std::set<std::string> pieces_of(const std::string& text) {
  constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyz-";
  std::set<std::string> pieces;
  for (std::size_t at = 0; (at = text.find_first_of(kLetters, at)) != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_not_of(kLetters, at), text.size());
    pieces.insert(text.substr(at, end - at));
    at = end;
  }
  return pieces;
}

/// Options and commands of `quarry --help-all`.
std::set<std::string> words_of_help() {
  const std::string help = run("--help-all").text + run("plugin --help-all").text;
  std::set<std::string> words;
  for (const std::string& piece : pieces_of(help)) {
    if (piece.starts_with("--") && piece.size() > 2) { words.insert(piece); }
  }
  // The name of a command has a line of its own.
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && pieces_of(line).contains(line)) { words.insert(line); }
  }
  return words;
}

TEST_F(CommandLine, HelpNamesEveryCommand) {
  const std::set<std::string> words = words_of_help();
  for (const char* command : {"serve", "check", "plugin", "list", "search", "grab", "queue", "pause", "resume",
                              "remove", "retry", "--watch", "--json"}) {
    EXPECT_TRUE(words.contains(command)) << command;
  }
}

void expect_all_words_in(const std::filesystem::path& file) {
  const std::set<std::string> known = pieces_of(read_file(file));
  for (const std::string& word : words_of_help()) {
    EXPECT_TRUE(known.contains(word)) << word << " is missing in " << file;
  }
}

TEST_F(CommandLine, CompletionKnowsEveryCommandAndOption) {
  expect_all_words_in(kRepository / "completions" / "quarry.bash");
}

TEST_F(CommandLine, PageDescribesEveryCommandAndOption) { expect_all_words_in(kRepository / "docs" / "cli.md"); }

/// What bash offers for the last of `words`, which hold no double quote.
std::string completed(const std::string& words) {
  const auto count = std::count(words.begin(), words.end(), ' ');
  const std::string command =
      "bash -c '. \"$0\"; COMP_WORDS=($1); COMP_CWORD=$2; _quarry; echo \"${COMPREPLY[*]}\"' '" +
      (kRepository / "completions" / "quarry.bash").string() + "' \"" + words + "\" " + std::to_string(count);
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) { text.append(buffer, n); }
  EXPECT_EQ(pclose(pipe), 0) << text;
  return text;
}

TEST(Completion, OffersWhatFits) {
  EXPECT_EQ(completed("quarry re"), "resume remove retry\n");
  EXPECT_EQ(completed("quarry plugin c"), "check\n");
  EXPECT_EQ(completed("quarry queue --wa"), "--watch\n");
  EXPECT_EQ(completed("quarry queue --status pau"), "paused\n");
  EXPECT_EQ(completed("quarry --url"), "\n") << "a client's option needs a command";
  EXPECT_EQ(completed("quarry search queue --al"), "\n") << "a word to search for is no command";
  EXPECT_EQ(completed("quarry plugin check --js"), "--json\n");
  EXPECT_EQ(completed("quarry grab x --priority v"), "very_high\n");
}

}  // namespace
}  // namespace quarry::cli
