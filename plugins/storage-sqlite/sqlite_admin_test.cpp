// SPDX-License-Identifier: MIT
#include "sqlite_admin.hpp"

#include "test_support.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace quarry::storage_sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Patient final : public sdk::ProgressSink {
 public:
  bool step(std::int64_t, std::int64_t) noexcept override { return true; }
};

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::string& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

/// A sound database with some downloads, and a backup of it.
class SqliteRestore : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto store = open_store(host_, live_);
    sdk::testing::StoreCaller call(*store, host_.clock);
    for (const char* name : {"a", "b", "c"}) { call.enqueue(new_download(name)); }
  }
  void TearDown() override {
    sdk::BasicContext ctx = host_.context();
    sdk::StorageStatus status;
    ASSERT_TRUE(admin().status(ctx, status).ok()) << ctx.text();
    EXPECT_EQ(status.downloads, 3) << "the storage is as it was";
    EXPECT_FALSE(std::filesystem::exists(live_ + ".restore"));
  }
  SqliteAdmin& admin() {
    if (admin_ == nullptr) {
      admin_ = std::make_unique<SqliteAdmin>(host_, sdk::Config::parse(R"({"path": ")" + live_ + R"("})"));
    }
    return *admin_;
  }
  /// Why `file` is not restored.
  std::string refused(const std::string& file) {
    sdk::BasicContext ctx = host_.context();
    EXPECT_FALSE(admin().restore(ctx, file, patient_).ok());
    EXPECT_THAT(ctx.text(), HasSubstr(file));
    EXPECT_THAT(ctx.text(), Not(HasSubstr(live_))) << "that one is sound";
    return ctx.text();
  }

  TestFolder folder_;
  sdk::testing::FakeHost host_;
  const std::string live_ = folder_.file("live.db");
  const std::string other_ = folder_.file("backup.db");
  Patient patient_;
  std::unique_ptr<SqliteAdmin> admin_;
};

TEST_F(SqliteRestore, ATextFileIsSaidToBeNoBackup) {
  write(other_, std::string(5000, 'x'));
  EXPECT_THAT(refused(other_), HasSubstr("is not an SQLite database, so it is no backup; name a file"));
}

TEST_F(SqliteRestore, AFolderIsSaidToBeNone) {
  std::filesystem::create_directory(other_);
  EXPECT_THAT(refused(other_), HasSubstr("is a folder, not a backup; name a file"));
}

TEST_F(SqliteRestore, ABackupThatWasCutOffIsSaidToBeDamagedWhereverItEnds) {
  const std::string whole = folder_.file("whole.db");
  sdk::BasicContext ctx = host_.context();
  ASSERT_TRUE(admin().backup(ctx, whole, patient_).ok()) << ctx.text();
  const std::string bytes = bytes_of(whole);
  for (const std::size_t size :
       {bytes.size() - 1, bytes.size() / 2, std::size_t{5000}, std::size_t{4096}, std::size_t{50}}) {
    write(other_, bytes.substr(0, size));
    EXPECT_THAT(refused(other_), HasSubstr("take another backup")) << size;
  }
  write(other_, {});
  EXPECT_THAT(refused(other_), HasSubstr("is empty: it is no backup"));
}

}  // namespace
}  // namespace quarry::storage_sqlite
