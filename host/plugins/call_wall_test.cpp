// SPDX-License-Identifier: MIT
#include "plugins/call_wall.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

namespace quarry::plugins {
namespace {

using sdk::Code;
using sdk::Status;
using testing::HasSubstr;

class CallWallTest : public testing::Test {
 protected:
  CallWall& wall(int slots = 1) {
    WallPorts ports;
    ports.clock = &clock_;
    ports.redact = [](std::string_view text) { return "<" + std::string(text) + ">"; };
    ports.random = [] { return 1.0; };
    WallNumbers numbers;
    numbers.slots = slots;
    wall_ = std::make_unique<CallWall>("box", std::move(ports), numbers);
    return *wall_;
  }
  sdk::BasicContext context(std::int64_t timeout_ms = 1000) { return {clock_, timeout_ms, "request-1"}; }
  void wait_until(const std::function<bool(const WallState&)>& holds) const {
    while (!holds(wall_->state())) { std::this_thread::yield(); }
  }
  void TearDown() override {
    go_.set_value();
    if (wall_) {
      wall_->close();
      EXPECT_TRUE(wall_->drain(20'000));
    }
  }
  /// Work that does not end before the test does.
  std::function<Status(sdk::CallContext&)> stubborn() {
    return [gate = gate_](sdk::CallContext&) -> Status {
      gate.wait();
      return {};
    };
  }

  sdk::testing::ManualClock clock_;
  std::promise<void> go_;
  std::shared_future<void> gate_{go_.get_future().share()};
  std::unique_ptr<CallWall> wall_;
};

TEST_F(CallWallTest, RunsOnAnotherThreadAndAnswers) {
  auto ctx = context();
  std::thread::id ran_on;
  std::string request;
  const auto answer = wall().run(ctx, "list", [&](sdk::CallContext& inner) -> Status {
    ran_on = std::this_thread::get_id();
    request = inner.request_id();
    return {};
  });
  EXPECT_TRUE(answer.returned);
  EXPECT_TRUE(answer.status.ok());
  EXPECT_NE(ran_on, std::this_thread::get_id());
  EXPECT_EQ(request, "request-1");
}

TEST_F(CallWallTest, HandsOverTheFailureRedacted) {
  auto ctx = context();
  const auto answer = wall().run(ctx, "list", [](sdk::CallContext& inner) {
    return inner.fail({Code::not_found, 0, 5, 404}, "gone");
  });
  EXPECT_EQ(answer.status.code, Code::not_found);
  EXPECT_EQ(answer.status.vendor_code, 404);
  EXPECT_EQ(ctx.text(), "<gone>");
}

TEST_F(CallWallTest, ACallWithoutReasonGetsOne) {
  auto ctx = context();
  wall_ = nullptr;
  WallPorts ports;
  ports.clock = &clock_;
  ports.random = [] { return 1.0; };
  wall_ = std::make_unique<CallWall>("box", std::move(ports), WallNumbers{});
  EXPECT_EQ(wall_->run(ctx, "list",
                       [](sdk::CallContext&) {
                         return Status{Code::unavailable, 0, 0, 0};
                       })
                .status.code,
            Code::unavailable);
  EXPECT_EQ(ctx.text(), "\"box\": list failed and gave no reason");
}

TEST_F(CallWallTest, CatchesWhateverIsThrown) {
  auto ctx = context();
  CallWall& w = wall();
  EXPECT_EQ(w.run(ctx, "list", [](sdk::CallContext&) -> Status { throw std::runtime_error("boom"); }).status.code,
            Code::internal);
  EXPECT_EQ(ctx.text(), "<the plugin threw an exception: boom>");
  EXPECT_EQ(w.run(ctx, "list", [](sdk::CallContext&) -> Status { throw 42; }).status.code, Code::internal);
  EXPECT_THAT(ctx.text(), HasSubstr("not a std::exception"));
}

TEST_F(CallWallTest, AnUnknownCodeIsABugOfThePlugin) {
  auto ctx = context();
  const auto answer = wall().run(ctx, "list", [](sdk::CallContext&) { return Status{static_cast<Code>(77), 0, 0, 0}; });
  EXPECT_EQ(answer.status.code, Code::internal);
  EXPECT_THAT(ctx.text(), HasSubstr("unknown code 77"));
}

TEST_F(CallWallTest, NoTimeMeansNoCall) {
  auto ctx = context(0);
  bool ran = false;
  const auto answer = wall().run(ctx, "list", [&](sdk::CallContext&) -> Status {
    ran = true;
    return {};
  });
  EXPECT_EQ(answer.status.code, Code::deadline);
  EXPECT_TRUE(answer.status.not_started());
  EXPECT_FALSE(ran);
}

TEST_F(CallWallTest, TheCallerLeavesAtItsDeadlineAndTheCallIsCancelled) {
  CallWall& w = wall();
  auto ctx = context(1000);
  std::promise<bool> saw_cancel;
  auto work = [&saw_cancel](sdk::CallContext& inner) -> Status {
    while (!inner.cancelled()) { std::this_thread::yield(); }
    saw_cancel.set_value(inner.remaining_ms() <= 0);
    return {};
  };
  std::thread time([&] {
    wait_until([](const WallState& s) { return s.in_flight == 1; });
    clock_.advance(1000);
  });
  const auto answer = w.run(ctx, "list", work);
  time.join();
  EXPECT_EQ(answer.status.code, Code::deadline);
  EXPECT_FALSE(answer.returned);
  EXPECT_FALSE(answer.status.not_started()) << "it began: the outcome is unknown";
  EXPECT_TRUE(saw_cancel.get_future().get());
  wait_until([](const WallState& s) { return s.in_flight == 0; });
  EXPECT_EQ(w.state().stuck, 0) << "the slot is free again";
}

TEST_F(CallWallTest, WhenAllSlotsAreStuckItAnswersAtOnce) {
  CallWall& w = wall(2);
  for (int i = 0; i < 2; ++i) {
    auto ctx = context(1000);
    std::thread time([&, i] {
      wait_until([i](const WallState& s) { return s.in_flight == i + 1; });
      clock_.advance(1000);
    });
    EXPECT_EQ(w.run(ctx, "list", stubborn()).status.code, Code::deadline);
    time.join();
  }
  EXPECT_EQ(w.state().stuck, 2);
  auto ctx = context();
  const auto answer = w.run(ctx, "list", [](sdk::CallContext&) { return Status{}; });
  EXPECT_EQ(answer.status.code, Code::unavailable);
  EXPECT_TRUE(answer.status.not_started());
}

TEST_F(CallWallTest, ACallThatFindsNoFreeSlotWasNotBegun) {
  CallWall& w = wall(1);
  std::thread busy([&] {
    auto ctx = context(1'000'000);
    static_cast<void>(w.run(ctx, "list", [gate = gate_](sdk::CallContext& inner) -> Status {
      while (!inner.cancelled() && gate.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {}
      return {};
    }));
  });
  wait_until([](const WallState& s) { return s.in_flight == 1; });
  auto ctx = context(1000);
  auto waiting =
      std::async(std::launch::async, [&] { return w.run(ctx, "add", [](sdk::CallContext&) { return Status{}; }); });
  // The caller waits for the slot; only time can end that.
  EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(60)), std::future_status::timeout);
  clock_.advance(1000);
  const auto answer = waiting.get();
  EXPECT_EQ(answer.status.code, Code::deadline);
  EXPECT_TRUE(answer.status.not_started());
  EXPECT_THAT(ctx.text(), HasSubstr("all its call slots were busy"));
  w.close();
  busy.join();
}

TEST_F(CallWallTest, NeverMoreCallsAtOnceThanSlots) {
  CallWall& w = wall(3);
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] {
      auto ctx = context(1'000'000);
      const auto answer = w.run(ctx, "list", [&](sdk::CallContext&) -> Status {
        const int running = ++now;
        int seen = most.load();
        while (running > seen && !most.compare_exchange_weak(seen, running)) {}
        std::this_thread::yield();
        --now;
        return {};
      });
      EXPECT_TRUE(answer.status.ok());
    });
  }
  for (auto& caller : callers) { caller.join(); }
  EXPECT_LE(most.load(), 3);
  EXPECT_GE(most.load(), 1);
}

TEST_F(CallWallTest, ACancelledCallerLeavesAtOnceAndItIsNoFailure) {
  CallWall& w = wall(8);
  for (int i = 0; i < 6; ++i) {
    auto ctx = context();
    std::thread canceller([&] {
      wait_until([&](const WallState& s) { return s.in_flight > 0; });
      ctx.cancel();
    });
    const auto answer = w.run(ctx, "list", [](sdk::CallContext& inner) -> Status {
      while (!inner.cancelled()) { std::this_thread::yield(); }
      return {};
    });
    canceller.join();
    // The work may have seen the cancel and returned before its caller looked.
    if (!answer.status.ok()) { EXPECT_EQ(answer.status.code, Code::cancelled); }
    wait_until([](const WallState& s) { return s.in_flight == 0; });
  }
  EXPECT_EQ(w.state().breaker, BreakerState::closed);
}

TEST_F(CallWallTest, TheBreakerRefusesWithoutACallAndLetsOneProbeThrough) {
  CallWall& w = wall();
  int calls = 0;
  const auto failing = [&](sdk::CallContext&) -> Status {
    ++calls;
    return {Code::unavailable, 0, 0, 0};
  };
  for (int i = 0; i < 7; ++i) {
    auto ctx = context();
    static_cast<void>(w.run(ctx, "list", failing));
  }
  EXPECT_EQ(calls, 5);
  auto refused = context();
  const auto answer = w.run(refused, "list", failing);
  EXPECT_TRUE(answer.status.not_started());
  EXPECT_EQ(answer.status.retry_after_ms, 15'000U);
  EXPECT_EQ(w.state().breaker, BreakerState::open);
  clock_.advance(15'000);
  auto probe = context();
  EXPECT_TRUE(w.run(probe, "list", [](sdk::CallContext&) { return Status{}; }).status.ok());
  EXPECT_EQ(w.state().breaker, BreakerState::closed);
}

TEST_F(CallWallTest, RemembersARefusalOfTheCredentialsUntilACallSucceeds) {
  CallWall& w = wall();
  const auto call = [&](Code code, const char* text) {
    auto ctx = context();
    static_cast<void>(w.run(ctx, "list", [&](sdk::CallContext& inner) {
      return code == Code::ok ? Status{} : inner.fail({code, 0, 0, 0}, text);
    }));
    return w.state().refusal;
  };
  EXPECT_EQ(call(Code::unavailable, "down"), "");
  EXPECT_EQ(call(Code::unauthenticated, "wrong password"), "<wrong password>") << "redacted";
  EXPECT_EQ(call(Code::unavailable, "down"), "<wrong password>") << "nobody has seen it work since";
  EXPECT_EQ(call(Code::unauthenticated, "wrong name"), "<wrong name>") << "the latest";
  EXPECT_EQ(call(Code::ok, ""), "");
}

TEST_F(CallWallTest, TheBreakerSaysThatItIsTheCredentials) {
  CallWall& w = wall();
  const auto refused = [](sdk::CallContext& inner) {
    return inner.fail({Code::unauthenticated, 0, 0, 401}, "wrong password");
  };
  for (int i = 0; i < 5; ++i) {
    auto ctx = context();
    static_cast<void>(w.run(ctx, "list", refused));
  }
  auto ctx = context();
  const auto answer = w.run(ctx, "list", refused);
  EXPECT_EQ(answer.status.code, Code::unauthenticated);
  EXPECT_TRUE(answer.status.not_started());
  EXPECT_EQ(answer.status.retry_after_ms, 15'000U);
  EXPECT_EQ(ctx.text(), "\"box\" failed too often and is left alone for a while: <wrong password>");
}

TEST_F(CallWallTest, CloseCancelsAndRefuses) {
  CallWall& w = wall();
  auto running = std::async(std::launch::async, [&] {
    auto ctx = context(1'000'000);
    return w.run(ctx, "list", [](sdk::CallContext& inner) -> Status {
      while (!inner.cancelled()) { std::this_thread::yield(); }
      return inner.fail({Code::cancelled, 0, 0, 0}, "stopping");
    });
  });
  wait_until([](const WallState& s) { return s.in_flight == 1; });
  w.close();
  EXPECT_EQ(running.get().status.code, Code::cancelled);
  EXPECT_TRUE(w.drain(20'000));
  auto ctx = context();
  EXPECT_TRUE(w.run(ctx, "list", [](sdk::CallContext&) { return Status{}; }).status.not_started());
}

TEST_F(CallWallTest, ACallThatIgnoresTheCloseIsLeftAfterTwoSeconds) {
  CallWall& w = wall();
  auto ctx = context(1'000'000);
  auto running = std::async(std::launch::async, [&] { return w.run(ctx, "search", stubborn()); });
  wait_until([](const WallState& s) { return s.in_flight == 1; });
  w.close();
  clock_.advance(2'000);
  const auto answer = running.get();
  EXPECT_EQ(answer.status.code, Code::cancelled);
  EXPECT_FALSE(answer.returned);
  EXPECT_FALSE(answer.status.not_started());
}

TEST_F(CallWallTest, WhatFailsBecauseOfTheCloseIsToBeTriedAgain) {
  CallWall& w = wall();
  auto running = std::async(std::launch::async, [&] {
    auto ctx = context(1'000'000);
    return w.run(ctx, "fetch", [](sdk::CallContext& inner) -> Status {
      while (!inner.cancelled()) { std::this_thread::yield(); }
      return {Code::cancelled, 0, 0, 0};
    });
  });
  wait_until([](const WallState& s) { return s.in_flight == 1; });
  w.close();
  EXPECT_GT(running.get().status.retry_after_ms, 0U) << "without it the attempt would count";
  auto ctx = context();
  EXPECT_GT(w.run(ctx, "fetch", [](sdk::CallContext&) { return Status{}; }).status.retry_after_ms, 0U);
}

TEST_F(CallWallTest, DrainTellsOfACallThatGoesOn) {
  CallWall& w = wall();
  auto ctx = context(1000);
  std::thread time([&] {
    wait_until([](const WallState& s) { return s.in_flight == 1; });
    clock_.advance(1000);
  });
  static_cast<void>(w.run(ctx, "list", stubborn()));
  time.join();
  w.close();
  EXPECT_FALSE(w.drain(1));
}

}  // namespace
}  // namespace quarry::plugins
