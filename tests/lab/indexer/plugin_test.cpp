// SPDX-License-Identifier: MIT
// The hdbits plugin against indexer.py: each proves that the other speaks the protocol.
#include "hdbits_indexer.hpp"
#include "loopback_http.hpp"

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace quarry::lab {
namespace {

constexpr std::string_view kTorrent =
    "d8:announce9:udp://x:14:infod6:lengthi5e4:name5:a.mkv12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee";
constexpr std::string_view kReleases = R"([
  {"id": 1, "name": "Old Film", "filename": "Old.Film.1999.720p.x264-G.torrent", "torrent": "a.torrent", "imdb": {"id": 133093}},
  {"id": "2", "name": "New Film", "filename": "New.Film.2001.1080p.DTS-G.torrent", "size": 77, "freeleech": "yes"}])";

/// indexer.py as a child, on a port of its own choice; ended with the object.
class Child {
 public:
  Child() {
    std::string pattern = (std::filesystem::temp_directory_path() / "quarry-lab-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    std::ofstream(folder_ / "a.torrent") << kTorrent;
    std::ofstream(folder_ / "r.json") << kReleases;
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    const std::string releases = (folder_ / "r.json").string();
    std::vector<std::string> words = {LAB_PYTHON, LAB_INDEXER, releases,     "--username",
                                      "alice",    "--passkey", "lab-passkey"};
    std::vector<char*> argv;
    for (std::string& w : words) { argv.push_back(w.data()); }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    const int failed = posix_spawn(&pid_, LAB_PYTHON, &actions, nullptr, argv.data(), environ);
    EXPECT_EQ(failed, 0);
    if (failed != 0) { pid_ = -1; }  // undefined after a failure
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    FILE* out = fdopen(ends[0], "r");
    EXPECT_EQ(fscanf(out, "listening on 127.0.0.1:%d", &port_), 1);
    fclose(out);
  }
  ~Child() {
    if (pid_ > 0) {
      kill(pid_, SIGTERM);
      int status = -1;
      waitpid(pid_, &status, 0);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    std::filesystem::remove_all(folder_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
  int port_ = 0;
};

class Host final : public sdk::HostServices {
 public:
  void* query(std::string_view id) noexcept override {
    return id == sdk::Http::kId ? static_cast<sdk::Http*>(&http) : fake.query(id);
  }
  LoopbackHttp http;
  sdk::testing::FakeHost fake;
};

class PluginAgainstLab : public ::testing::Test {
 protected:
  /// A plugin that remembers nothing of earlier ones.
  void connect(std::string_view passkey = "lab-passkey") {
    host_ = std::make_unique<Host>();
    plugin_ = std::make_unique<hdbits::HdbitsIndexer>(
        *host_,
        sdk::Config::parse(R"({"username":"alice","passkey":")" + std::string(passkey) +
                           R"(","min_interval_ms":0,"url":")" + child_.url() + "\"}"),
        1);
  }
  void faults(const std::string& lines) {
    auto ctx = host_->fake.context();
    sdk::HttpCall call;
    call.method = "POST";
    call.url = child_.url() + "/lab/faults";
    call.body = lines;
    EXPECT_EQ(sdk::HttpClient(*host_).send(ctx, call).status, 200);
  }
  sdk::Status search(std::string_view term, std::string_view imdb = {}) {
    auto ctx = host_->fake.context();
    sdk::IndexerQuery query;
    query.term = term;
    query.imdb_id = imdb;
    found_.clear();
    auto sink = sdk::release_sink(
        [this](const sdk::ReleaseView& r) { found_.append(r.guid).append(" ").append(r.title).append("\n"); });
    const sdk::Status status = plugin_->search(ctx, query, sink);
    text_ = ctx.text();
    return status;
  }
  sdk::Status fetch(std::string_view guid) {
    struct Sink final : sdk::FetchSink {
      bool metainfo(std::span<const std::byte> piece) noexcept override {
        bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return true;
      }
      bool magnet(std::string_view) noexcept override { return false; }
      std::string bytes;
    } sink;
    auto ctx = host_->fake.context();
    sdk::ReleaseRef ref;
    ref.guid = guid;
    const sdk::Status status = plugin_->fetch(ctx, ref, sink);
    bytes_ = sink.bytes;
    text_ = ctx.text();
    return status;
  }

  Child child_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<hdbits::HdbitsIndexer> plugin_;
  std::string found_, bytes_, text_;
};

TEST_F(PluginAgainstLab, SearchesAndFetches) {
  connect();
  ASSERT_TRUE(search("film").ok()) << text_;
  EXPECT_EQ(found_, "2 New.Film.2001.1080p.DTS-G\n1 Old.Film.1999.720p.x264-G\n");
  ASSERT_TRUE(search("", "tt0133093").ok()) << text_;
  EXPECT_EQ(found_, "1 Old.Film.1999.720p.x264-G\n");
  ASSERT_TRUE(search("nothing of this name").ok());
  EXPECT_EQ(found_, "");
  ASSERT_TRUE(fetch("1").ok()) << text_;
  EXPECT_EQ(bytes_, kTorrent);
  EXPECT_EQ(fetch("2").code, sdk::Code::not_found);
}

TEST_F(PluginAgainstLab, CredentialsAreChecked) {
  connect("another-passkey");
  EXPECT_EQ(search("film").code, sdk::Code::unauthenticated);
  connect("another-passkey");
  EXPECT_EQ(fetch("1").code, sdk::Code::unauthenticated);
  EXPECT_EQ(text_.find("another-passkey"), std::string::npos);
}

TEST_F(PluginAgainstLab, FaultsBecomeSentences) {
  struct Case {
    const char* fault;
    sdk::Code code;
    const char* says;
  };
  for (const Case& c :
       {Case{"search=500", sdk::Code::unavailable, "HTTP 500"}, Case{"search=html", sdk::Code::unavailable, "web page"},
        Case{"search=truncated", sdk::Code::unavailable, "cut short"},
        Case{"search=half", sdk::Code::unavailable, "cut short"},
        Case{"search=429:1:30", sdk::Code::rate_limited, "in 30 s"},
        Case{"search=api8", sdk::Code::invalid, "API status 8"},
        Case{"download=403", sdk::Code::rate_limited, "in 15 min"},
        Case{"download=html", sdk::Code::unavailable, "web page"},
        Case{"download=truncated", sdk::Code::unavailable, "cut short"}}) {
    connect();
    faults(c.fault);
    const bool download = std::string_view(c.fault).starts_with("download");
    EXPECT_EQ((download ? fetch("1") : search("film")).code, c.code) << c.fault << ": " << text_;
    EXPECT_NE(text_.find(c.says), std::string::npos) << c.fault << ": " << text_;
    connect();
    EXPECT_TRUE((download ? fetch("1") : search("film")).ok()) << c.fault << ": " << text_;
  }
}

}  // namespace
}  // namespace quarry::lab
