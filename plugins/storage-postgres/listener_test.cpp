// SPDX-License-Identifier: MIT
// Hints between hosts: heard when a lane gets work it did not have, and only then.
#include "listener.hpp"

#include "postgres_queue_store.hpp"
#include "test_database.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <future>

namespace quarry::storage_postgres {
namespace {

using testing::TestDatabase;

constexpr std::int64_t kSoonMs = 20'000;

class Listening : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    const sdk::Config config = sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})");
    store_ = std::make_unique<PostgresQueueStore>(host_, config);
    sdk::BasicContext ctx(clock_, kSoonMs, "test");
    ASSERT_TRUE(store_->open(ctx).ok()) << ctx.text();
    listener_ = std::make_unique<Listener>(config);
  }

  sdk::Wakeup wait(std::int64_t ms) {
    sdk::BasicContext ctx(clock_, ms, "test");
    sdk::Wakeup out;
    const sdk::Status status = listener_->wait(ctx, out);
    EXPECT_TRUE(status.ok()) << ctx.text();
    return out;
  }
  /// Until it is known to hear.
  void begin() {
    EXPECT_EQ(wait(kSoonMs).woken, 1) << "work may have come before";
    EXPECT_EQ(wait(kSoonMs).hears, 1);
  }
  void enqueue(const std::string& name, std::int64_t due_at_ms = 0) {
    sdk::NewDownload item;
    item.command_id = name;
    item.release_key = name;
    item.lane = "downloads";
    item.due_at_ms = due_at_ms;
    sdk::BasicContext ctx(clock_, kSoonMs, "test");
    sdk::Outcomes outcomes;
    ASSERT_TRUE(store_->enqueue(ctx, std::span(&item, 1), outcomes).ok()) << ctx.text();
  }
  void claim_all() {
    sdk::ClaimRequest request;
    request.limit = 500;
    request.command_id = "claim";
    request.lane = "downloads";
    request.owner = "owner";
    sdk::BasicContext ctx(clock_, kSoonMs, "test");
    auto rows = sdk::download_sink([](const sdk::DownloadView&) { return true; });
    ASSERT_TRUE(store_->claim(ctx, request, rows).ok()) << ctx.text();
  }

  sdk::SystemClock clock_;
  sdk::testing::FakeHost host_;
  std::unique_ptr<PostgresQueueStore> store_;
  std::unique_ptr<Listener> listener_;
};

TEST_F(Listening, TheFirstCallsFindOutWhetherItHears) {
  begin();
  const sdk::Wakeup third = wait(1);
  EXPECT_EQ(third.woken, 0);
  EXPECT_EQ(third.hears, 0);
}

TEST_F(Listening, WorkInAnEmptyLaneWakesAndMoreOfItDoesNot) {
  begin();
  auto woken = std::async(std::launch::async, [&] { return wait(kSoonMs).woken; });
  enqueue("a");
  EXPECT_EQ(woken.get(), 1);
  enqueue("b");
  EXPECT_EQ(wait(300).woken, 0);
  claim_all();
  enqueue("c");
  EXPECT_EQ(wait(kSoonMs).woken, 1);
}

TEST_F(Listening, WorkForLaterDoesNotWake) {
  begin();
  enqueue("later", 9'000'000'000'000);
  EXPECT_EQ(wait(300).woken, 0);
}

TEST_F(Listening, ALostConnectionIsToldAndMadeAgain) {
  begin();
  TestDatabase::get().run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
      "pg_backend_pid()");
  sdk::BasicContext ctx(clock_, kSoonMs, "test");
  sdk::Wakeup out;
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(listener_->wait(ctx, out).code, sdk::Code::unavailable);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "libpq prints nothing of its own";
  EXPECT_NE(ctx.text().find("PostgreSQL"), std::string::npos) << ctx.text();
  begin();
}

}  // namespace
}  // namespace quarry::storage_postgres
