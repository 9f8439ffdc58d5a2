// SPDX-License-Identifier: MIT
// Group commit: who waits together is committed together, and fails alone.
#include "commit_queue.hpp"
#include "test_support.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <atomic>
#include <thread>
#include <utility>

namespace quarry::storage_sqlite {
namespace {

class GroupCommit : public ::testing::Test {
 protected:
  GroupCommit() {
    migrate(connection_, folder_.file());
    writer_ = std::make_unique<Writer>(connection_);
    queue_ = std::make_unique<CommitQueue>(*writer_, folder_.file());
  }
  ~GroupCommit() override {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) { thread.join(); }
    }
  }

  void enqueue(const std::string& name) {
    sdk::BasicContext ctx = host_.context();
    queue_->run(ctx, 1, [&](Writer& writer) { static_cast<void>(writer.enqueue(new_download(name), 1000)); });
  }
  /// A leader that stays in its transaction until `more` others stand in line.
  void hold_the_line_for(std::size_t more) {
    threads_.emplace_back([this, more] {
      sdk::BasicContext ctx = host_.context();
      queue_->run(ctx, 1, [&](Writer&) {
        leading_ = true;
        while (queue_->waiting() < 1 + more && !let_go_) { std::this_thread::yield(); }
      });
    });
    while (!leading_) { std::this_thread::yield(); }
  }
  void join() {
    for (std::thread& thread : threads_) { thread.join(); }
    threads_.clear();
  }
  std::int64_t rows() { return connection_.raw().integer("SELECT count(*) FROM download", -1); }

  TestFolder folder_;
  sdk::testing::FakeHost host_;
  Connection connection_{folder_.file(), Access::writer, Synchronous::normal};
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<CommitQueue> queue_;
  std::vector<std::thread> threads_;
  std::atomic<bool> leading_{false};
  std::atomic<bool> let_go_{false};
};

TEST_F(GroupCommit, ALoneCallerWorksOnItsOwnThread) {
  sdk::BasicContext ctx = host_.context();
  std::thread::id where;
  queue_->run(ctx, 1, [&](Writer&) { where = std::this_thread::get_id(); });
  EXPECT_EQ(where, std::this_thread::get_id());
  EXPECT_EQ(queue_->transactions(), 1);
  EXPECT_EQ(queue_->waiting(), 0U);
}

TEST_F(GroupCommit, ThoseWhoWaitShareOneTransaction) {
  hold_the_line_for(5);
  for (int i = 0; i < 5; ++i) {
    threads_.emplace_back([this, i] { enqueue("item-" + std::to_string(i)); });
  }
  join();
  EXPECT_EQ(rows(), 5);
  EXPECT_EQ(queue_->transactions(), 2);
}

TEST_F(GroupCommit, AFailingCommandLeavesItsNeighbours) {
  hold_the_line_for(3);
  std::atomic<int> failed{0};
  for (int i = 0; i < 3; ++i) {
    threads_.emplace_back([this, i, &failed] {
      sdk::BasicContext ctx = host_.context();
      try {
        queue_->run(ctx, 1, [&](Writer& writer) {
          static_cast<void>(writer.enqueue(new_download("item-" + std::to_string(i)), 1000));
          if (i == 1) { writer.connection().raw().exec("UPDATE download SET state = 99"); }
        });
      } catch (const sdk::Error& error) {
        EXPECT_EQ(error.status().code, sdk::Code::internal);
        EXPECT_NE(std::string(error.what()).find("275"), std::string::npos) << "the extended code: " << error.what();
        ++failed;
      }
    });
  }
  join();
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(connection_.raw().integer("SELECT count(*) FROM download WHERE release_key IN ('item-0', 'item-2')", -1),
            2);
  EXPECT_EQ(rows(), 2) << "what the failing command did before is undone";
}

TEST_F(GroupCommit, ALoneFailingCommandIsUndone) {
  sdk::BasicContext ctx = host_.context();
  EXPECT_THROW(queue_->run(ctx, 1,
                           [&](Writer& writer) {
                             static_cast<void>(writer.enqueue(new_download("lost"), 1000));
                             throw std::runtime_error("on purpose");
                           }),
               sdk::Error);
  EXPECT_EQ(rows(), 0);
  EXPECT_FALSE(connection_.raw().in_transaction());
  enqueue("kept");
  EXPECT_EQ(rows(), 1);
}

TEST_F(GroupCommit, WhoHasNoTimeLeavesTheLineUndone) {
  hold_the_line_for(1000);
  sdk::BasicContext hasty(host_.clock, 20, "hasty");
  std::atomic<bool> ran{false};
  std::atomic<bool> gave_up{false};
  std::thread waiting([&] {
    try {
      queue_->run(hasty, 1, [&](Writer&) { ran = true; });
    } catch (const sdk::Error& error) {
      gave_up = error.status().code == sdk::Code::deadline && error.status().not_started();
    }
  });
  while (queue_->waiting() < 2) { std::this_thread::yield(); }
  host_.clock.advance(30);
  waiting.join();
  EXPECT_TRUE(gave_up);
  EXPECT_FALSE(ran);
  let_go_ = true;
  join();
  enqueue("next");
  EXPECT_EQ(rows(), 1);
}

TEST_F(GroupCommit, WhenAnotherProgramHoldsTheDatabaseOnlyWhoHasNoTimeFails) {
  Connection other(folder_.file(), Access::writer, Synchronous::normal);
  struct Thief {
    Connection* other;
    bool holds = false;
  } thief{&other};
  // Runs when the first transaction has let its lock go and before the next begins.
  const auto steal = [](void* context, sqlite_api::sqlite3*, const char*, int) {
    auto& me = *static_cast<Thief*>(context);
    if (!std::exchange(me.holds, true)) { me.other->raw().exec("BEGIN IMMEDIATE"); }
    return SQLITE_OK;
  };
  sqlite_api::sqlite3_wal_hook(static_cast<soci::sqlite3_session_backend*>(connection_.session().get_backend())->conn_,
                               steal, &thief);
  threads_.emplace_back([this] {
    sdk::BasicContext ctx = host_.context();
    queue_->run(ctx, 1, [&](Writer& writer) {
      static_cast<void>(writer.enqueue(new_download("first"), 1000));
      leading_ = true;
      while (queue_->waiting() < 3) { std::this_thread::yield(); }
    });
  });
  while (!leading_) { std::this_thread::yield(); }
  std::atomic<bool> hasty_failed{false};
  threads_.emplace_back([&] {
    sdk::BasicContext hasty(host_.clock, 20, "hasty");
    try {
      queue_->run(hasty, 1, [](Writer&) {});
    } catch (const sdk::Error& error) {
      hasty_failed = error.status().code == sdk::Code::unavailable;
      other.raw().exec("ROLLBACK");
    }
  });
  while (queue_->waiting() < 2) { std::this_thread::yield(); }
  threads_.emplace_back([this] { enqueue("patient"); });
  join();
  EXPECT_TRUE(hasty_failed);
  EXPECT_EQ(rows(), 2) << "whoever stood behind was committed afterwards";
}

TEST_F(GroupCommit, ManyThreadsLoseNothing) {
  constexpr int kThreads = 6;
  constexpr int kEach = 50;
  for (int t = 0; t < kThreads; ++t) {
    threads_.emplace_back([this, t] {
      for (int i = 0; i < kEach; ++i) { enqueue("item-" + std::to_string(t) + "-" + std::to_string(i)); }
    });
  }
  join();
  EXPECT_EQ(rows(), kThreads * kEach);
  EXPECT_LE(queue_->transactions(), kThreads * kEach);
  EXPECT_EQ(connection_.raw().integer("SELECT sum(n) FROM status_count", -1), kThreads * kEach);
}

}  // namespace
}  // namespace quarry::storage_sqlite
