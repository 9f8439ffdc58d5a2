// SPDX-License-Identifier: MIT
// quarry-plugin-check: the contract suites of the SDK against one library. `quarry plugin check --contract` runs it;
// GoogleTest and the suites live here, so that the host has neither.
#include "child.hpp"
#include "report.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>

namespace quarry::sdk::check {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitInterrupted = 130;

/// A folder for all places; in memory where there is such a file system: the contract asks for no power cut.
class Folder {
 public:
  Folder() {
    const std::filesystem::path memory = "/dev/shm";
    const std::filesystem::path base =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string made = (base / "quarry-plugin-check-XXXXXX").string();
    if (::mkdtemp(made.data()) == nullptr) { throw std::runtime_error("no folder can be made in " + base.string()); }
    path_ = made;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read_config(const std::string& file) {
  std::ifstream stream;
  if (file != "-") {
    stream.open(file);
    if (!stream) { throw std::runtime_error(file + " cannot be read"); }
  }
  std::istream& in = file == "-" ? std::cin : stream;
  return {std::istreambuf_iterator<char>(in), {}};
}

bool provides(std::string_view id) {
  const auto& all = settings().entry.provides;
  return std::find(all.begin(), all.end(), id) != all.end();
}

void print_unknown(std::ostream& out) {
  for (const std::string& id : settings().entry.provides) {
    const auto& all = suites();
    const bool known = std::any_of(all.begin(), all.end(), [&](const Suite& s) { return s.interface_id == id; });
    if (!known) { out << id << ": there is no contract suite for it\n"; }
  }
}

int check() {
  const Folder folder;
  settings().folder = folder.path();
  settings().entry = ask_entry();
  register_tests();
  const bool json = settings().json;
  std::vector<SuiteOutcome> outcomes;
  for (const Suite& suite : suites()) {
    if (!provides(suite.interface_id)) { continue; }
    outcomes.push_back(run_suite(suite, [&](const TestOutcome& test) {
      if (!json) { print_test(suite, test, std::cout); }
    }));
    if (outcomes.back().tests.empty() && outcomes.back().problem.empty()) {
      outcomes.pop_back();  // none of its tests is wanted
    } else if (!json) {
      print_suite(outcomes.back(), std::cout);
    }
  }
  if (!json) { print_unknown(std::cout); }
  if (outcomes.empty() && !settings().only.empty()) {
    throw std::runtime_error("has no test whose name --only \"" + settings().only + "\" finds");
  }
  const bool ok = std::all_of(outcomes.begin(), outcomes.end(), [](const SuiteOutcome& s) { return s.ok(); });
  if (json) { std::cout << as_json(outcomes, ok) << '\n'; }
  return ok ? kExitOk : kExitFailed;
}

/// The sentence of what kept the tests from being run, where the caller looks for it.
int give_up(const std::string& why, int code) {
  if (settings().json) {
    JsonWriter w;
    w.begin_object().member("ok", false).member("problem", why).end_object();
    std::cout << w.take() << '\n';
  } else {
    std::cout << "  FAILED  contract: " << why << '\n';
  }
  return code;
}

}  // namespace
}  // namespace quarry::sdk::check

int main(int argc, char** argv) {
  using namespace quarry::sdk::check;
  Settings& s = settings();
  std::string config;
  std::int64_t timeout_s = s.timeout_ms / 1000;
  CLI::App app("Runs the contract suites of the SDK against a library, as quarry plugin check --contract does",
               "quarry-plugin-check");
  app.add_option("FILE", s.library, "The library")->required();
  app.add_option("--config", config, "File with the configuration, JSON; - is standard input")->type_name("FILE");
  app.add_option("--prepare", s.prepare, "Command that makes an empty place and prints the configuration")
      ->type_name("COMMAND");
  app.add_option("--clock", s.clock, "Command that sets the store's clock to QUARRY_CLOCK_MS")->type_name("COMMAND");
  app.add_flag("--own-clock", s.own_clock, "The store's clock cannot be moved: leave the tests of time out");
  app.add_flag("--many-hosts", s.many_hosts, "Several hosts may own rows of the store at once");
  app.add_option("--only", s.only, "Only tests whose name this regular expression finds")->type_name("RE");
  app.add_option("--seed", s.seed, "Only this random sequence")->type_name("N");
  app.add_option("--timeout", timeout_s, "Seconds that one test, or one random sequence, may take")
      ->type_name("SECONDS");
  app.add_flag("--json", s.json, "Print JSON instead of text");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return app.exit(e) == 0 ? kExitOk : kExitUsage; }
  s.timeout_ms = timeout_s * 1000;
  try {
    s.library = std::filesystem::absolute(s.library);
    if (!config.empty()) { s.config = read_config(config); }
    heed_signals();
    return check();
  } catch (const Interrupted&) { return kExitInterrupted; } catch (const std::regex_error& e) {
    return give_up("--only is no regular expression: " + std::string(e.what()), kExitUsage);
  } catch (const std::exception& e) { return give_up(s.library.string() + " " + e.what(), kExitFailed); }
}
