// SPDX-License-Identifier: MIT
#include "plugins/crash_sentinel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include <sys/wait.h>
#include <unistd.h>

namespace quarry::plugins {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class CrashSentinelTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "quarry-sentinel-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(CrashSentinelTest, NamesWhatWasCalledWhenTheProcessDied) {
  const fs::path file = folder_ / "running.sentinel";
  const pid_t child = ::fork();
  if (child == 0) {
    CrashSentinel sentinel(file);
    { const CrashSentinel::Mark ended(sentinel, "finished"); }
    const CrashSentinel::Mark first(sentinel, "qbittorrent");
    const CrashSentinel::Mark second(sentinel, "hdbits");
    const CrashSentinel::Mark same(sentinel, "hdbits");
    ::_exit(9);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  {
    const CrashSentinel sentinel(file);
    EXPECT_THAT(sentinel.left_behind(), ElementsAre("qbittorrent", "hdbits"));
  }
  EXPECT_THAT(CrashSentinel(file).left_behind(), IsEmpty()) << "told once";
}

TEST_F(CrashSentinelTest, AnOrderlyEndLeavesNothing) {
  {
    CrashSentinel sentinel(folder_ / "s");
    const CrashSentinel::Mark mark(sentinel, "x");
  }
  EXPECT_THAT(CrashSentinel(folder_ / "s").left_behind(), IsEmpty());
}

TEST_F(CrashSentinelTest, WorksWithoutAFileAndWithMoreCallsThanCells) {
  CrashSentinel nowhere(folder_ / "none" / "s");
  { const CrashSentinel::Mark mark(nowhere, "x"); }
  CrashSentinel sentinel(folder_ / "s");
  std::vector<std::unique_ptr<CrashSentinel::Mark>> marks;
  for (int i = 0; i < 100; ++i) {
    marks.push_back(std::make_unique<CrashSentinel::Mark>(sentinel, "a-rather-long-name"));
  }
  const CrashSentinel other(folder_ / "s");
  EXPECT_THAT(other.left_behind(), IsEmpty()) << "a second process must not disturb the first";
}

}  // namespace
}  // namespace quarry::plugins
