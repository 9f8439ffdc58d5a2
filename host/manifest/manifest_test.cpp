// SPDX-License-Identifier: MIT
#include "manifest/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace quarry::manifest {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const fs::path kRepository = fs::path(__FILE__).parent_path().parent_path().parent_path();

class ManifestTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "quarry-manifest-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  Loaded load_file(const fs::path& file, Demand demand = Demand::everything) {
    return load_manifest(
        file,
        [this](std::string_view name) -> std::optional<std::string> {
          const auto it = environment_.find(std::string(name));
          return it == environment_.end() ? std::nullopt : std::optional(it->second);
        },
        overrides_, demand);
  }
  Loaded load(const std::string& text, Demand demand = Demand::everything) {
    write("quarry.toml", text);
    return load_file(folder_ / "quarry.toml", demand);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  Manifest sound(const std::string& text) {
    auto loaded = load(text);
    for (const auto& problem : loaded.problems) { ADD_FAILURE() << problem.describe(); }
    return loaded.ok() ? std::move(*loaded.manifest) : Manifest{};
  }
  /// "line:column: text" of each problem.
  std::vector<std::string> problems(const std::string& text) {
    std::vector<std::string> out;
    for (const auto& problem : load(text).problems) {
      const std::string place =
          problem.line == 0 ? "" : std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": ";
      out.push_back(place + problem.text);
    }
    return out;
  }

  fs::path folder_;
  std::map<std::string, std::string> environment_;
  Overrides overrides_;
};

TEST_F(ManifestTest, AnEmptyFileGivesTheDefaults) {
  const Manifest m = sound("");
  EXPECT_EQ(m.listen.address, "127.0.0.1");
  EXPECT_EQ(m.listen.port, 7878);
  EXPECT_EQ(m.data_dir, folder_ / "quarry-data");
  EXPECT_EQ(m.plugin_dir, folder_ / "plugins");
  EXPECT_EQ(m.log_level, LogLevel::info);
  EXPECT_EQ(m.queue.max_concurrent_downloads, 3);
  EXPECT_EQ(m.queue.default_max_retries, 3);
  EXPECT_TRUE(m.queue.priority_queue);
  EXPECT_EQ(m.queue.absence_span_ms, 10'000);
  EXPECT_EQ(m.start_timeout_ms, 300'000);
  EXPECT_TRUE(m.plugins.empty());
}

TEST_F(ManifestTest, ReadsEverySetting) {
  const Manifest m = sound(R"(
[host]
listen = "[::1]:80"
data_dir = "/var/lib/quarry"
plugin_dir = "../plugins"
log_level = "warning"
start_timeout_s = 0.5
[queue]
max_concurrent_downloads = 10
default_max_retries = 1
priority_queue = false
priority_step_hours = 2
retry_base_s = 0.25
retry_cap_s = 60
poll_ms = 500
absence_span_ms = 0
lease_ms = 5000
check_announced_size = false
default_category = "films"
[http]
allow = ["a.lan:80", "[::1]:81", "10.0.0.0/8", "fd00::/8", "192.168.1.1"]
[[plugin]]
id = "one"
library = "quarry-one.so"
max_concurrency = 4
sha256 = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
)");
  EXPECT_EQ(m.listen.address, "::1");
  EXPECT_EQ(m.listen.port, 80);
  EXPECT_EQ(m.data_dir, "/var/lib/quarry");
  EXPECT_EQ(m.plugin_dir, (folder_ / "../plugins").lexically_normal());
  EXPECT_EQ(m.log_level, LogLevel::warning);
  EXPECT_EQ(m.start_timeout_ms, 500);
  EXPECT_EQ(m.queue.max_concurrent_downloads, 10);
  EXPECT_EQ(m.queue.default_max_retries, 1);
  EXPECT_FALSE(m.queue.priority_queue);
  EXPECT_EQ(m.queue.priority_step_ms, 7'200'000);
  EXPECT_EQ(m.queue.retry_base_ms, 250);
  EXPECT_EQ(m.queue.retry_cap_ms, 60'000);
  EXPECT_EQ(m.queue.poll_ms, 500);
  EXPECT_EQ(m.queue.absence_span_ms, 0);
  EXPECT_EQ(m.queue.lease_ms, 5000);
  EXPECT_FALSE(m.queue.check_announced_size);
  EXPECT_EQ(m.queue.default_category, "films");
  EXPECT_EQ(m.http_allow.size(), 5U);
  ASSERT_EQ(m.plugins.size(), 1U);
  EXPECT_EQ(m.plugins[0].line, 22U);
  EXPECT_EQ(m.plugins[0].max_concurrency, 4);
  EXPECT_EQ(m.plugins[0].sha256.substr(0, 8), "e3b0c442");
  EXPECT_EQ(m.plugins[0].config_json, "{}");
}

TEST_F(ManifestTest, FlagBeatsEnvironmentBeatsManifestBeatsDefault) {
  const std::string text = "[host]\nlisten = \"127.0.0.1:1\"\ndata_dir = \"m\"\nplugin_dir = \"m\"\n";
  EXPECT_EQ(sound(text).listen.port, 1);
  environment_ = {{"QUARRY_LISTEN", "127.0.0.1:2"}, {"QUARRY_DATA_DIR", "/e"}, {"QUARRY_PLUGIN_DIR", "/e"}};
  EXPECT_EQ(sound(text).listen.port, 2);
  EXPECT_EQ(sound(text).data_dir, "/e");
  EXPECT_EQ(sound(text).plugin_dir, "/e");
  overrides_.listen = "127.0.0.1:3";
  overrides_.data_dir = "flag";
  overrides_.plugin_dir = "/f";
  EXPECT_EQ(sound(text).listen.port, 3);
  EXPECT_EQ(sound(text).data_dir, fs::current_path() / "flag");
  EXPECT_EQ(sound(text).plugin_dir, "/f");
  overrides_ = {};
  environment_.clear();
  overrides_.default_plugin_dir = "/installed";
  EXPECT_EQ(sound("").plugin_dir, "/installed");
  EXPECT_EQ(sound(text).plugin_dir, folder_ / "m");
}

TEST_F(ManifestTest, ABadFlagOrVariableIsNamed) {
  environment_["QUARRY_LISTEN"] = "7878";
  const auto loaded = load("");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].describe(),
            "QUARRY_LISTEN: \"7878\" cannot be used: write address:port, such as \"127.0.0.1:7878\" or \"[::1]:7878\"");
}

TEST_F(ManifestTest, ExpandsTextsEverywhere) {
  environment_ = {{"N", "7"}, {"OFF", "false"}, {"HOST", "box"}, {"API_KEY", "s3cretkey"}, {"EMPTY", ""}};
  write("password", "hunter2\n");
  const Manifest m = sound(R"(
[queue]
max_concurrent_downloads = "${env:N}"
default_max_retries = "${env:EMPTY:-2}"
priority_queue = "${env:OFF}"
[[plugin]]
id = "x"
library = "${env:HOST}.so"
[plugin.config]
url = "http://${env:HOST}:${env:N}/$$x$y"
port = "${env:N}"
password = "${file:password}"
list = ["${env:API_KEY}", 3, 1.5, true]
[plugin.config.deep]
"a/b~" = "${env:NONE:-}"
when = 2024-05-06
)");
  EXPECT_EQ(m.queue.max_concurrent_downloads, 7);
  EXPECT_EQ(m.queue.default_max_retries, 2);
  EXPECT_FALSE(m.queue.priority_queue);
  const auto& plugin = m.plugins.at(0);
  EXPECT_EQ(plugin.library, "box.so");
  EXPECT_THAT(plugin.config_json, HasSubstr(R"("url":"http://box:7/$x$y")"));
  EXPECT_THAT(plugin.config_json, HasSubstr(R"("list":["s3cretkey",3,1.5,true])"));
  EXPECT_THAT(plugin.config_json, HasSubstr(R"("when":"2024-05-06")"));
  EXPECT_THAT(plugin.secrets, testing::UnorderedElementsAre("hunter2", "s3cretkey"));
  EXPECT_THAT(plugin.expanded, testing::UnorderedElementsAre("/port", "/password", "/list/0", "/deep/a~1b~0"));
}

TEST_F(ManifestTest, ThePasswordInsideAUrlIsASecret) {
  environment_["DATABASE_URL"] = "postgresql://me:opensesame@db:5432/q?x=1@2";
  const Manifest m = sound("[[plugin]]\nid = \"s\"\nlibrary = \"s.so\"\nconfig = { url = \"${env:DATABASE_URL}\" }\n");
  EXPECT_THAT(m.plugins.at(0).secrets, ElementsAre("opensesame"));
}

TEST_F(ManifestTest, TellsWhatIsMissing) {
  write("empty", "\n\n");
  EXPECT_THAT(
      problems("[[plugin]]\nid = \"x\"\nlibrary = \"x.so\"\n[plugin.config]\n"
               "a = \"${env:HDBITS_PASSKEY}\"\nb = \"${file:none}\"\nc = \"${file:empty}\"\nd = \"${vault:x}\"\ne = "
               "\"${env:X\"\n"),
      ElementsAre(
          "5:5: [plugin.config] of \"x\", a: the environment variable HDBITS_PASSKEY is not set: set it, or write "
          "${env:HDBITS_PASSKEY:-default}",
          "6:5: [plugin.config] of \"x\", b: the file of ${file:none} cannot be read: make " +
              (folder_ / "none").string() + " readable for this user",
          "7:5: [plugin.config] of \"x\", c: the file of ${file:empty} is empty: write the value into " +
              (folder_ / "empty").string(),
          "8:5: [plugin.config] of \"x\", d: ${vault:x} is not known: write ${env:NAME}, ${env:NAME:-default} or "
          "${file:PATH}, or $${ for the two characters themselves",
          "9:5: [plugin.config] of \"x\", e: \"${\" has no closing \"}\": write ${env:NAME}, or $${ for the two "
          "characters themselves"));
}

TEST_F(ManifestTest, AnEmptyVariableIsAMissingOneUnlessNothingIsMeant) {
  environment_["PASSWORD"] = "";
  const std::string head = "[[plugin]]\nid = \"x\"\nlibrary = \"x.so\"\n[plugin.config]\n";
  EXPECT_THAT(
      problems(head + "a = \"${env:PASSWORD}\"\n"),
      ElementsAre("5:5: [plugin.config] of \"x\", a: the environment variable PASSWORD is empty: set it, or write "
                  "${env:PASSWORD:-default}"));
  EXPECT_EQ(sound(head + "a = \"${env:PASSWORD:-}\"\n").plugins.size(), 1U);
}

TEST_F(ManifestTest, APipeIsNoFileOfASecret) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const auto found = problems("[[plugin]]\nid = \"x\"\nlibrary = \"x.so\"\n[plugin.config]\na = \"${file:pipe}\"\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found.front().find("cannot be read"), std::string::npos) << found.front();
}

TEST_F(ManifestTest, ADisabledPluginNeedsNoSecrets) {
  const Manifest m =
      sound("[[plugin]]\nid = \"x\"\nlibrary = \"x.so\"\nenabled = false\nconfig = { a = \"${env:NONE}\" }\n");
  EXPECT_FALSE(m.plugins.at(0).enabled);
}

TEST_F(ManifestTest, TellsAllProblemsAtOnceInTheOrderOfTheFile) {
  EXPECT_THAT(
      problems("[queue]\nmax_concurrent_downloads = 50\npriority_queue = \"maybe\"\ndefault_max_retrys = 3\n"
               "[host]\nlisten = 7878\nlog_level = \"loud\"\n[https]\n[http]\nallow = [\"nonsense\"]\n"),
      ElementsAre("2:28: [queue] max_concurrent_downloads is 50: write a whole number from 1 to 10",
                  "3:18: [queue] priority_queue is no boolean: write true or false",
                  "4:1: [queue] has no setting \"default_max_retrys\": did you mean \"default_max_retries\"?",
                  "6:10: [host] listen is an integer: write a text in double quotes",
                  "7:13: [host] log_level cannot be used: write debug, info, warning or error",
                  "8:2: the manifest has no setting \"https\": did you mean \"http\"?",
                  "10:9: [http] allow: \"nonsense\" cannot be used: write host:port, an address, or a block such as "
                  "\"10.0.0.0/8\""));
}

TEST_F(ManifestTest, ASettingThatIsLikeNoOtherGetsTheList) {
  EXPECT_THAT(problems("[http]\nproxy_everything = true\n"),
              ElementsAre("2:1: [http] has no setting \"proxy_everything\": write one of allow"));
}

TEST_F(ManifestTest, ValuesOfTheEnvironmentAreNotShown) {
  environment_["N"] = "12345";
  EXPECT_THAT(problems("[queue]\nmax_concurrent_downloads = \"${env:N}\"\n"),
              ElementsAre("2:28: [queue] max_concurrent_downloads is out of range: write a whole number from 1 to 10"));
}

TEST_F(ManifestTest, PluginsAreChecked) {
  EXPECT_THAT(
      problems("[[plugin]]\nid = \"a\"\nlibrary = \"a.so\"\n[[plugin]]\nid = \"a\"\nlibrary = \"b.so\"\n"
               "[[plugin]]\nid = \"Big One\"\nlibrary = \"c.so\"\n[[plugin]]\nsha256 = \"abc\"\nmax_concurrency = "
               "65\nconfig = 3\n"),
      ElementsAre(
          "5:6: the id \"a\" is used twice, first in line 1: give each [[plugin]] an id of its own",
          "8:6: the id \"Big One\" cannot be used: write 1 to 40 of the characters a-z, 0-9 and -",
          "10:1: this [[plugin]] has no id: write id = \"name\", a name of your choice",
          "10:1: this [[plugin]] has no library: write library = \"quarry-….so\", a file of the plugin directory",
          "11:10: [[plugin]] sha256 is no SHA-256: write the 64 hex digits that sha256sum prints",
          "12:19: [[plugin]] max_concurrency is 65: write a whole number from 1 to 64",
          "13:10: \"config\" is no table: write [plugin.config] on a line of its own"));
  EXPECT_THAT(
      problems("[plugin]\nid = \"a\"\n"),
      ElementsAre("1:1: \"plugin\" is no list of tables: write [[plugin]], with two brackets, for each plugin"));
}

TEST_F(ManifestTest, ASyntaxErrorHasItsPlace) {
  const auto found = problems("[host]\nlisten = 127.0.0.1:7878\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], testing::StartsWith("2:"));
  EXPECT_THAT(found[0], HasSubstr("this is not TOML"));
  EXPECT_THAT(found[0], HasSubstr("Write key = \"text\""));
}

TEST_F(ManifestTest, AFileThatCannotBeReadIsNamed) {
  const auto loaded = load_file(folder_ / "none.toml");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].describe(), (folder_ / "none.toml").string() +
                                               ": the manifest cannot be read (No such file or directory): start from "
                                               "quarry.sample.toml, or name another file");
  EXPECT_FALSE(load_file(folder_).ok()) << "a folder is no manifest";
}

TEST_F(ManifestTest, TheRetryCapIsNotBelowTheBase) {
  EXPECT_THAT(problems("[queue]\nretry_base_s = 10\nretry_cap_s = 5\n"),
              ElementsAre("3:15: [queue] retry_cap_s is less than retry_base_s: write a larger cap"));
}

TEST(ParseListen, TakesNumericAddresses) {
  EXPECT_EQ(parse_listen("0.0.0.0:0")->port, 0);
  EXPECT_EQ(parse_listen("localhost:80")->address, "localhost");
  for (const char* bad : {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
                          "[127.0.0.1]:80", "example.org:80", "127.1:80", "127.0.0.1:80x"}) {
    EXPECT_FALSE(parse_listen(bad)) << bad;
  }
}

TEST_F(ManifestTest, TheSampleIsSound) {
  environment_ = {{"QBITTORRENT_PASSWORD", "a-password"},
                  {"HDBITS_USERNAME", "me"},
                  {"HDBITS_PASSKEY", "a-passkey"},
                  {"DOWNLOAD__MAX_CONCURRENT_DOWNLOADS", "5"},
                  {"DOWNLOAD__ENABLE_PRIORITY_QUEUE", "false"}};
  const auto loaded = load_file(kRepository / "quarry.sample.toml");
  for (const auto& problem : loaded.problems) { ADD_FAILURE() << problem.describe(); }
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.manifest->queue.max_concurrent_downloads, 5);
  EXPECT_FALSE(loaded.manifest->queue.priority_queue);
  EXPECT_EQ(loaded.manifest->plugins.size(), 4U);
  EXPECT_THAT(loaded.manifest->plugins.at(1).secrets, ElementsAre("a-password"));
}

constexpr const char* kMuchThatIsNotThere = R"([host]
listen = "${env:LISTEN}"
[queue]
max_concurrent_downloads = "${env:AT_ONCE}"
[http]
allow = ["${env:ALLOWED}"]
[[plugin]]
id = "store"
library = "quarry-storage-sqlite.so"
[plugin.config]
path = "${env:STORE}"
[[plugin]]
id = "client"
library = "quarry-qbittorrent.so"
[plugin.config]
password = "${file:nowhere}"
)";

TEST_F(ManifestTest, ForTheStorageAloneNothingElseNeedBeThere) {
  const auto loaded = load(kMuchThatIsNotThere, Demand::storage);
  for (const auto& problem : loaded.problems) { ADD_FAILURE() << problem.describe(); }
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.manifest->listen.port, 7878);
  EXPECT_EQ(loaded.manifest->queue.max_concurrent_downloads, 3);
  const auto& plugins = loaded.manifest->plugins;
  ASSERT_EQ(plugins.at(0).absences.size(), 1U);
  EXPECT_THAT(plugins.at(0).absences.front().describe(), HasSubstr("quarry.toml:11:8: "));
  EXPECT_THAT(plugins.at(0).absences.front().text, HasSubstr("variable STORE is not set"));
  ASSERT_EQ(plugins.at(1).absences.size(), 1U);
  EXPECT_THAT(plugins.at(1).absences.front().text, HasSubstr("${file:nowhere} cannot be read"));

  EXPECT_EQ(problems(kMuchThatIsNotThere).size(), 5U) << "a host needs all of it";
}

TEST_F(ManifestTest, ForTheStorageAloneFaultsOfTheFileStillCount) {
  EXPECT_FALSE(load("[queue]\npoll_ms = 1\n", Demand::storage).ok());
  EXPECT_FALSE(load("[queue]\npoll_ms = \"${environment:X}\"\n", Demand::storage).ok());
  EXPECT_FALSE(load("[quue]\n", Demand::storage).ok());
  EXPECT_FALSE(load("[host]\nplugin_dir = \"${env:NOWHERE}\"\n", Demand::storage).ok()) << "there the storage is";
  EXPECT_FALSE(load("[[plugin]]\nid = \"a\"\nlibrary = \"${env:NOWHERE}\"\n", Demand::storage).ok());
  const auto loaded =
      load("[[plugin]]\nid = \"a\"\nlibrary = \"a.so\"\n[plugin.config]\nx = \"${env:X\"\n", Demand::storage);
  EXPECT_FALSE(loaded.ok());
}

/// The ```toml blocks of a page.
std::vector<std::string> toml_blocks(const std::filesystem::path& file) {
  std::ifstream page(file);
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "```toml") {
      inside = true;
      blocks.emplace_back();
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

TEST_F(ManifestTest, TheBlocksOfTheDocumentationAreSound) {
  write("secret", "x");
  environment_["QBITTORRENT_PASSWORD"] = "a-password";
  std::size_t blocks = 0;
  for (const char* page : {"docs/configuration.md", "README.md"}) {
    for (std::string block : toml_blocks(kRepository / page)) {
      ++blocks;
      const auto at = block.find("/run/secrets/qbittorrent");
      if (at != std::string::npos) { block.replace(at, 24, (folder_ / "secret").string()); }
      sound(block);
    }
  }
  EXPECT_EQ(blocks, 5U);
}

}  // namespace
}  // namespace quarry::manifest
