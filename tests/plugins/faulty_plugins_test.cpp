// SPDX-License-Identifier: MIT
// Each fault gets the sentence that docs/plugin-errors.md promises, and a good plugin beside it works on.
#include "plugins/plugin_check.hpp"
#include "plugins/plugin_host.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <regex>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

namespace quarry::plugins {
namespace {

namespace fs = std::filesystem;
using sdk::Code;
using testing::HasSubstr;
using testing::Not;

const fs::path kFaulty = QUARRY_FAULTY_DIR;

std::string replaced(std::string text, const std::map<std::string, std::string>& words) {
  for (const auto& [word, value] : words) {
    const std::string mark = "{" + word + "}";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

/// The sentence of a fault, from the page users read.
std::string documented(const std::string& fault, std::map<std::string, std::string> words = {}) {
  static const auto sentences = [] {
    std::map<std::string, std::string> out;
    std::ifstream page(QUARRY_ERRORS_PAGE);
    const std::regex row(R"(^\| `([a-z0-9-]+)` \| `([^`]+)` \|.*)");
    std::smatch match;
    for (std::string line; std::getline(page, line);) {
      if (std::regex_match(line, match, row)) { out.emplace(match[1], match[2]); }
    }
    return out;
  }();
  const auto it = sentences.find(fault);
  if (it == sentences.end()) { return "docs/plugin-errors.md has no row for " + fault; }
  words.try_emplace("file", (kFaulty / (fault + ".so")).string());
  words.try_emplace("id", fault);
  return replaced(it->second, words);
}

class FaultyPlugins : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "quarry-faulty-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    ::chmod(kFaulty.c_str(), 0755);
    for (const auto& file : fs::directory_iterator(kFaulty)) { ::chmod(file.path().c_str(), 0755); }
  }
  void TearDown() override {
    release();
    if (host_) { EXPECT_TRUE(host_->stop(20'000)) << "a call did not come back"; }
    host_.reset();
    fs::remove_all(folder_);
  }

  PluginHost& host(const fs::path& plugin_dir = kFaulty) {
    HostOptions options;
    options.plugin_dir = plugin_dir;
    options.data_dir = folder_ / "data";
    options.clock = &clock_;
    options.random = [] { return 0.99999; };
    options.log = [this](sdk::LogLevel, std::string_view instance, std::string_view text) {
      const std::lock_guard lock(mutex_);
      log_ += std::string(instance) + ": " + std::string(text) + "\n";
    };
    host_ = std::make_unique<PluginHost>(std::move(options));
    return *host_;
  }
  static PluginSpec spec(const std::string& id, const std::string& library, const std::string& config = "{}") {
    PluginSpec out;
    out.id = id;
    out.library = library;
    out.config_json = config;
    return out;
  }
  static PluginSpec faulty(const std::string& name, const std::string& config = "{}") {
    return spec(name, name + ".so", config);
  }

  /// Loads it beside a good one, checks the good one, and gives the faulty one's error.
  std::string error_beside_good(const PluginSpec& bad, const fs::path& plugin_dir = kFaulty) {
    PluginHost& h = host(plugin_dir);
    h.load({bad, spec("beside", (kFaulty / "good.so").string())});
    EXPECT_EQ(h.instances().at(0).state, InstanceState::failed);
    EXPECT_EQ(h.indexer(bad.id), nullptr);
    expect_good_works();
    EXPECT_THAT(log_, HasSubstr(h.instances().at(0).error));
    return h.instances().at(0).error;
  }
  void expect_good_works() {
    sdk::Indexer* good = host_->indexer("beside");
    ASSERT_NE(good, nullptr) << host_->instances().at(1).error;
    sdk::BasicContext ctx(clock_, 10'000, "test");
    std::string title;
    auto sink = sdk::release_sink([&](const sdk::ReleaseView& view) { title = view.title; });
    sdk::IndexerQuery query;
    query.term = "world";
    ASSERT_TRUE(good->search(ctx, query, sink).ok()) << ctx.text();
    EXPECT_EQ(title, "hello world 0");
  }
  void release() { std::ofstream(folder_ / "go") << "on"; }
  std::string waiting_config() const { return R"({"file": ")" + (folder_ / "go").string() + "\"}"; }

  sdk::SystemClock clock_;
  fs::path folder_;
  std::mutex mutex_;
  std::string log_;
  std::unique_ptr<PluginHost> host_;
};

struct NoFacts final : sdk::TestSink {
  void fact(std::string_view name, std::string_view value) noexcept override { all[std::string(name)] = value; }
  std::map<std::string, std::string> all;
};

TEST_F(FaultyPlugins, Missing) { EXPECT_EQ(error_beside_good(faulty("missing")), documented("missing")); }

TEST_F(FaultyPlugins, OutsideThePluginDirectory) {
  fs::create_directory(folder_ / "plugins");
  fs::create_symlink(kFaulty / "good.so", folder_ / "plugins" / "outside.so");
  const auto expected = documented("outside", {{"file", (folder_ / "plugins" / "outside.so").string()}});
  EXPECT_EQ(error_beside_good(faulty("outside"), folder_ / "plugins"), expected);
}

TEST_F(FaultyPlugins, WorldWritable) {
  fs::copy_file(kFaulty / "good.so", folder_ / "world-writable.so");
  fs::permissions(folder_ / "world-writable.so", fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(error_beside_good(faulty("world-writable"), folder_),
            documented("world-writable", {{"file", (folder_ / "world-writable.so").string()}}));
}

TEST_F(FaultyPlugins, FolderOthersCanChange) {
  fs::create_directory(folder_ / "open");
  fs::copy_file(kFaulty / "good.so", folder_ / "open/open-folder.so");
  ::chmod((folder_ / "open").c_str(), 0777);
  EXPECT_EQ(error_beside_good(faulty("open-folder"), folder_ / "open"),
            documented("open-folder", {{"file", (folder_ / "open/open-folder.so").string()}}));
  ::chmod((folder_ / "open").c_str(), 01777);
  EXPECT_TRUE(read_entry(folder_ / "open/open-folder.so").ok()) << "a sticky folder is fine";
}

TEST_F(FaultyPlugins, WrongSha256) {
  auto bad = spec("wrong-sha256", "good.so");
  bad.sha256 = std::string(64, '0');
  const std::string error = error_beside_good(bad);
  std::smatch match;
  ASSERT_TRUE(std::regex_search(error, match, std::regex("its sha256 is ([0-9a-f]{64}),"))) << error;
  EXPECT_EQ(error,
            documented("wrong-sha256",
                       {{"file", (kFaulty / "good.so").string()}, {"actual", match[1]}, {"pinned", bad.sha256}}));
  bad.sha256 = match[1];
  PluginHost& h = host();
  h.load({bad});
  EXPECT_EQ(h.instances().at(0).state, InstanceState::ok) << h.instances().at(0).error;
}

TEST_F(FaultyPlugins, APinnedFileIsOpenedThroughWhatWasHashed) {
  fs::copy_file(kFaulty / "good.so", folder_ / "pinned.so");
  const auto wrong = read_entry(LibraryRef{"pinned.so", folder_, std::string(64, '0')});
  std::smatch match;
  const std::string error = wrong.error().text;
  ASSERT_TRUE(std::regex_search(error, match, std::regex("its sha256 is ([0-9a-f]{64}),")));
  EXPECT_TRUE(read_entry(LibraryRef{"pinned.so", folder_, match[1]}).ok());
}

class RefusedEntry : public FaultyPlugins, public testing::WithParamInterface<const char*> {};

TEST_P(RefusedEntry, GetsItsSentence) {
  const std::string name = GetParam();
  EXPECT_EQ(error_beside_good(faulty(name)),
            documented(name, {{"size", std::to_string(sizeof(sdk::PluginEntry))},
                              {"tag", sdk::kAbiTag},
                              {"minor", std::to_string(sdk::kSdkMinor)},
                              {"sdk", std::to_string(sdk::kSdkMajor) + "." + std::to_string(sdk::kSdkMinor)}}));
}
INSTANTIATE_TEST_SUITE_P(Faults, RefusedEntry,
                         testing::Values("not-elf", "no-entry", "wrong-magic", "wrong-major", "short-struct",
                                         "other-tag", "undefined-symbol", "schema-not-json", "create-null",
                                         "create-throws", "lies"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_F(FaultyPlugins, ConfigurationBreaksTheSchema) {
  auto bad = spec("bad-config", "good.so", R"({"count": 101})");
  bad.line = 12;
  EXPECT_EQ(error_beside_good(bad), documented("bad-config"));
}

TEST_F(FaultyPlugins, Hangs) {
  PluginHost& h = host();
  h.load({faulty("hangs", waiting_config()), spec("beside", "good.so")});
  sdk::BasicContext ctx(clock_, 100, "test");
  NoFacts facts;
  const auto status = h.indexer("hangs")->test(ctx, facts);
  EXPECT_EQ(status.code, Code::deadline);
  EXPECT_EQ(ctx.text(), documented("hangs"));
  EXPECT_EQ(h.instances().at(0).stuck_slots, 1);

  sdk::BasicContext again(clock_, 60'000, "test");
  const auto refused = h.indexer("hangs")->test(again, facts);
  EXPECT_EQ(refused.code, Code::unavailable);
  EXPECT_TRUE(refused.not_started());
  EXPECT_EQ(again.text(), documented("all-stuck", {{"id", "hangs"}}));
  EXPECT_GT(again.remaining_ms(), 50'000) << "a stuck instance must answer at once";
  expect_good_works();

  release();
  while (h.instances().at(0).stuck_slots != 0) { std::this_thread::yield(); }
  sdk::BasicContext after(clock_, 10'000, "test");
  EXPECT_TRUE(h.indexer("hangs")->test(after, facts).ok()) << "the slot is of use again: " << after.text();
}

TEST_F(FaultyPlugins, IgnoresCancel) {
  PluginHost& h = host();
  h.load({faulty("ignores-cancel", waiting_config()), spec("beside", "good.so")});
  sdk::BasicContext ctx(clock_, 60'000, "test");
  std::thread canceller([&] {
    while (h.instances().at(0).calls_in_flight == 0) { std::this_thread::yield(); }
    ctx.cancel();
  });
  auto sink = sdk::release_sink([](const sdk::ReleaseView&) {});
  const auto status = h.indexer("ignores-cancel")->search(ctx, {}, sink);
  canceller.join();
  EXPECT_EQ(status.code, Code::cancelled);
  EXPECT_EQ(ctx.text(), documented("ignores-cancel"));
  expect_good_works();
}

TEST_F(FaultyPlugins, FloodsTheSink) {
  PluginHost& h = host();
  h.load({faulty("floods"), spec("beside", "good.so")});
  sdk::BasicContext ctx(clock_, 60'000, "test");
  int rows = 0;
  auto sink = sdk::release_sink([&](const sdk::ReleaseView&) { ++rows; });
  EXPECT_EQ(h.indexer("floods")->search(ctx, {}, sink).code, Code::internal);
  EXPECT_EQ(ctx.text(), documented("floods"));
  EXPECT_EQ(rows, 0) << "half an answer must not reach the caller";
  expect_good_works();
}

TEST_F(FaultyPlugins, TheBreakerOpensAfterFiveFailures) {
  PluginHost& h = host();
  h.load({spec("breaker-open", "good.so", R"({"greeting": "fail"})"), spec("beside", "good.so")});
  NoFacts facts;
  for (int i = 0; i < 5; ++i) {
    sdk::BasicContext ctx(clock_, 10'000, "test");
    EXPECT_EQ(h.indexer("breaker-open")->test(ctx, facts).code, Code::unavailable);
  }
  EXPECT_EQ(h.instances().at(0).breaker, BreakerState::open);
  sdk::BasicContext ctx(clock_, 10'000, "test");
  const auto refused = h.indexer("breaker-open")->test(ctx, facts);
  EXPECT_TRUE(refused.not_started());
  EXPECT_GT(refused.retry_after_ms, 0U);
  EXPECT_EQ(ctx.text(), documented("breaker-open"));
  expect_good_works();
}

TEST_F(FaultyPlugins, OneLibraryManyInstances) {
  PluginHost& h = host();
  fs::create_hard_link(kFaulty / "good.so", kFaulty / "good-again.so");
  h.load({spec("one", "good.so"), spec("two", "good.so", R"({"greeting": "hi"})"), spec("three", "good-again.so")});
  fs::remove(kFaulty / "good-again.so");
  ASSERT_EQ(h.indexers(), (std::vector<std::string>{"one", "two", "three"}));
  NoFacts one;
  NoFacts three;
  sdk::BasicContext ctx(clock_, 10'000, "test");
  ASSERT_TRUE(h.indexer("one")->test(ctx, one).ok());
  ASSERT_TRUE(h.indexer("three")->test(ctx, three).ok());
  EXPECT_EQ(one.all["instances"], three.all["instances"]) << "one load, one set of statics";
}

TEST_F(FaultyPlugins, SecretsStayOutOfLogsAndErrors) {
  PluginHost& h = host();
  auto tattling = spec("tattling", "good.so", R"({"greeting": "fail", "secret": "hunter2 & co"})");
  h.load({tattling});
  NoFacts facts;
  sdk::BasicContext ctx(clock_, 10'000, "test");
  EXPECT_FALSE(h.indexer("tattling")->test(ctx, facts).ok());
  EXPECT_EQ(ctx.text(), "refused [secret]");
  EXPECT_THAT(log_, HasSubstr("testing with [secret]"));
  EXPECT_THAT(log_, Not(HasSubstr("hunter2")));
}

TEST_F(FaultyPlugins, NoStorage) {
  PluginHost& h = host();
  h.load({spec("beside", "good.so")});
  const auto store = h.queue_store();
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().text, documented("no-storage"));
}

TEST_F(FaultyPlugins, TwoStorages) {
  auto one = spec("one", "store.so");
  one.line = 3;
  auto two = spec("two", "store.so");
  two.line = 9;
  PluginHost& h = host();
  h.load({one, spec("beside", "good.so"), two});
  const auto store = h.queue_store();
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().status.code, Code::invalid);
  EXPECT_EQ(store.error().text, documented("two-storages"));
  EXPECT_EQ(h.instances().at(0).state, InstanceState::failed);
  expect_good_works();
}

TEST_F(FaultyPlugins, AStorageThatFails) {
  auto broken = spec("broken-storage", "store.so", R"({"broken": true})");
  broken.line = 3;
  PluginHost& h = host();
  h.load({broken, spec("beside", "good.so")});
  const auto store = h.queue_store();
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().status.code, Code::unavailable);
  EXPECT_EQ(store.error().text, documented("broken-storage"));
}

TEST_F(FaultyPlugins, AStorageThatFailsBeforeItCanSayWhatItIs) {
  PluginHost& h = host();
  h.load({faulty("not-elf")});
  EXPECT_THAT(h.queue_store().error().text, testing::StartsWith(documented("no-storage") + "; \"not-elf\" failed: "));
}

TEST_F(FaultyPlugins, OneSoundStorage) {
  PluginHost& h = host();
  h.prepare({spec("store", "store.so")});
  ASSERT_TRUE(h.queue_store().ok());
  EXPECT_EQ(*h.queue_store(), nullptr);
  EXPECT_FALSE(fs::exists(folder_ / "data")) << "a check touches nothing";
  h.create();
  ASSERT_TRUE(h.queue_store().ok());
  ASSERT_NE(*h.queue_store(), nullptr);
  sdk::BasicContext ctx(clock_, 1000, "test");
  EXPECT_TRUE((*h.queue_store())->open(ctx).ok());
}

TEST_F(FaultyPlugins, AValueFromTheEnvironmentMayBecomeANumber) {
  auto counted = spec("counted", "good.so", R"({"count": "3", "greeting": "3"})");
  counted.expanded = {"/count", "/greeting"};
  PluginHost& h = host();
  h.load({counted});
  ASSERT_NE(h.indexer("counted"), nullptr) << h.instances().at(0).error;
  sdk::BasicContext ctx(clock_, 10'000, "test");
  int rows = 0;
  auto sink = sdk::release_sink([&](const sdk::ReleaseView&) { ++rows; });
  EXPECT_TRUE(h.indexer("counted")->search(ctx, {}, sink).ok());
  EXPECT_EQ(rows, 3);
}

TEST_F(FaultyPlugins, InstancesTellWhatTheyAre) {
  PluginHost& h = host();
  auto two_slots = spec("good", "good.so");
  two_slots.line = 7;
  auto one_slot = spec("single", "good.so");
  one_slot.max_concurrency = 1;
  h.prepare({two_slots, one_slot});
  EXPECT_EQ(h.instances().at(0).state, InstanceState::prepared);
  EXPECT_EQ(h.indexer("good"), nullptr);
  h.create();
  const auto info = h.instances().at(0);
  EXPECT_EQ(info.plugin, "good");
  EXPECT_EQ(info.version, "1.2.3");
  EXPECT_EQ(info.line, 7U);
  EXPECT_EQ(info.kinds, std::vector<std::string>{"indexer"});
  EXPECT_EQ(info.slots, 2);
  EXPECT_EQ(h.instances().at(1).slots, 1);
  EXPECT_EQ(h.download_client("good"), nullptr);
  EXPECT_EQ(h.scorer("good"), nullptr);
  EXPECT_TRUE(h.stop(1000));
  EXPECT_EQ(h.instances().at(0).state, InstanceState::stopped);
}

std::map<std::string, CheckResult> check(const std::string& library) {
  std::map<std::string, CheckResult> out;
  for (auto& result : check_plugin(kFaulty / library, {2'000})) { out.emplace(result.name, result); }
  return out;
}

TEST_F(FaultyPlugins, CheckPassesTheGoodOne) {
  const auto results = check_plugin(kFaulty / "good.so");
  ASSERT_EQ(results.size(), 7U);
  for (const auto& result : results) { EXPECT_TRUE(result.ok) << result.name << ": " << result.sentence; }
}

TEST_F(FaultyPlugins, CheckFindsFaults) {
  EXPECT_FALSE(check("not-elf.so").at("file").ok);
  EXPECT_FALSE(check("two-exports.so").at("exports").ok);
  EXPECT_FALSE(check("wrong-magic.so").at("entry").ok);
  EXPECT_FALSE(check("create-null.so").at("empty-config").ok);
  EXPECT_FALSE(check("lies.so").at("interfaces").ok);
  EXPECT_THAT(check("modest.so").at("interfaces").sentence, testing::HasSubstr("does not promise"));
  EXPECT_FALSE(check("leaves-thread.so").at("repeat").ok);
}

TEST_F(FaultyPlugins, CheckSurvivesACrash) {
  const auto results = check("crashes.so");
  EXPECT_TRUE(results.at("entry").ok);
  EXPECT_FALSE(results.at("empty-config").ok);
  EXPECT_EQ(results.at("empty-config").sentence, "the plugin crashed the process: Aborted");
}

}  // namespace
}  // namespace quarry::plugins
