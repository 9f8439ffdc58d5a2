// SPDX-License-Identifier: MIT
#include "http/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace quarry::http {
namespace {

using Gate = std::promise<void>;

TEST(WorkerPool, RefusesWhenTheLineIsFull) {
  WorkerPool pool(1, 2);
  Gate started;
  Gate open;
  std::shared_future<void> opened = open.get_future().share();
  ASSERT_TRUE(pool.try_post(
      [&] {
        started.set_value();
        opened.wait();
      },
      false));
  started.get_future().wait();
  std::atomic<int> done{0};
  EXPECT_TRUE(pool.try_post([&] { ++done; }, false));
  EXPECT_TRUE(pool.try_post([&] { ++done; }, false));
  EXPECT_FALSE(pool.try_post([&] { ++done; }, false));
  Gate last;
  EXPECT_TRUE(pool.try_post([&] { last.set_value(); }, true));
  open.set_value();
  last.get_future().wait();
  EXPECT_EQ(done, 2);
}

TEST(WorkerPool, SlowJobsNeverTakeEveryThread) {
  WorkerPool pool(4, 16);
  Gate open;
  std::shared_future<void> opened = open.get_future().share();
  std::atomic<int> slow_running{0};
  std::atomic<int> most{0};
  std::atomic<int> slow_done{0};
  Gate all_slow_done;
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(pool.try_post(
        [&] {
          most = std::max(most.load(), ++slow_running);
          opened.wait();
          --slow_running;
          if (++slow_done == 6) { all_slow_done.set_value(); }
        },
        true));
  }
  // With every slow job stuck, a quick one is still served.
  Gate quick;
  ASSERT_TRUE(pool.try_post([&] { quick.set_value(); }, false));
  quick.get_future().wait();
  open.set_value();
  all_slow_done.get_future().wait();
  EXPECT_LE(most, 2);
}

TEST(WorkerPool, StopWaitsForWhatRunsAndDropsWhatWaits) {
  WorkerPool pool(1, 1'000'000'000);
  Gate started;
  Gate open;
  bool ended = false;
  bool dropped_ran = false;
  ASSERT_TRUE(pool.try_post(
      [&] {
        started.set_value();
        open.get_future().wait();
        ended = true;
      },
      false));
  ASSERT_TRUE(pool.try_post([&] { dropped_ran = true; }, false));
  started.get_future().wait();
  std::thread stopper([&] { pool.stop(); });
  while (pool.try_post([] {}, false)) { std::this_thread::yield(); }
  open.set_value();
  stopper.join();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(dropped_ran);
  EXPECT_FALSE(pool.try_post([] {}, false));
}

}  // namespace
}  // namespace quarry::http
