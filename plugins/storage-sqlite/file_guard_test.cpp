// SPDX-License-Identifier: MIT
#include "file_guard.hpp"
#include "test_support.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace quarry::storage_sqlite {
namespace {

using sdk::Code;

template <class F>
std::pair<Code, std::string> refusal(F f) {
  try {
    f();
  } catch (const sdk::Error& error) { return {error.status().code, error.what()}; }
  return {Code::ok, ""};
}
Code code_of(const std::string& configured) {
  return refusal([&] { static_cast<void>(file_of(configured)); }).first;
}

TEST(FileOf, TakesPathsAndUrls) {
  EXPECT_EQ(file_of("queue.db"), "queue.db");
  EXPECT_EQ(file_of("/var/lib/quarry/queue.db"), "/var/lib/quarry/queue.db");
  EXPECT_EQ(file_of("sqlite:queue.db"), "queue.db");
  EXPECT_EQ(file_of("sqlite:///var/lib/queue.db"), "/var/lib/queue.db");
}

TEST(FileOf, RefusesWhatIsNoFile) {
  EXPECT_EQ(code_of("sqlite://host/queue.db"), Code::invalid);
  EXPECT_EQ(code_of("sqlite:"), Code::invalid);
  EXPECT_EQ(code_of(""), Code::invalid);
  EXPECT_EQ(code_of(":memory:"), Code::invalid);
  EXPECT_EQ(code_of("sqlite::memory:"), Code::invalid);
  EXPECT_EQ(code_of("a\"b"), Code::invalid);
}

TEST(FileOf, IsNamedByUrlOrPath) {
  EXPECT_EQ(file_of(sdk::Config::parse(R"({"url": "sqlite:queue.db"})")), "queue.db");
  EXPECT_EQ(file_of(sdk::Config::parse(R"({"path": "queue.db"})")), "queue.db");
  for (const char* config : {"{}", R"({"url": "a.db", "path": "b.db"})"}) {
    EXPECT_EQ(refusal([&] { static_cast<void>(file_of(sdk::Config::parse(config))); }).first, Code::invalid) << config;
  }
}

TEST(FileOf, TakesNoAddressOfAServerAndDoesNotRepeatIt) {
  const auto [code, text] = refusal([] { static_cast<void>(file_of("postgres://me:secret@db/quarry")); });
  EXPECT_EQ(code, Code::invalid);
  EXPECT_NE(text.find("address of a server"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos) << text;
}

TEST(UnsafeFileSystem, KnowsNetworksAndLetsDisksBe) {
  EXPECT_EQ(unsafe_file_system(0x6969), "NFS");
  EXPECT_EQ(unsafe_file_system(static_cast<long>(0xff534d42U)), "CIFS");
  EXPECT_EQ(unsafe_file_system(static_cast<int>(0xfe534d42U)), "SMB") << "f_type may be signed";
  EXPECT_EQ(unsafe_file_system(0x65735546), "FUSE");
  EXPECT_EQ(unsafe_file_system(0xef53), "") << "ext4";
  EXPECT_EQ(unsafe_file_system(0x01021994), "") << "tmpfs";
}

TEST(FileGuard, MakesAPrivateFile) {
  const TestFolder folder;
  const FileGuard guard(folder.file());
  struct stat info {};
  ASSERT_EQ(stat(folder.file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(folder.file("queue.db.lock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(FileGuard, NamesTheProcessThatHasTheFile) {
  const TestFolder folder;
  const FileGuard guard(folder.file());
  // As another process would have written it.
  std::ofstream(folder.file("queue.db.lock")) << "4711\n";
  const auto [code, text] = refusal([&] { const FileGuard second(folder.file()); });
  EXPECT_EQ(code, Code::conflict);
  EXPECT_NE(text.find("in use by process 4711; stop it"), std::string::npos) << text;
}

TEST(FileGuard, TellsNobodyToStopTheProcessThatAsks) {
  const TestFolder folder;
  const FileGuard guard(folder.file());
  const std::string text = refusal([&] { const FileGuard second(folder.file()); }).second;
  EXPECT_NE(text.find("in use by process " + std::to_string(getpid()) + ", which is this one"), std::string::npos)
      << text;
  EXPECT_EQ(text.find("stop it"), std::string::npos) << text;
}

TEST(FileGuard, MeetsAnotherNameOfTheSameFile) {
  const TestFolder folder;
  const FileGuard guard(folder.file());
  std::filesystem::create_symlink(folder.file(), folder.file("other.db"));
  EXPECT_EQ(refusal([&] { const FileGuard second(folder.file("other.db")); }).first, Code::conflict);
}

TEST(FileGuard, LetsGo) {
  const TestFolder folder;
  { const FileGuard first(folder.file()); }
  EXPECT_EQ(refusal([&] { const FileGuard second(folder.file()); }).first, Code::ok);
}

TEST(FileGuard, SaysWhatIsWrongWithAPlace) {
  const TestFolder folder;
  const auto [no_folder, said] = refusal([&] { const FileGuard guard(folder.file("missing/queue.db")); });
  EXPECT_EQ(no_folder, Code::invalid);
  EXPECT_NE(said.find("does not exist"), std::string::npos) << said;
  EXPECT_EQ(refusal([&] { const FileGuard guard(folder.path().string()); }).first, Code::invalid);
}

}  // namespace
}  // namespace quarry::storage_sqlite
