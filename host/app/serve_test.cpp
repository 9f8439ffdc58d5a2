// SPDX-License-Identifier: MIT
// Start and end of the host: in this process, and of the program itself.
#include "app/running_host.hpp"
#include "http/testing/raw_client.hpp"
#include "ops/logging.hpp"

#include <quarry/sdk/helpers/system_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

namespace quarry::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const std::string kBinary = QUARRY_BIN_DIR "/quarry";

class ServeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "quarry-serve-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    ::chmod(QUARRY_FAULTY_DIR, 0755);  // whatever the umask was: others must not be able to write
    for (const auto& file : fs::directory_iterator(QUARRY_FAULTY_DIR)) { ::chmod(file.path().c_str(), 0755); }
  }
  void TearDown() override { fs::remove_all(folder_); }

  static manifest::PluginEntry plugin(const std::string& id, const std::string& library,
                                      const std::string& config = "{}") {
    manifest::PluginEntry entry;
    entry.id = id;
    entry.library = library;
    entry.config_json = config;
    return entry;
  }
  manifest::Manifest manifest(std::vector<manifest::PluginEntry> plugins) const {
    manifest::Manifest out;
    out.file = folder_ / "quarry.toml";
    out.listen.port = 0;
    out.data_dir = folder_ / "data";
    out.plugin_dir = QUARRY_FAULTY_DIR;
    out.plugins = std::move(plugins);
    return out;
  }
  static std::uint16_t port_of(const RunningHost& host) {
    const std::string at = host.listens_at();
    return static_cast<std::uint16_t>(std::stoi(at.substr(at.rfind(':') + 1)));
  }
  std::string get(const RunningHost& host, const std::string& target) const {
    http::testing::RawClient client(port_of(host));
    client.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: " + key() + "\r\n\r\n");
    const auto answer = client.read();
    return std::to_string(answer.status) + " " + answer.body;
  }
  std::string key() const {
    std::string text;
    std::getline(std::ifstream(folder_ / "data" / "api_key") >> std::ws, text);
    return text;
  }

  fs::path folder_;
  sdk::SystemClock clock_;
};

TEST_F(ServeTest, ShowsWhatFailedAndSearchesSaySo) {
  const auto settings = manifest({plugin("db", "store.so"), plugin("gone", "missing.so"),
                                  plugin("site", "good.so", R"({"count": 1000, "secret": "hunter2"})")});
  RunningHost host(settings, clock_);
  ASSERT_EQ(host.start().exit_code, 0);
  const std::string health = get(host, "/api/v3/health");
  EXPECT_THAT(health, HasSubstr("the plugin \\\"gone\\\" failed: "));
  EXPECT_THAT(health, HasSubstr("the plugin \\\"site\\\" failed: the configuration"));
  EXPECT_THAT(health, HasSubstr("DownloadClientCheck"));
  const std::string search = get(host, "/api/v3/release?term=film");
  EXPECT_THAT(search, HasSubstr("503 "));
  EXPECT_THAT(search, HasSubstr("site: the indexer does not run"));
  EXPECT_EQ(ops::redact("hunter2"), "[secret]") << "the plugin's schema calls it a secret";
  EXPECT_TRUE(host.stop());
}

TEST_F(ServeTest, SaysThatTheCredentialsAreRefusedUntilTheyAreNot) {
  const auto settings = manifest({plugin("db", "store.so"), plugin("site", "good.so", R"({"secret": "hunter2"})")});
  RunningHost host(settings, clock_);
  ASSERT_EQ(host.start().exit_code, 0);
  EXPECT_THAT(get(host, "/api/v3/health"), Not(HasSubstr("credentials")));
  // Also once it has been refused so often that it is not asked any more.
  for (int i = 0; i < 6; ++i) {
    const std::string search = get(host, "/api/v3/release?term=refuse");
    EXPECT_THAT(search, HasSubstr("502 "));
    EXPECT_THAT(search, HasSubstr("upstream_unauthenticated"));
    const std::string health = get(host, "/api/v3/health");
    EXPECT_THAT(health, HasSubstr(R"("IndexerStatusCheck","type":"error","message":"the credentials of the plugin )"
                                  R"(\"site\" are refused;)"));
    EXPECT_THAT(health, Not(HasSubstr("hunter2")));
  }
  EXPECT_TRUE(host.stop());

  RunningHost again(settings, clock_);
  ASSERT_EQ(again.start().exit_code, 0);
  EXPECT_THAT(get(again, "/api/v3/release?term=refuse"), HasSubstr("502 "));
  EXPECT_THAT(get(again, "/api/v3/health"), HasSubstr("credentials"));
  EXPECT_THAT(get(again, "/api/v3/release?term=film"), HasSubstr("200 "));
  EXPECT_THAT(get(again, "/api/v3/health"), Not(HasSubstr("credentials")));
  EXPECT_TRUE(again.stop());
}

TEST_F(ServeTest, AStorageWithoutRecordsIsUsedAndSaysSo) {
  const auto settings = manifest({plugin("db", "store.so")});
  RunningHost host(settings, clock_);
  ASSERT_EQ(host.start().exit_code, 0);
  EXPECT_THAT(get(host, "/api/v3/health"), HasSubstr("does not offer quarry.record_store/1"));
  EXPECT_THAT(get(host, "/api/v3/queue"), HasSubstr("200 "));
  EXPECT_THAT(get(host, "/api/v3/movie"), HasSubstr("422 "));
  EXPECT_TRUE(host.stop());
}

TEST_F(ServeTest, NamesThePluginThatEndedTheProcess) {
  std::ofstream(folder_ / "quarry.toml") << "[host]\nlisten = \"127.0.0.1:0\"\nplugin_dir = \"" QUARRY_FAULTY_DIR
                                            "\"\ndata_dir = \"data\"\n"
                                            "[[plugin]]\nid = \"db\"\nlibrary = \"store.so\"\n"
                                            "[[plugin]]\nid = \"boom\"\nlibrary = \"crashes.so\"\n";
  const std::string manifest_file = (folder_ / "quarry.toml").string();
  const std::string command = "ulimit -c 0; '" + kBinary + "' serve --manifest '" + manifest_file + "' 2>&1";
  EXPECT_NE(std::system(command.c_str()), 0);
  const auto settings = manifest({plugin("db", "store.so")});
  RunningHost host(settings, clock_);
  ASSERT_EQ(host.start().exit_code, 0);
  EXPECT_THAT(get(host, "/api/v3/health"), HasSubstr("while it called the plugin \\\"boom\\\""));
  EXPECT_TRUE(host.stop());
}

TEST_F(ServeTest, AStopWaitsForNoPlugin) {
  const std::string go = (folder_ / "go").string();
  const auto settings =
      manifest({plugin("db", "store.so"), plugin("slow", "ignores-cancel.so", "{\"file\": \"" + go + "\"}")});
  // Never destroyed, as in a process that leaves by _exit.
  static auto& host = *new RunningHost(*new manifest::Manifest(settings), *new sdk::SystemClock);
  ASSERT_EQ(host.start().exit_code, 0);
  http::testing::RawClient client(port_of(host));
  client.send("GET /api/v3/release?term=film HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: " + key() + "\r\n\r\n");
  // Once the search holds the plugin's only slot, it is noted as being called.
  const auto is_called = [&] {
    std::ifstream sentinel(folder_ / "data" / "running.sentinel", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(sentinel), {}).find("slow") != std::string::npos;
  };
  while (!is_called()) { std::this_thread::yield(); }
  const std::int64_t begun = clock_.steady_ms();
  EXPECT_FALSE(host.stop()) << "the plugin is still inside";
  EXPECT_LT(clock_.steady_ms() - begun, 9'000) << "the search alone would take 25 s";
  EXPECT_EQ(client.read().status, 503) << "whoever asked has an answer";
  std::ofstream(go) << "on";
}

TEST_F(ServeTest, TellsWhereANewKeyIsWhateverTheLogLevel) {
  const auto settings = manifest({plugin("db", "store.so")});
  ops::init_logging(sdk::LogLevel::error);
  for (const bool first : {true, false}) {
    RunningHost host(settings, clock_);
    testing::internal::CaptureStderr();
    ASSERT_EQ(host.start().exit_code, 0);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(said, first ? "quarry made an API key; it is in " + (folder_ / "data" / "api_key").string() + "\n" : "");
    EXPECT_TRUE(host.stop());
  }
  ops::init_logging(sdk::LogLevel::info);
}

TEST_F(ServeTest, IsReadyOnlyOnceAStopIsInOrder) {
  const auto settings = manifest({plugin("db", "store.so")});
  RunningHost host(settings, clock_);
  std::string while_listening;
  std::string once_opened;
  ASSERT_EQ(host.start([&] { while_listening = get(host, "/readyz"); }, [&] { once_opened = get(host, "/readyz"); })
                .exit_code,
            0);
  EXPECT_THAT(while_listening, HasSubstr("503 "));
  EXPECT_THAT(once_opened, HasSubstr("503 "));
  EXPECT_THAT(get(host, "/readyz"), HasSubstr("200 "));
  EXPECT_TRUE(host.stop());
}

TEST_F(ServeTest, ASignalStopsARunningHost) {
  std::ofstream(folder_ / "quarry.toml")
      << "[host]\nlisten = \"127.0.0.1:0\"\nplugin_dir = \"" QUARRY_FAULTY_DIR
         "\"\ndata_dir = \"data\"\n[[plugin]]\nid = \"db\"\nlibrary = \"store.so\"\n";
  // The shell becomes the host, so the first line is its process id.
  const std::string command =
      "echo $$; exec '" + kBinary + "' serve --manifest '" + (folder_ / "quarry.toml").string() + "' 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  char line[1024] = "";
  ASSERT_NE(std::fgets(line, sizeof line, pipe), nullptr);
  const pid_t host = std::atoi(line);
  std::string text;
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    text += line;
    if (std::string(line).find("listens on") != std::string::npos) {
      EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(host) + "/cwd"), fs::canonical(folder_))
          << "relative paths in a plugin's configuration are meant from the manifest's folder";
      ::kill(host, SIGTERM);
    }
  }
  const int status = ::pclose(pipe);
  EXPECT_THAT(text, HasSubstr("stopping"));
  ASSERT_TRUE(WIFEXITED(status)) << text;
  EXPECT_EQ(WEXITSTATUS(status), 0) << text;
}

TEST_F(ServeTest, ASignalEndsAHostThatIsStillStarting) {
  // A manifest that never comes: the start waits in it.
  const std::string fifo = (folder_ / "quarry.toml").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(kBinary.c_str(), "quarry", "serve", "--manifest", fifo.c_str(), nullptr);
    ::_exit(99);
  }
  const int writer = ::open(fifo.c_str(), O_WRONLY | O_CLOEXEC);  // returns once the child reads
  ASSERT_GE(writer, 0);
  ::kill(child, SIGINT);
  int status = 0;
  pid_t ended = 0;
  for (int i = 0; i < 2'000 && ended == 0; ++i) {
    ended = ::waitpid(child, &status, WNOHANG);
    if (ended == 0) { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }
  }
  ::close(writer);  // lets a child go that took no notice
  if (ended == 0) { ::waitpid(child, &status, 0); }
  EXPECT_EQ(ended, child) << "the signal was not taken";
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGINT);
}

TEST_F(ServeTest, AFolderThatIsGoneIsASentence) {
  const std::string command = "mkdir '" + (folder_ / "gone").string() + "' && cd '" + (folder_ / "gone").string() +
                              "' && rmdir '" + (folder_ / "gone").string() +
                              "' && exec env -u QUARRY_API_KEY -u QUARRY_DATA_DIR '" + kBinary + "' queue 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  char buffer[1024];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) { text.append(buffer, n); }
  const int status = ::pclose(pipe);
  ASSERT_TRUE(WIFEXITED(status)) << text;
  EXPECT_EQ(WEXITSTATUS(status), 1) << text;
  EXPECT_EQ(text.find("quarry: "), 0U) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

}  // namespace
}  // namespace quarry::app
