// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <map>

namespace quarry::sdk::check {
namespace {

std::string short_name(const Suite& suite) {
  return std::string(suite.interface_id.substr(suite.interface_id.find('.') + 1));
}

/// A message of several lines on one, and not too long; the whole of it is in the JSON.
std::string on_one_line(std::string_view text) {
  constexpr std::size_t kMost = 400;
  std::string out;
  for (const char c : text) {
    const bool blank = c == '\n' || c == ' ' || c == '\t';
    if (!blank) { out += c; }
    if (blank && !out.empty() && out.back() != ' ') { out += ' '; }
  }
  if (out.size() > kMost) {
    std::size_t end = kMost;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) { --end; }  // not inside a letter
    out = out.substr(0, end) + " …";
  }
  return out;
}

std::string range(const std::string& seeds) {
  const std::size_t dash = seeds.find('-');
  const std::string first = seeds.substr(0, dash);
  const std::string last = dash == std::string::npos ? first : seeds.substr(dash + 1);
  return first == last ? "seed " + first : "seeds " + first + " to " + last;
}

}  // namespace

void print_test(const Suite& suite, const TestOutcome& test, std::ostream& out) {
  if (!test.bad()) { return; }
  out << "  FAILED  " << short_name(suite) << '.' << test.name << ": " << on_one_line(test.text);
  if (!test.failed_seed.empty()) { out << " (replay: --contract --seed " << test.failed_seed << ")"; }
  out << '\n' << std::flush;
}

void print_suite(const SuiteOutcome& suite, std::ostream& out) {
  const std::string name = short_name(*suite.suite);
  if (!suite.problem.empty()) {
    out << "  FAILED  " << name << ": " << suite.problem << '\n' << name << ": no test was run\n";
    return;
  }
  const std::size_t left_out = suite.count(TestEnd::left_out);
  out << name << ": " << suite.count(TestEnd::passed) << " of " << suite.tests.size() - left_out << " passed";
  for (const TestOutcome& test : suite.tests) {
    if (!test.seeds.empty()) { out << ", random sequences of " << range(test.seeds); }
  }
  out << '\n';
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const TestOutcome& test : suite.tests) {
    if (test.end == TestEnd::left_out) { by_reason[on_one_line(test.text)].push_back(test.name); }
  }
  for (const auto& [reason, names] : by_reason) {
    out << name << ": " << names.size() << " not run: " << reason << "\n   ";
    for (const std::string& one : names) { out << ' ' << one; }
    out << '\n';
  }
}

std::string as_json(const std::vector<SuiteOutcome>& suites, bool ok) {
  JsonWriter w;
  w.begin_object().member("ok", ok).key("suites").begin_array();
  for (const SuiteOutcome& suite : suites) {
    w.begin_object().member("interface", suite.suite->interface_id).member("ok", suite.ok());
    if (!suite.problem.empty()) { w.member("problem", suite.problem); }
    const std::size_t left_out = suite.count(TestEnd::left_out);
    w.member("run", static_cast<std::int64_t>(suite.tests.size() - left_out));
    w.member("passed", static_cast<std::int64_t>(suite.count(TestEnd::passed)));
    w.member("left_out", static_cast<std::int64_t>(left_out)).key("tests").begin_array();
    for (const TestOutcome& test : suite.tests) {
      w.begin_object().member("name", test.name).member("end", to_string(test.end)).member("text", test.text);
      if (!test.seeds.empty()) { w.member("seeds", test.seeds); }
      if (!test.failed_seed.empty()) { w.member("failed_seed", test.failed_seed); }
      w.end_object();
    }
    w.end_array().end_object();
  }
  w.end_array().end_object();
  return w.take();
}

}  // namespace quarry::sdk::check
