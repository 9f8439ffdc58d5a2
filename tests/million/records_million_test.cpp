// SPDX-License-Identifier: MIT
// How the server carries out what the host asks of its records when there are a million of them: with statistics, and
// in the minute before autovacuum has made some.
#include "asked_records.hpp"
#include "record_rows.hpp"

#include <quarry/sdk/testing/fake_host.hpp>
#include <storage-postgres/postgres_queue_store.hpp>
#include <storage-postgres/test_database.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <memory>

namespace quarry::million {
namespace {

using storage_postgres::PostgresQueueStore;
using storage_postgres::testing::TestDatabase;

class MillionRecords : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!TestDatabase::missing().empty()) { return; }
    TestDatabase& database = TestDatabase::get();
    PostgresQueueStore queue(host_, sdk::Config::parse(R"({"url": ")" + database.url() + R"("})"));
    sdk::BasicContext ctx = host_.context();
    ASSERT_TRUE(queue.open(ctx).ok()) << ctx.text();
    watched_ = std::make_unique<WatchedRecords>(database.url());
    records_ = std::make_unique<records::Records>(watched_->store(), host_.clock);
    const auto opened = records_->open();
    ASSERT_TRUE(opened) << opened.error().text;
    const auto begin = std::chrono::steady_clock::now();
    database.run(record_rows());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << kEntries << " entries of the history, " << kFilms << " films and " << kBlocked
              << " blocked releases made in " << took.count() << " s\n";
  }
  static void TearDownTestSuite() {
    records_.reset();
    watched_.reset();
  }
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
  }
  static void ask_all(bool vacuumed) {
    const AskedRecords asked(*watched_, *records_, vacuumed);
    ask_pages(asked);
    ask_lookups(asked);
    ask_writes(asked);
  }

 private:
  static inline sdk::testing::FakeHost host_;
  static inline std::unique_ptr<WatchedRecords> watched_;
  static inline std::unique_ptr<records::Records> records_;
};

TEST_F(MillionRecords, AreFoundBeforeTheServerKnowsThem) { ask_all(false); }
TEST_F(MillionRecords, AreFoundAsAutovacuumLeavesThem) {
  TestDatabase::get().run("VACUUM ANALYZE");
  ask_all(true);
}

}  // namespace
}  // namespace quarry::million
