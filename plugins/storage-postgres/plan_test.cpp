// SPDX-License-Identifier: MIT
// How the server carries the store's statements out: along an index, whatever it knows of the tables. Asked with fresh
// statistics, with none, and before there are rows; with a million rows in million/million_test.cpp.
#include "asked_statements.hpp"
#include "postgres_queue_store.hpp"
#include "statements.hpp"
#include "test_database.hpp"
#include "test_planner.hpp"

#include <quarry/sdk/testing/fake_host.hpp>
#include <storage-sql/statement_names.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace quarry::storage_postgres {
namespace {

using testing::asked_of_pages;
using testing::asked_of_readers;
using testing::asked_of_writers;
using testing::AskedStatement;
using testing::Plan;
using testing::Planner;
using testing::rows_for_plans;
using testing::TestDatabase;

constexpr int kRows = 20'000;

sdk::Config config_of_store() { return sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"); }
/// A database without downloads, at which the server looks only when it is told to.
void make_empty_database() {
  TestDatabase& database = TestDatabase::get();
  database.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  sdk::testing::FakeHost host;
  PostgresQueueStore store(host, config_of_store());
  sdk::BasicContext ctx = host.context();
  ASSERT_TRUE(store.open(ctx).ok()) << ctx.text();
  for (const char* table : {"download_state", "download_origin", "event"}) {
    database.run(std::string("ALTER TABLE ") + table + " SET (autovacuum_enabled = off)");
  }
}

enum class Knows { statistics, sizes, nothing };
class Plans : public ::testing::TestWithParam<Knows> {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    make_empty_database();
    if (GetParam() == Knows::nothing) { return; }
    TestDatabase::get().run(rows_for_plans(kRows));
    if (GetParam() == Knows::statistics) { TestDatabase::get().run("ANALYZE"); }
  }
};

/// Each row is looked for: no table is read, and no index from one end to the other, where `asked` does not say so.
void expect_looked_up(const AskedStatement& asked, const Plan& plan) {
  SCOPED_TRACE(asked.name + ":\n" + plan.text());
  for (const std::string& read : plan.reads()) {
    const bool searched = !read.ends_with(" whole") && !read.ends_with(" in order");
    EXPECT_TRUE(searched || asked.reads.contains(read)) << read;
  }
  if (asked.most_sorted == 0) { EXPECT_FALSE(plan.sorts()); }
}
void expect_looked_up(const char* session, const std::vector<AskedStatement>& statements) {
  Planner planner(TestDatabase::get().url(), session);
  for (const AskedStatement& asked : statements) { expect_looked_up(asked, planner.plan(asked.text, asked.values)); }
}

TEST(AskedStatements, AreAllThereAre) {
  std::set<std::string> names = testing::without_tables();
  for (const auto* statements : {&asked_of_writers(), &asked_of_readers()}) {
    for (const AskedStatement& asked : *statements) { names.insert(asked.name); }
  }
  EXPECT_EQ(storage_sql::testing::statement_names(QUARRY_STATEMENTS, "kReadyChannel"), names);
}

TEST(PlansOfASession, ThatWereMadeForEmptyTablesAreNotKept) {
  if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
  make_empty_database();
  TestDatabase::get().run("ANALYZE download_state, download_origin");
  Session session(Server::of(config_of_store()), Access::writer);
  session.raw().exec(("PREPARE asked AS " + testing::with_dollars(sql::kTransition)).c_str());
  std::string ask = "EXPLAIN EXECUTE asked ('{}', '{}', '{}', '{}'";
  for (int parameter = 5; parameter <= 27; ++parameter) { ask += ", '0'"; }
  const auto explained = [&] {
    std::string plan;
    const soci::rowset<std::string> lines = (session.soci().prepare << ask + ")");
    for (const std::string& line : lines) { plan += line + "\n"; }
    return plan;
  };
  const std::string of_empty_tables = explained();
  TestDatabase::get().run(rows_for_plans(kRows));
  ASSERT_EQ(explained(), of_empty_tables);
  for (int command = 0; command < 16; ++command) { session.renew_plans(); }
  EXPECT_NE(explained(), of_empty_tables);
  EXPECT_EQ(explained().find("Seq Scan"), std::string::npos) << explained();
  EXPECT_NE(explained().find("Index Cond: (id = i.id)"), std::string::npos) << explained();
}

TEST_P(Plans, CommandsLookTheirRowsUp) {
  std::vector<AskedStatement> asked = asked_of_writers();
  if (GetParam() == Knows::nothing) {
    // The first needs its download; the second reads a lane that has no rows, and is planned anew once there are some.
    std::erase_if(asked, [](const auto& one) { return one.name == "kPutMetainfo" || one.name == "kEdit"; });
  }
  expect_looked_up(sql::kWriterSession, asked);
}

TEST_P(Plans, AClaimGoesAlongTheClaimIndex) {
  Planner planner(TestDatabase::get().url(), sql::kWriterSession);
  const auto& all = asked_of_writers();
  const auto claim = std::find_if(all.begin(), all.end(), [](const auto& asked) { return asked.name == "kClaim"; });
  const std::string plans = planner.plan(claim->text, claim->values).text();
  ASSERT_NE(plans.find("Index Scan using download_claim on download_state"), std::string::npos) << plans;
  const std::string before_lock = plans.substr(0, plans.find("Index Scan using download_claim on"));
  EXPECT_EQ(before_lock.substr(before_lock.rfind("LockRows")).find("Sort"), std::string::npos) << plans;
}

/// Statements of readers, whose plans are made anew each time.
class ReaderPlans : public Plans {};

TEST_P(ReaderPlans, ReadsLookTheirRowsUp) { expect_looked_up(sql::kReaderSession, asked_of_readers()); }
/// Of so few rows the server may pass by more than it finds.
TEST_P(ReaderPlans, PagesReadNoTable) {
  Planner planner(TestDatabase::get().url(), sql::kReaderSession);
  for (const AskedStatement& asked : asked_of_pages()) {
    const Plan plan = planner.plan(asked.text, asked.values);
    SCOPED_TRACE(asked.name + ":\n" + plan.text());
    EXPECT_TRUE(std::none_of(plan.reads().begin(), plan.reads().end(),
                             [](const std::string& read) { return read.ends_with(" whole"); }));
    if (GetParam() == Knows::statistics) { EXPECT_LE(plan.sorted_rows(), asked.most_sorted); }
  }
}

const auto kNameOf = [](const ::testing::TestParamInfo<Knows>& info) {
  return info.param == Knows::statistics ? "knows_the_rows"
         : info.param == Knows::sizes    ? "knows_sizes"
                                         : "never_looked";
};
INSTANTIATE_TEST_SUITE_P(Server, Plans, ::testing::Values(Knows::statistics, Knows::sizes, Knows::nothing), kNameOf);
INSTANTIATE_TEST_SUITE_P(Server, ReaderPlans, ::testing::Values(Knows::statistics, Knows::sizes), kNameOf);

}  // namespace
}  // namespace quarry::storage_postgres
