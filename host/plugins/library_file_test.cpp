// SPDX-License-Identifier: MIT
#include "plugins/library_file.hpp"
#include "plugins/elf_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quarry::plugins {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class LibraryFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "quarry-library-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  sdk::Result<ElfExports> exports(const std::string& bytes) {
    const fs::path file = folder_ / "x";
    std::ofstream(file, std::ios::binary) << bytes;
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    auto result = read_elf_exports(fd);
    ::close(fd);
    return result;
  }
  fs::path folder_;
};

std::string own_bytes() {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  std::string bytes(256 * 1024, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

TEST_F(LibraryFileTest, ReadsWhatALibraryExports) {
  const fs::path c_library = "/lib/x86_64-linux-gnu/libm.so.6";
  if (!fs::exists(c_library)) { GTEST_SKIP() << "no libm where it is expected"; }
  std::ifstream in(c_library, std::ios::binary);
  const auto result = exports({std::istreambuf_iterator<char>(in), {}});
  ASSERT_TRUE(result.ok()) << result.error().text;
  EXPECT_THAT(result->names, testing::Contains("cos"));
}

TEST_F(LibraryFileTest, HostileFilesAreRefusedNotRead) {
  EXPECT_FALSE(exports("").ok());
  EXPECT_FALSE(exports("\x7f"
                       "ELF")
                   .ok());
  const std::string good = own_bytes();
  for (const std::size_t size : {16U, 63U, 64U, 4096U}) { EXPECT_FALSE(exports(good.substr(0, size)).ok()) << size; }
  std::string other_machine = good;
  other_machine[18] = 8;  // MIPS
  EXPECT_THAT(exports(other_machine).error().text, HasSubstr("another kind of machine"));
  // Whatever the tables say, the answer is a result, never a crash.
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::string broken = good.substr(0, 64 * 1024);
    for (int i = 0; i < 8; ++i) { broken[random() % 64] = static_cast<char>(random()); }
    static_cast<void>(exports(broken));
  }
}

TEST_F(LibraryFileTest, OnlyRegularFiles) {
  EXPECT_THAT(open_library({folder_.string(), {}, {}}).error().text, HasSubstr("is no regular file"));
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(open_library({(folder_ / "fifo").string(), {}, {}}).error().text, HasSubstr("is no regular file"))
      << "and does not wait";
}

TEST_F(LibraryFileTest, NamesStayInsideThePluginDirectory) {
  fs::create_directories(folder_ / "plugins");
  std::ofstream(folder_ / "outside.so") << "x";
  EXPECT_THAT(open_library({"../outside.so", folder_ / "plugins", {}}).error().text,
              HasSubstr("lies outside the plugin directory"));
  EXPECT_THAT(open_library({"x.so", folder_ / "none", {}}).error().text,
              HasSubstr("cannot be used as plugin directory"));
  fs::create_directories(folder_ / "plugins-more");
  std::ofstream(folder_ / "plugins-more/x.so") << "x";
  EXPECT_THAT(open_library({"../plugins-more/x.so", folder_ / "plugins", {}}).error().text, HasSubstr("lies outside"));
}

}  // namespace
}  // namespace quarry::plugins
