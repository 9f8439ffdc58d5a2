// SPDX-License-Identifier: MIT
#include "run.hpp"

#include "child.hpp"
#include "plugin_instance.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <quarry/sdk/testing/call_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <regex>

namespace quarry::sdk::check {
namespace {

constexpr char kParameter[] = "/plugin";  // GoogleTest adds the name of the factory to each test

/// The tests of a suite, without the factory's name.
std::vector<std::string> tests_of(const Suite& suite) {
  std::vector<std::string> names;
  const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& one = *all.GetTestSuite(i);
    if (one.name() != suite.tests) { continue; }
    for (int k = 0; k < one.total_test_count(); ++k) {
      const std::string name = one.GetTestInfo(k)->name();
      names.push_back(name.substr(0, name.rfind('/')));
    }
  }
  return names;
}

/// The running test's result, as JSON for the parent.
class Recorder final : public ::testing::EmptyTestEventListener {
 public:
  explicit Recorder(std::string& out) : out_(out) {}
  void OnTestEnd(const ::testing::TestInfo& info) override {
    const ::testing::TestResult& result = *info.result();
    JsonWriter w;
    w.begin_object().member("end", result.Failed() ? "failed" : result.Skipped() ? "left_out" : "passed");
    for (int i = 0; i < result.test_property_count(); ++i) {
      w.member(result.GetTestProperty(i).key(), result.GetTestProperty(i).value());
    }
    std::string text;
    for (int i = 0; i < result.total_part_count(); ++i) {
      const ::testing::TestPartResult& part = result.GetTestPartResult(i);
      if (part.passed() || (result.Failed() && part.skipped())) { continue; }
      text += (text.empty() ? "" : "\n") + std::string(part.message());
    }
    w.member("text", text).end_object();
    out_ = w.take();
  }

 private:
  std::string& out_;
};

/// In the child.
std::string run_test(const std::string& full_name) {
  std::string result;
  ::testing::UnitTest::GetInstance()->listeners().Append(new Recorder(result));  // GoogleTest owns it
  GTEST_FLAG_SET(filter, full_name);
  [[maybe_unused]] const int failed = RUN_ALL_TESTS();  // the recorder knows more
  return result;
}

TestOutcome outcome_of(const std::string& name, const ChildAnswer& answer) {
  TestOutcome out{name, TestEnd::crashed, answer.why, {}, {}};
  if (answer.end == ChildEnd::interrupted) { throw Interrupted{}; }
  if (answer.end == ChildEnd::timed_out) {
    out.end = TestEnd::timed_out;
    out.text = "did not end within " + std::to_string(settings().timeout_ms / 1000) + " s";
  }
  // The seeds of its sequences, one a line, and the result in the last line.
  const std::size_t last = answer.text.rfind('\n');
  if (answer.end != ChildEnd::answered) {
    if (last != std::string::npos) {
      const std::size_t before = last == 0 ? std::string::npos : answer.text.rfind('\n', last - 1);
      const std::size_t begin = before == std::string::npos ? 0 : before + 1;
      out.failed_seed = answer.text.substr(begin, last - begin);
    }
    return out;
  }
  const auto told = JsonDocument::parse(std::string_view(answer.text).substr(last == std::string::npos ? 0 : last + 1));
  if (!told) { return out; }
  const std::string_view end = told->root()["end"].as_string();
  out.end = end == "passed" ? TestEnd::passed : end == "failed" ? TestEnd::failed : TestEnd::left_out;
  out.text = told->root()["text"].as_string();
  out.seeds = told->root()["seeds"].as_string();
  out.failed_seed = told->root()["failed_seed"].as_string();
  return out;
}

constexpr char kNeedsClock[] = "compares times: give --clock COMMAND, which sets the store's clock";

bool has(const std::vector<std::string_view>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What a first look at an interface found, or "". A library that crashes here is left to the tests.
std::string first_look(const Suite& suite) {
  const ChildAnswer answer = in_child(settings().timeout_ms, [&] {
    try {
      const Place place;
      testing::ContractHost host;
      { PluginInstance instance(host, place.config()); }
      const std::string problem = suite.first_look == nullptr ? "" : suite.first_look();
      return (problem.empty() ? "+" : "-") + problem;
    } catch (const std::exception& e) { return "-" + std::string(e.what()); }
  });
  if (answer.end == ChildEnd::interrupted) { throw Interrupted{}; }
  const bool found = answer.end == ChildEnd::answered && answer.text.starts_with('-');
  return found ? answer.text.substr(1) : "";
}

}  // namespace

std::string_view to_string(TestEnd end) {
  constexpr std::string_view kWords[] = {"passed", "failed", "crashed", "timed_out", "left_out"};
  return kWords[static_cast<std::size_t>(end)];
}

std::size_t SuiteOutcome::count(TestEnd end) const {
  return static_cast<std::size_t>(
      std::count_if(tests.begin(), tests.end(), [end](const TestOutcome& t) { return t.end == end; }));
}
bool SuiteOutcome::ok() const {
  return problem.empty() && std::none_of(tests.begin(), tests.end(), [](const TestOutcome& t) { return t.bad(); });
}

EntryFacts ask_entry() {
  const ChildAnswer answer = in_child(settings().timeout_ms, [] {
    JsonWriter w;
    w.begin_object();
    try {
      const PluginEntry& entry = loaded_entry();
      w.member("id", entry.id).member("version", entry.version).member("schema", entry.config_schema);
      w.member("calls_at_once", static_cast<std::int64_t>(entry.max_concurrency)).key("provides").begin_array();
      for (const char* const* id = entry.provides; *id != nullptr; ++id) { w.value(*id); }
      w.end_array();
    } catch (const std::exception& e) { w.member("problem", e.what()); }
    w.end_object();
    return w.take();
  });
  if (answer.end == ChildEnd::interrupted) { throw Interrupted{}; }
  if (answer.end == ChildEnd::timed_out) { throw std::runtime_error("could not be loaded in time"); }
  const auto told = JsonDocument::parse(answer.text);
  if (!told) { throw std::runtime_error(answer.why + " while it was loaded"); }
  const Json root = told->root();
  if (root["problem"].present()) { throw std::runtime_error(std::string(root["problem"].as_string())); }
  EntryFacts facts{std::string(root["id"].as_string()),
                   std::string(root["version"].as_string()),
                   std::string(root["schema"].as_string()),
                   {},
                   static_cast<unsigned>(root["calls_at_once"].as_int(1))};
  for (std::size_t i = 0; i < root["provides"].size(); ++i) {
    facts.provides.emplace_back(root["provides"].at(i).as_string());
  }
  return facts;
}

void tell_seed(std::uint64_t seed) { tell(std::to_string(seed) + "\n"); }

void register_tests() {
  if (settings().seed) { ::setenv("QUARRY_CONTRACT_SEED", std::to_string(*settings().seed).c_str(), 1); }
  int argc = 1;
  std::string name = "quarry-plugin-check";
  char* argv[] = {name.data(), nullptr};
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
}

SuiteOutcome run_suite(const Suite& suite, const std::function<void(const TestOutcome&)>& told) {
  SuiteOutcome out{&suite, {}, {}};
  const std::regex wanted(settings().only);
  const std::string prefix = std::string(suite.interface_id.substr(suite.interface_id.find('.') + 1)) + '.';
  std::vector<std::string> names = tests_of(suite);
  std::erase_if(names, [&](const std::string& name) { return !std::regex_search(prefix + name, wanted); });
  if (names.empty()) { return out; }
  out.problem = first_look(suite);
  if (!out.problem.empty()) { return out; }
  for (const std::string& name : names) {
    if (suite.needs_clock && settings().own_clock) {
      out.tests.push_back({name, TestEnd::left_out, kNeedsClock, {}, {}});
    } else if (!suite.alone.empty() && !has(suite.alone, name)) {
      out.tests.push_back({name, TestEnd::left_out, std::string(suite.needs), {}, {}});
    } else {
      const std::string full_name = std::string(suite.tests) + '.' + name + kParameter;
      out.tests.push_back(outcome_of(name, in_child(settings().timeout_ms, [&] { return run_test(full_name); })));
    }
    told(out.tests.back());
  }
  return out;
}

}  // namespace quarry::sdk::check
