// SPDX-License-Identifier: MIT
// An open store on an empty database, for tests of how it works.
#pragma once

#include "postgres_queue_store.hpp"
#include "test_database.hpp"

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string_view>

namespace quarry::storage_postgres::testing {

class StoreTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kLongMs = 20'000;

  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    store_ = std::make_unique<PostgresQueueStore>(host_, config());
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    ASSERT_TRUE(store_->open(ctx).ok()) << ctx.text();
  }
  static sdk::Config config() { return sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"); }
  /// Whether it was made.
  bool enqueue(std::string_view name) {
    sdk::NewDownload item;
    item.command_id = name;
    item.release_key = name;
    item.lane = "downloads";
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    sdk::Outcomes outcomes;
    return store_->enqueue(ctx, std::span(&item, 1), outcomes).ok() &&
           outcomes.all.front().result == sdk::CommandResult::applied;
  }

  sdk::SystemClock clock_;
  sdk::testing::FakeHost host_;
  std::unique_ptr<PostgresQueueStore> store_;
};

}  // namespace quarry::storage_postgres::testing
