// SPDX-License-Identifier: MIT
#include "ops/api_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace quarry::ops {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ApiKeyFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "quarry-key-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ / "api_key";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& text, fs::perms mode = fs::perms::owner_read | fs::perms::owner_write) {
    std::ofstream(file_, std::ios::binary) << text;
    fs::permissions(file_, mode);
  }
  std::string failure() {
    const auto result = load_or_create_api_key(file_);
    return result.ok() ? "no failure" : result.error().text;
  }

  fs::path folder_;
  fs::path file_;
};

TEST_F(ApiKeyFile, IsMadeOnceWithModeSixHundred) {
  const auto first = load_or_create_api_key(file_);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first.value().created);
  EXPECT_EQ(first.value().key.size(), 64U);
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);

  const auto second = load_or_create_api_key(file_);
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second.value().created);
  EXPECT_EQ(second.value().key, first.value().key);
}

TEST_F(ApiKeyFile, ModeDoesNotDependOnTheUmask) {
  const mode_t before = umask(0);
  const auto made = load_or_create_api_key(file_);
  umask(before);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(ApiKeyFile, LeavesNothingElseInTheFolder) {
  ASSERT_TRUE(load_or_create_api_key(file_).ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(ApiKeyFile, AcceptsAKeyOfTheOwnersChoice) {
  write("correct-horse-battery\r\n");
  const auto result = load_or_create_api_key(file_);
  ASSERT_TRUE(result.ok()) << result.error().text;
  EXPECT_EQ(result.value().key, "correct-horse-battery");
}

TEST_F(ApiKeyFile, RefusesOneThatOthersCanRead) {
  for (const fs::perms mode : {fs::perms::others_read, fs::perms::group_read, fs::perms::group_write}) {
    write("correct-horse-battery\n", fs::perms::owner_read | fs::perms::owner_write | mode);
    EXPECT_THAT(failure(), AllOf(HasSubstr(file_.string()), HasSubstr("chmod 600"), Not(HasSubstr("horse"))));
    fs::remove(file_);
  }
}

TEST_F(ApiKeyFile, RefusesWhatIsNoKeyWithoutShowingIt) {
  for (const std::string& text :
       {std::string(), std::string("short"), std::string("two words are not a key"), std::string(200, 'x'),
        std::string("sixteen-letters!\nand more"), std::string("zero\0in-the-middle-of-it", 24)}) {
    write(text);
    EXPECT_THAT(failure(), AllOf(HasSubstr("holds no key"), HasSubstr("delete it")));
    fs::remove(file_);
  }
}

TEST_F(ApiKeyFile, RefusesAFolderUnderItsName) {
  fs::create_directory(file_);
  EXPECT_THAT(failure(), HasSubstr("not a plain file"));
}

TEST_F(ApiKeyFile, RefusesAPipeWithoutWaitingForIt) {
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_THAT(failure(), HasSubstr("not a plain file"));
}

TEST_F(ApiKeyFile, SaysWhyItCannotBeMade) {
  file_ = folder_ / "absent" / "api_key";
  EXPECT_THAT(failure(), AllOf(HasSubstr("cannot create"), HasSubstr("No such file")));
}

TEST_F(ApiKeyFile, StartsAtTheSameMomentAgreeOnOneKey) {
  std::vector<std::string> keys(8);
  std::vector<std::thread> threads;
  threads.reserve(keys.size());
  for (std::string& key : keys) {
    threads.emplace_back([this, &key] {
      const auto result = load_or_create_api_key(file_);
      key = result.ok() ? result.value().key : result.error().text;
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1U);
}

}  // namespace
}  // namespace quarry::ops
