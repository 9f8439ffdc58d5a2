// SPDX-License-Identifier: MIT
// `quarry plugin check`: the structure of a library first, then, if asked, the contracts of its interfaces.
#include "plugins/plugin_check.hpp"

#include "app/commands.hpp"
#include "app/contract_check.hpp"
#include "app/exit_codes.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <map>
#include <sstream>

namespace quarry::app {
namespace {

/// The value of "key=value" as JSON: itself when it is JSON, else a text.
std::string as_json(const std::string& value) {
  if (sdk::JsonDocument::parse(value).ok()) { return value; }
  sdk::JsonWriter text;
  text.value(value);
  return text.take();
}

/// The configuration of the arguments, or "" when they have none. The failure is a sentence.
sdk::Result<std::string> read_config(const PluginCheckArguments& arguments) {
  if (arguments.config.empty() && arguments.settings.empty()) { return std::string(); }
  std::map<std::string, std::string> members;
  if (!arguments.config.empty()) {
    std::ifstream file(arguments.config);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) { return sdk::failure(sdk::Code::invalid, arguments.config.string() + " cannot be read"); }
    const auto parsed = sdk::JsonDocument::parse(text);
    if (!parsed || !parsed->root().is_object()) {
      const std::string why = parsed ? "it must be an object" : parsed.error().text;
      return sdk::failure(sdk::Code::invalid, arguments.config.string() + " is no configuration: " + why);
    }
    for (std::size_t i = 0; i < parsed->root().size(); ++i) {
      members[std::string(parsed->root().key_at(i))] = parsed->root().value_at(i).dump();
    }
  }
  for (const std::string& setting : arguments.settings) {
    const std::size_t sign = setting.find('=');
    if (sign == std::string::npos || sign == 0) {
      return sdk::failure(sdk::Code::invalid, "--set wants KEY=VALUE, such as --set path=queue.db");
    }
    members[setting.substr(0, sign)] = as_json(setting.substr(sign + 1));
  }
  sdk::JsonWriter w;
  w.begin_object();
  for (const auto& [key, value] : members) { w.key(key).raw(value); }
  return w.end_object().take();
}

/// Runs the suites and leaves their answer in `out`; what kept them from running is `problem`.
bool check_contract(const PluginCheckArguments& arguments, const std::string& config, std::ostream& out,
                    std::string& problem) {
  std::vector<std::string> all{arguments.file.string()};
  if (!config.empty()) { all.insert(all.end(), {"--config", "-"}); }
  if (arguments.json) { all.emplace_back("--json"); }
  all.insert(all.end(), arguments.passed_on.begin(), arguments.passed_on.end());
  return run_contract_check(all, config, out, problem);
}

void print_checks(const std::vector<plugins::CheckResult>& results, std::ostream& out) {
  for (const plugins::CheckResult& r : results) {
    out << (r.ok ? "  ok      " : "  FAILED  ") << std::left << std::setw(16) << r.name << ' ' << r.sentence << '\n';
  }
}

}  // namespace

int plugin_check(const PluginCheckArguments& arguments, std::ostream& out, std::ostream& err) {
  const auto config = read_config(arguments);
  if (!config) {
    err << "quarry: " << config.error().text << '\n';
    return kExitConfiguration;
  }
  plugins::CheckOptions options;
  options.config = *config;
  const auto results = plugins::check_plugin(arguments.file, options);
  const bool sound = std::all_of(results.begin(), results.end(), [](const plugins::CheckResult& r) { return r.ok; });
  if (!arguments.json) { print_checks(results, out); }
  bool ok = sound;
  std::string problem;
  std::ostringstream contract;
  if (arguments.contract && sound) {
    ok = check_contract(arguments, *config, arguments.json ? contract : out, problem);
  } else if (arguments.contract) {
    problem = "not run, because a check before it failed";
  }
  if (!arguments.json) {
    if (!problem.empty()) { out << "  FAILED  " << std::left << std::setw(16) << "contract" << ' ' << problem << '\n'; }
    return ok ? kExitOk : kExitFailed;
  }
  sdk::JsonWriter w;
  w.begin_object().member("file", arguments.file.string()).member("ok", ok).key("checks").begin_array();
  for (const plugins::CheckResult& r : results) {
    w.begin_object().member("name", r.name).member("ok", r.ok).member("text", r.sentence).end_object();
  }
  w.end_array();
  const auto answer = sdk::JsonDocument::parse(contract.str());
  if (answer) {
    w.key("contract").raw(answer->root().dump());
  } else if (!problem.empty()) {
    w.key("contract").begin_object().member("ok", false).member("problem", problem).end_object();
  }
  out << w.end_object().take() << '\n';
  return ok ? kExitOk : kExitFailed;
}

}  // namespace quarry::app
