// SPDX-License-Identifier: MIT
// A full disk, a foreign lock, a killed process: what is said, what holds, and that it heals.
#include "connection.hpp"
#include "statements.hpp"
#include "test_support.hpp"

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace quarry::storage_sqlite {
namespace {

using sdk::Code;
using sdk::CommandResult;
using sdk::testing::StoreCaller;

/// While it lives, no file of this process grows beyond `bytes`: as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

/// While it lives, a file of a database that is opened can be made to fail in its flushes, when all of a commit has
/// been written.
class FailingFlushes {
 public:
  FailingFlushes() {
    real_ = sqlite3_vfs_find(nullptr);
    shim_ = *real_;
    shim_.zName = "failing-flushes";
    shim_.xOpen = open;
    sqlite3_vfs_register(&shim_, 1);
  }
  ~FailingFlushes() {
    fail = false;
    sqlite3_vfs_register(real_, 1);
    sqlite3_vfs_unregister(&shim_);
  }
  FailingFlushes(const FailingFlushes&) = delete;
  FailingFlushes& operator=(const FailingFlushes&) = delete;
  static inline bool fail = false;

 private:
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* opened_with) {
    const int result = real_->xOpen(real_, name, file, flags, opened_with);
    if (result != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) { return result; }
    of_log_ = *file->pMethods;
    real_sync_ = of_log_.xSync;
    of_log_.xSync = sync;
    file->pMethods = &of_log_;
    return result;
  }
  static int sync(sqlite3_file* file, int flags) { return fail ? SQLITE_IOERR_FSYNC : real_sync_(file, flags); }

  static inline sqlite3_vfs* real_ = nullptr;
  static inline sqlite3_vfs shim_;
  static inline sqlite3_io_methods of_log_;
  static inline int (*real_sync_)(sqlite3_file*, int) = nullptr;
};

class Failing : public ::testing::Test {
 protected:
  sdk::Status try_enqueue(const std::string& name, std::string& text, std::int64_t timeout_ms = 30'000) {
    sdk::BasicContext ctx = host_.context(timeout_ms);
    sdk::Outcomes outcomes;
    const sdk::NewDownload item = new_download(name);
    const sdk::Status status = store_->enqueue(ctx, std::span(&item, 1), outcomes);
    text = ctx.text();
    EXPECT_EQ(outcomes.all.size(), status.ok() ? 1U : 0U) << "no outcome is given for what was not applied";
    return status;
  }
  void expect_applied(const std::string& name) {
    std::string text;
    EXPECT_TRUE(try_enqueue(name, text).ok()) << text;
  }

  TestFolder folder_;
  sdk::testing::FakeHost host_;
  std::unique_ptr<SqliteQueueStore> store_ = open_store(host_, folder_.file());
  StoreCaller call_{*store_, host_.clock};
};

TEST_F(Failing, OnAFullDiskNothingIsAppliedReadsGoOnAndItHeals) {
  for (int i = 0; i < 5; ++i) { expect_applied("before-" + std::to_string(i)); }
  int applied = 0;
  int refused = 0;
  std::string text;
  {
    const auto room = std::filesystem::file_size(folder_.file("queue.db-wal")) + 200'000;
    const FullDisk full(room);
    for (int i = 0; i < 40; ++i) {
      const sdk::Status status = try_enqueue("full-" + std::to_string(i), text);
      if (status.ok()) {
        ++applied;
        continue;
      }
      ++refused;
      EXPECT_EQ(status.code, Code::unavailable) << text;
      EXPECT_TRUE(status.retryable());
      EXPECT_NE(text.find("nothing was changed"), std::string::npos) << text;
      EXPECT_EQ(call_.all().size(), static_cast<std::size_t>(5 + applied));
    }
    sdk::testing::QueueRow first = call_.row(1);
    EXPECT_EQ(first.release_key, "before-0");
  }
  ASSERT_GT(refused, 0) << "the disk never was full";
  for (int i = 0; i < 40; ++i) { expect_applied("full-" + std::to_string(i)); }
  EXPECT_EQ(call_.all().size(), 45U);
  EXPECT_EQ(call_.events().size(), 45U);
  EXPECT_EQ(call_.stats().by_status[0], 45);
  store_.reset();
  Connection check(folder_.file(), Access::writer, Synchronous::normal);
  EXPECT_EQ(check.raw().text("PRAGMA integrity_check"), "ok");
}

TEST_F(Failing, ALargeBatchOnAFullDiskIsUndoneAsAWhole) {
  std::vector<std::string> names;
  std::vector<sdk::NewDownload> items;
  for (int i = 0; i < 2000; ++i) { names.push_back("item-" + std::to_string(i)); }
  for (const std::string& name : names) { items.push_back(new_download(name)); }
  {
    const FullDisk full(300'000);
    sdk::BasicContext ctx = host_.context();
    sdk::Outcomes outcomes;
    EXPECT_EQ(store_->enqueue(ctx, items, outcomes).code, Code::unavailable) << ctx.text();
    EXPECT_TRUE(outcomes.all.empty());
    EXPECT_TRUE(call_.all().empty());
  }
  for (const sdk::Outcome& outcome : call_.enqueue(items)) { EXPECT_EQ(outcome.result, CommandResult::applied); }
  EXPECT_EQ(call_.stats().by_status[0], 2000);
}

TEST_F(Failing, ACommitThatFailsOnceItIsWrittenIsUnknown) {
  store_.reset();
  const FailingFlushes flushes;
  store_ = std::make_unique<SqliteQueueStore>(
      host_, sdk::Config::parse(R"({"synchronous": "full", "path": ")" + folder_.file() + R"("})"));
  sdk::BasicContext ctx = host_.context();
  ASSERT_TRUE(store_->open(ctx).ok()) << ctx.text();
  StoreCaller call(*store_, host_.clock);
  // The head of a new log is flushed before anything else is written.
  ASSERT_EQ(call.enqueue(new_download("before")).result, CommandResult::applied);
  const sdk::NewDownload item = new_download("a");
  TestFolder crashed;
  FailingFlushes::fail = true;
  const sdk::Outcome unknown = call.enqueue(item);
  EXPECT_EQ(unknown.result, CommandResult::unknown_commit);
  EXPECT_EQ(call.all().size(), 1U);
  for (const char* file : {"queue.db", "queue.db-wal"}) {
    std::filesystem::copy_file(folder_.file(file), crashed.file(file));
  }
  sdk::LaneSettings lane;
  lane.lane = "downloads";
  const sdk::Status status = store_->set_lane(ctx, lane);
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_NE(status.flags & sdk::kMaybeApplied, 0U) << ctx.text();
  FailingFlushes::fail = false;

  const auto after_a_crash = open_store(host_, crashed.file());
  StoreCaller then(*after_a_crash, host_.clock);
  EXPECT_EQ(then.all().size(), 2U) << "which is why nobody may say that nothing was changed";
  EXPECT_EQ(then.enqueue(item).result, CommandResult::already_applied);
  EXPECT_EQ(call.enqueue(item).result, CommandResult::applied) << "sent again, it is resolved";
  EXPECT_EQ(call.all().size(), 2U);
}

TEST_F(Failing, ALockOfAnotherProgramIsNamedAndPasses) {
  expect_applied("before");
  Connection other(folder_.file(), Access::writer, Synchronous::normal);
  other.raw().exec(sql::kBegin);
  std::string text;
  const sdk::Status status = try_enqueue("locked", text, 30);
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_TRUE(status.retryable());
  EXPECT_NE(text.find("locked by another program"), std::string::npos) << text;
  EXPECT_EQ(call_.all().size(), 1U) << "reads go on";
  other.raw().exec(sql::kRollback);
  expect_applied("locked");
}

TEST_F(Failing, AConstraintIsReportedWithItsExtendedCode) {
  {
    Connection other(folder_.file(), Access::writer, Synchronous::normal);
    other.raw().exec("CREATE TRIGGER refuse BEFORE INSERT ON download BEGIN SELECT RAISE(ABORT, 'no more'); END");
  }
  std::string text;
  const sdk::Status status = try_enqueue("one", text);
  EXPECT_EQ(status.code, Code::internal);
  EXPECT_EQ(status.vendor_code, 1811) << text;
  EXPECT_NE(text.find("no more"), std::string::npos) << text;
}

/// A process is killed while it enqueues: all that it was told is applied is there afterwards.
TEST(Killed, AcknowledgedRowsSurviveAndTheFileIsFreeAtOnce) {
  const TestFolder folder;
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close(pipe_ends[0]);
    sdk::testing::FakeHost host;
    const auto store = make_store(host, folder.file());
    sdk::BasicContext ctx = host.context();
    if (!store->open(ctx).ok()) { _exit(1); }
    for (int i = 0;; ++i) {
      const std::string name = "item-" + std::to_string(i);
      const sdk::NewDownload item = new_download(name);
      sdk::Outcomes outcomes;
      if (!store->enqueue(ctx, std::span(&item, 1), outcomes).ok()) { _exit(2); }
      if (write(pipe_ends[1], "x", 1) != 1) { _exit(3); }
    }
  }
  close(pipe_ends[1]);
  char byte = 0;
  std::size_t acknowledged = 0;
  while (acknowledged < 300 && read(pipe_ends[0], &byte, 1) == 1) { ++acknowledged; }
  sdk::testing::FakeHost host;
  EXPECT_EQ(try_open(host, folder.file()).first.code, Code::conflict) << "the child has it";
  EXPECT_NE(try_open(host, folder.file()).second.find(std::to_string(child)), std::string::npos);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  while (read(pipe_ends[0], &byte, 1) == 1) { ++acknowledged; }
  close(pipe_ends[0]);

  const auto store = open_store(host, folder.file());
  StoreCaller call(*store, host.clock);
  const std::vector<sdk::testing::QueueRow> rows = call.all();
  EXPECT_GE(rows.size(), acknowledged);
  EXPECT_LE(rows.size(), acknowledged + 1);
  EXPECT_EQ(call.events().size(), rows.size()) << "a row and its event are one";
  EXPECT_EQ(call.stats().by_status[0], static_cast<std::int64_t>(rows.size()));
  for (std::size_t i = 0; i < acknowledged; ++i) { EXPECT_EQ(rows.at(i).release_key, "item-" + std::to_string(i)); }
}

TEST_F(Failing, ARefusedStatementIsToldWithoutItsValues) {
  Connection other(folder_.file(), Access::writer, Synchronous::normal);
  other.raw().exec("CREATE TRIGGER broken BEFORE INSERT ON download BEGIN SELECT RAISE(ABORT, 'broken'); END");
  sdk::NewDownload item = new_download("a");
  item.download_url = "https://tracker.example/dl?passkey=CANARY";
  sdk::BasicContext ctx = host_.context();
  sdk::Outcomes outcomes;
  EXPECT_EQ(store_->enqueue(ctx, std::span(&item, 1), outcomes).code, Code::internal);
  EXPECT_NE(std::string(ctx.text()).find("broken"), std::string::npos) << ctx.text();
  EXPECT_EQ(std::string(ctx.text()).find("CANARY"), std::string::npos) << ctx.text();
}

}  // namespace
}  // namespace quarry::storage_sqlite
