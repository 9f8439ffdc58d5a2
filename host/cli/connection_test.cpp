// SPDX-License-Identifier: MIT
#include "cli/connection.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

namespace quarry::cli {
namespace {

class FindConnection : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("quarry-cli-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    for (const char* name : {"flag", "env", "default"}) {
      std::filesystem::create_directories(folder_ / name);
      write(folder_ / name / "api_key", std::string("key-of-") + name + "\n");
    }
    likely_.data_dir = folder_ / "default";
    options_.likely_host = [this] { return sdk::Result<LikelyHost>(likely_); };
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }

  sdk::Result<Connection> find() {
    return find_connection(options_, [this](std::string_view name) -> std::optional<std::string> {
      const auto it = environment_.find(std::string(name));
      return it == environment_.end() ? std::nullopt : std::optional(it->second);
    });
  }
  std::string key() {
    const auto found = find();
    return found ? found->api_key : found.error().text;
  }

  std::filesystem::path folder_;
  LikelyHost likely_;
  ClientOptions options_;
  std::map<std::string, std::string> environment_;
};

TEST_F(FindConnection, TakesTheFirstPlaceThatSaysSomething) {
  EXPECT_EQ(key(), "key-of-default");
  environment_["QUARRY_DATA_DIR"] = folder_ / "env";
  EXPECT_EQ(key(), "key-of-env");
  environment_["QUARRY_API_KEY"] = "key-itself";
  EXPECT_EQ(key(), "key-itself");
  options_.data_dir = folder_ / "flag";
  EXPECT_EQ(key(), "key-of-flag");
  write(folder_ / "file", "key-of-file");
  options_.api_key_file = folder_ / "file";
  EXPECT_EQ(key(), "key-of-file");
}

TEST_F(FindConnection, TakesEmptyForUnset) {
  environment_ = {{"QUARRY_DATA_DIR", ""}, {"QUARRY_API_KEY", ""}, {"QUARRY_URL", ""}};
  options_.data_dir = "";
  EXPECT_EQ(key(), "key-of-default");
  EXPECT_EQ(find()->url, kDefaultUrl);
}

TEST_F(FindConnection, TriesNoOtherKeyWhenTheNamedOneCannotBeRead) {
  options_.api_key_file = folder_ / "absent";
  const auto found = find();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().text.find("the API key cannot be read from " + (folder_ / "absent").string() +
                                    " (No such file or directory)"),
            0U)
      << found.error().text;
}

TEST_F(FindConnection, RefusesWhatIsNoKeyAndDoesNotShowIt) {
  for (const std::string& text :
       {std::string("two words"), std::string("a\r\nX-Evil: 1"), std::string(), std::string(200, 'k'),
        std::string("se\x01"
                    "cret")}) {
    write(folder_ / "default" / "api_key", text);
    const auto found = find();
    ASSERT_FALSE(found.ok()) << text;
    EXPECT_NE(found.error().text.find("holds no API key"), std::string::npos);
    if (!text.empty()) { EXPECT_EQ(found.error().text.find(text), std::string::npos); }
  }
}

TEST_F(FindConnection, ReadsADirectoryAsNoKey) {
  options_.api_key_file = folder_;
  EXPECT_FALSE(find().ok());
}

TEST_F(FindConnection, UrlByFlagThenEnvironmentThenDefault) {
  EXPECT_EQ(find()->url, "http://127.0.0.1:7878");
  environment_["QUARRY_URL"] = "https://nas.example/quarry//";
  EXPECT_EQ(find()->url, "https://nas.example/quarry");
  options_.url = "http://[::1]:1/";
  EXPECT_EQ(find()->url, "http://[::1]:1");
}

TEST_F(FindConnection, UrlByTheManifestWhenNothingElseSaysIt) {
  const auto url_for = [&](const char* address, std::uint16_t port) {
    likely_.listen = {address, port};
    return find()->url;
  };
  EXPECT_EQ(url_for("127.0.0.1", 8080), "http://127.0.0.1:8080");
  EXPECT_EQ(url_for("127.0.0.7", 80), "http://127.0.0.7:80");
  EXPECT_EQ(url_for("localhost", 80), "http://127.0.0.1:80");
  EXPECT_EQ(url_for("0.0.0.0", 80), "http://127.0.0.1:80") << "all addresses, so the loopback, too";
  EXPECT_EQ(url_for("::", 80), "http://[::1]:80");
  EXPECT_EQ(url_for("0:0::0", 80), "http://[::1]:80");
  environment_["QUARRY_URL"] = "http://nas:1";
  EXPECT_EQ(find()->url, "http://nas:1");
}

TEST_F(FindConnection, AsksNoOtherHostWhenTheManifestDoesNotSayWhich) {
  likely_.listen = {"127.0.0.1", 0};
  EXPECT_NE(find().error().text.find("any free port: name its address with --url"), std::string::npos);
  likely_.listen = {"192.0.2.7", 7878};  // an address that is nobody's
  EXPECT_NE(find().error().text.find("192.0.2.7, which is no address of this machine"), std::string::npos);
  options_.likely_host = []() -> sdk::Result<LikelyHost> { return sdk::failure(sdk::Code::invalid, "m.toml: gone"); };
  EXPECT_EQ(find().error().text, "m.toml: gone");
  options_.url = "http://127.0.0.1:1";
  EXPECT_EQ(key(), "m.toml: gone");
  environment_["QUARRY_API_KEY"] = "key-itself";
  EXPECT_TRUE(find().ok()) << "nobody needs the manifest";
}

TEST_F(FindConnection, RefusesWhatIsNoWebAddress) {
  for (const char* url : {"127.0.0.1:7878", "ftp://x", "http://user:secret@host", "http://x/?a", "http://a b"}) {
    options_.url = url;
    const auto found = find();
    ASSERT_FALSE(found.ok()) << url;
    EXPECT_EQ(found.error().text.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace quarry::cli
