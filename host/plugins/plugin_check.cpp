// SPDX-License-Identifier: MIT
#include "plugins/plugin_check.hpp"

#include "plugins/instance_services.hpp"
#include "plugins/library_file.hpp"
#include "plugins/plugin_entry.hpp"

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/scorer.hpp>
#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>

namespace quarry::plugins {
namespace {

namespace fs = std::filesystem;

struct Verdict {
  bool ok = false;
  std::string sentence;
};

/// Runs `check` in a child and brings its verdict back; a child that dies or takes too long has failed.
Verdict in_child(std::int64_t timeout_ms, const std::function<Verdict()>& check) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) { return {false, "no pipe can be made"}; }
  const pid_t child = ::fork();
  if (child < 0) { return {false, "no child process can be made"}; }
  if (child == 0) {
    const Verdict verdict = check();
    const std::string message = (verdict.ok ? "+" : "-") + verdict.sentence;
    const ssize_t written = ::write(ends[1], message.data(), message.size());
    // _exit: the plugin's threads and static objects must not run on.
    ::_exit(written == static_cast<ssize_t>(message.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string message;
  const sdk::SystemClock clock;
  const std::int64_t end = clock.steady_ms() + timeout_ms;
  bool late = false;
  while (true) {
    pollfd readable{ends[0], POLLIN, 0};
    const std::int64_t left = end - clock.steady_ms();
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) == 0) {
      late = true;
      break;
    }
    std::array<char, 4096> buffer{};
    const ssize_t n = ::read(ends[0], buffer.data(), buffer.size());
    if (n <= 0) { break; }
    message.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  if (late) { ::kill(child, SIGKILL); }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (late) { return {false, "did not end within " + std::to_string(timeout_ms) + " ms"}; }
  if (WIFSIGNALED(status)) {
    return {false, std::string("the plugin crashed the process: ") + ::strsignal(WTERMSIG(status))};
  }
  if (message.empty()) { return {false, "the plugin ended the process"}; }
  return {message.front() == '+', message.substr(1)};
}

/// Something the schema accepts, as far as simple rules go: the required properties with their default,
/// first allowed value, or a plain value of their type.
std::string sample_config(std::string_view schema_json) {
  const auto schema = sdk::JsonDocument::parse(schema_json);
  sdk::JsonWriter out;
  out.begin_object();
  const sdk::Json required = schema->root()["required"];
  for (std::size_t i = 0; i < required.size(); ++i) {
    const auto key = required.at(i).as_string();
    const sdk::Json rule = schema->root()["properties"][key];
    const auto type = rule["type"].as_string("string");
    out.key(key);
    if (rule["default"].present()) {
      out.raw(rule["default"].dump());
    } else if (rule["enum"].size() > 0) {
      out.raw(rule["enum"].at(0).dump());
    } else if (type == "integer" || type == "number") {
      out.value(std::max<std::int64_t>(rule["minimum"].as_int(1), 1));
    } else if (type == "boolean") {
      out.value(false);
    } else if (type == "array" || type == "object") {
      out.raw(type == "array" ? "[]" : "{}");
    } else {
      out.value("http://127.0.0.1:9");
    }
  }
  out.end_object();
  return out.take();
}

std::string with_folder(std::string config, const std::string& folder) {
  constexpr std::string_view kMark = "{fresh}";
  for (auto at = config.find(kMark); at != std::string::npos; at = config.find(kMark, at + folder.size())) {
    config.replace(at, kMark.size(), folder);
  }
  return config;
}

/// In the child: the entry, loaded, and a place to live in.
class Bench {
 public:
  Bench(const fs::path& file, const fs::path& folder, const std::string& config)
      : given_(with_folder(config, folder.string())),
        entry_(read_entry(file)),
        services_(std::make_unique<LogService>("check", sdk::LogLevel::error, nullptr, std::make_shared<Redactor>()),
                  clock_, HttpOptions{&clock_, std::make_shared<AllowList>(), {}, "Quarry", false},
                  folder / "check.json") {}

  [[nodiscard]] const sdk::Result<EntryInfo>& entry() const { return entry_; }
  [[nodiscard]] const std::string& given_config() const { return given_; }
  [[nodiscard]] std::string config() const { return given_.empty() ? sample_config(entry_->config_schema) : given_; }
  struct Made {
    sdk::Instance* instance = nullptr;
    std::string reason;
  };
  [[nodiscard]] Made create(const std::string& config) {
    sdk::BasicContext ctx(clock_, 10'000, "check");
    sdk::Instance* made = entry_->entry->create(ctx, services_, config);
    return {made, ctx.text()};
  }

 private:
  sdk::SystemClock clock_;
  std::string given_;
  sdk::Result<EntryInfo> entry_;
  InstanceServices services_;
};

std::size_t thread_count() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
}

/// A thread that is on its way out needs a moment.
bool threads_fall_to(std::size_t count) {
  for (int i = 0; i < 100 && thread_count() > count; ++i) { ::usleep(10'000); }
  return thread_count() <= count;
}

Verdict check_entry(Bench& bench) {
  const auto& entry = bench.entry();
  if (!entry) { return {false, entry.error().text}; }
  return {true,
          entry->id + " " + entry->version + ", at most " + std::to_string(entry->max_concurrency) + " calls at once"};
}

Verdict check_schema(Bench& bench) {
  const auto schema = sdk::JsonDocument::parse(bench.entry()->config_schema);
  const auto root = schema->root();
  if (root["type"].as_string() != "object") { return {false, "the schema must say \"type\": \"object\""}; }
  const auto properties = root["properties"];
  for (std::size_t i = 0; i < root["required"].size(); ++i) {
    const auto key = root["required"].at(i).as_string();
    if (!properties[key].present()) {
      return {false, "the schema requires \"" + std::string(key) + "\" and does not describe it"};
    }
  }
  static_cast<void>(sdk::validate_json(bench.entry()->config_schema, "{}"));  // the schema must compile
  return {true, "describes " + std::to_string(properties.size()) + " settings"};
}

Verdict check_empty_config(Bench& bench) {
  const auto made = bench.create("{}");
  if (made.instance != nullptr) {
    made.instance->destroy();
    // A host asks the schema first, so what is required there is missed before the plugin is.
    const bool enough = sdk::validate_json(bench.entry()->config_schema, "{}").ok();
    return {true, enough ? "an empty configuration is enough" : "the schema asks for more than an empty configuration"};
  }
  if (made.reason.empty()) { return {false, "refused an empty configuration without a reason: call ctx.fail()"}; }
  return {true, "refused an empty configuration: " + made.reason};
}

Verdict check_config(Bench& bench) {
  const auto valid = sdk::validate_json(bench.entry()->config_schema, bench.given_config());
  return {valid.ok(), valid.ok() ? "fits the schema" : "does not fit the schema: " + valid.error().text};
}

Verdict check_interfaces(Bench& bench) {
  const auto made = bench.create(bench.config());
  if (made.instance == nullptr) { return {true, "not checked, it needs a real configuration: " + made.reason}; }
  if (made.instance->query("quarry.unknown/1") != nullptr) {
    return {false, "answers an interface it cannot know: query() must give null"};
  }
  const auto& provides = bench.entry()->provides;
  for (const std::string_view id :
       {sdk::DownloadClient::kId, sdk::Indexer::kId, sdk::Scorer::kId, sdk::QueueStore::kId}) {
    const bool promised = std::find(provides.begin(), provides.end(), id) != provides.end();
    if (!promised && made.instance->query(id) != nullptr) {
      return {false, "has " + std::string(id) + " and does not promise it: no host will use it"};
    }
  }
  for (const auto& id : provides) {
    if (made.instance->query(id) == nullptr) { return {false, "promises " + id + " and does not have it"}; }
  }
  made.instance->destroy();
  return {true, "has what it promises and nothing else"};
}

Verdict check_repeat(Bench& bench) {
  const std::string config = bench.config();
  // The first may start what a library keeps for good.
  if (const auto first = bench.create(config); first.instance != nullptr) { first.instance->destroy(); }
  const std::size_t before = thread_count();
  for (int i = 0; i < 100; ++i) {
    const auto made = bench.create(config);
    if (made.instance == nullptr) { return {true, "not checked, it needs a real configuration: " + made.reason}; }
    made.instance->destroy();
  }
  if (!threads_fall_to(before)) { return {false, "left threads behind after destroy()"}; }
  return {true, "made and destroyed 100 times, no thread left"};
}

}  // namespace

std::vector<CheckResult> check_plugin(const fs::path& file, const CheckOptions& options) {
  std::vector<CheckResult> results;
  const auto library = open_library(LibraryRef{fs::absolute(file).string(), {}, {}});
  results.push_back({"file", library.ok(), library ? "owner, mode and ELF header are sound" : library.error().text});
  if (!library) { return results; }
  const std::size_t exports = library->exports().size();
  results.push_back({"exports", exports == 1,
                     exports == 1
                         ? "exports the entry alone"
                         : "exports " + std::to_string(exports) + " symbols: build it with quarry_add_plugin()"});

  std::string folder = (fs::temp_directory_path() / "quarry-check-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) { folder.clear(); }
  const auto run = [&](const char* name, Verdict (*check)(Bench&)) {
    const Verdict verdict = in_child(options.timeout_ms, [&] {
      Bench bench(file, folder, options.config);
      return check(bench);
    });
    results.push_back({name, verdict.ok, verdict.sentence});
    return verdict.ok;
  };
  if (run("entry", check_entry)) {
    run("schema", check_schema);
    run("empty-config", check_empty_config);
    if (options.config.empty() || run("config", check_config)) {
      run("interfaces", check_interfaces);
      run("repeat", check_repeat);
    }
  }
  std::error_code ec;
  if (!folder.empty()) { fs::remove_all(folder, ec); }
  return results;
}

}  // namespace quarry::plugins
