// SPDX-License-Identifier: MIT
// How the server carries the store's statements out when there are a million rows.
#include <storage-postgres/asked_statements.hpp>
#include <storage-postgres/bulk_load.hpp>
#include <storage-postgres/postgres_queue_store.hpp>
#include <storage-postgres/session_settings.hpp>
#include <storage-postgres/test_database.hpp>
#include <storage-postgres/test_planner.hpp>

#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

namespace quarry::storage_postgres::testing {
namespace {

/// Nothing of it need outlive the server.
constexpr char kUnlogged[] =
    "ALTER TABLE metainfo SET UNLOGGED; ALTER TABLE download_state SET UNLOGGED; "
    "ALTER TABLE download_origin SET UNLOGGED; ALTER TABLE event SET UNLOGGED; ";
/// As autovacuum leaves tables: with statistics, and pages known to be seen by all.
constexpr char kVacuum[] = "VACUUM ANALYZE";

constexpr int kRows = 1'000'000;

class MillionRows : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!TestDatabase::missing().empty()) { return; }
    TestDatabase& database = TestDatabase::get();
    sdk::testing::FakeHost host;
    PostgresQueueStore store(host, sdk::Config::parse(R"({"url": ")" + database.url() + R"("})"));
    sdk::BasicContext ctx = host.context();
    ASSERT_TRUE(store.open(ctx).ok()) << ctx.text();
    const auto begin = std::chrono::steady_clock::now();
    const BulkLoad load({"download_state", "download_origin", "event"});
    database.run(kUnlogged + load.before());
    database.run(rows_for_plans(kRows));
    database.run(load.after());
    database.run(kVacuum);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << kRows << " rows made in " << took.count() << " s\n";
  }
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
  }
  static void expect_as_asked(const char* session, const std::vector<AskedStatement>& statements) {
    Planner planner(TestDatabase::get().url(), session);
    for (const AskedStatement& asked : statements) {
      const Plan plan = planner.plan(asked.text, asked.values);
      SCOPED_TRACE(asked.name + ":\n" + plan.text());
      EXPECT_EQ(plan.reads(), asked.reads);
      EXPECT_LE(plan.buffers(), asked.most_buffers);
      EXPECT_EQ(plan.sorts(), asked.most_sorted > 0);
      EXPECT_LE(plan.sorted_rows(), asked.most_sorted);
    }
  }
};

TEST_F(MillionRows, CommandsFindTheirRowsThroughTheirIndexes) {
  expect_as_asked(sql::kWriterSession, asked_of_writers());
}
TEST_F(MillionRows, ReadsFindTheirRowsThroughTheirIndexes) { expect_as_asked(sql::kReaderSession, asked_of_readers()); }
TEST_F(MillionRows, PagesAreReadAlongTheirIndexes) { expect_as_asked(sql::kReaderSession, asked_of_pages()); }

}  // namespace
}  // namespace quarry::storage_postgres::testing
