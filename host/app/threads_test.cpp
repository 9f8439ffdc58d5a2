// SPDX-License-Identifier: MIT
#include "app/duty_thread.hpp"
#include "app/run_on_threads.hpp"

#include <quarry/sdk/helpers/system_clock.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace quarry::app {
namespace {

TEST(DutyThread, AStepThatThrowsIsNotTheLast) {
  const sdk::SystemClock clock;
  std::atomic<int> steps{0};
  std::promise<void> third;
  DutyThread duty(clock, [&](std::int64_t now) -> std::int64_t {
    const int step = ++steps;
    if (step == 1) { throw std::runtime_error("a bug"); }
    if (step == 2) { throw 42; }
    if (step == 3) { third.set_value(); }
    return now + 3'600'000;
  });
  duty.start();
  auto reached = third.get_future();
  // Instead of waiting for the end of the pause.
  while (reached.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) { duty.nudge(); }
  duty.request_stop();
  EXPECT_TRUE(duty.join_until(clock.steady_ms() + 10'000));
}

TEST(RunOnThreads, RunsEachJobSideBySideAndReturnsWithTheLast) {
  constexpr int kJobs = 8;
  std::atomic<int> begun{0};
  std::vector<std::function<void()>> jobs;
  for (int i = 0; i < kJobs; ++i) {
    jobs.emplace_back([&] {
      ++begun;
      while (begun < kJobs) { std::this_thread::yield(); }  // none ends before all have begun
    });
  }
  run_on_threads(jobs);
  EXPECT_EQ(begun, kJobs);
  std::vector<std::function<void()>> none;
  run_on_threads(none);
}

}  // namespace
}  // namespace quarry::app
