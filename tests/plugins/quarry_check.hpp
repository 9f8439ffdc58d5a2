// SPDX-License-Identifier: MIT
// `quarry plugin check --contract --json`, as a person runs it.
#pragma once

#include <quarry/sdk/helpers/json.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <map>
#include <string>

namespace quarry::plugins {

struct CheckRun {
  int exit_code = -1;
  std::string text;
};

/// The answer on standard output and the exit code of `quarry plugin check ARGUMENTS`.
inline CheckRun quarry_check(const std::string& arguments) {
  const std::string command = std::string(QUARRY_BIN_DIR) + "/quarry plugin check " + arguments;
  FILE* output = ::popen(command.c_str(), "re");
  if (output == nullptr) { return {}; }
  CheckRun run;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), output)) > 0;) {
    run.text.append(buffer.data(), n);
  }
  const int status = ::pclose(output);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

/// How each test of a suite ended, by name: "passed", "failed" …, and what it said.
struct Ends {
  std::map<std::string, std::string> end, text, failed_seed;
  std::int64_t passed = 0, left_out = 0, run = 0;
  bool ok = false;
};
/// `place`: among the suites that were run.
inline Ends ends_of(const CheckRun& run, std::size_t place = 0, std::size_t suites_run = 1) {
  Ends out;
  const auto answer = sdk::JsonDocument::parse(run.text);
  if (!answer) {
    ADD_FAILURE() << "no JSON: " << run.text;
    return out;
  }
  const sdk::Json suites = answer->root()["contract"]["suites"];
  EXPECT_EQ(suites.size(), suites_run) << run.text;
  const sdk::Json suite = suites.at(place);
  out.ok = suite["ok"].as_bool();
  out.passed = suite["passed"].as_int();
  out.left_out = suite["left_out"].as_int();
  out.run = suite["run"].as_int();
  for (std::size_t i = 0; i < suite["tests"].size(); ++i) {
    const sdk::Json test = suite["tests"].at(i);
    const std::string name(test["name"].as_string());
    out.end[name] = test["end"].as_string();
    out.text[name] = test["text"].as_string();
    out.failed_seed[name] = test["failed_seed"].as_string();
  }
  return out;
}

}  // namespace quarry::plugins
