// SPDX-License-Identifier: MIT
// How the server carries the hot statements out: along an index, whatever it knows of the tables. Asked with fresh
// statistics, with none, and before there are rows.
#include "postgres_queue_store.hpp"
#include "statements.hpp"
#include "test_database.hpp"

#include <quarry/sdk/testing/fake_host.hpp>
#include <storage-sql/list_query.hpp>

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <regex>
#include <sstream>

namespace quarry::storage_postgres {
namespace {

using testing::TestDatabase;

constexpr char kFill[] = R"sql(
INSERT INTO download_state (id, state, status, flags, ready, claim_rank, due_at_ms, updated_at_ms, ended_at_ms, size_bytes, lane,
  last_command, release_key, infohash_v1, infohash_v2)
SELECT n, CASE WHEN n % 2 = 0 THEN 0 ELSE 5 END, CASE WHEN n % 2 = 0 THEN 0 ELSE 5 END, 0,
  CASE WHEN n % 2 = 1 THEN 0 WHEN n % 20 = 0 THEN 2 ELSE 1 END, n, 1, 1, CASE WHEN n % 2 = 0 THEN 0 ELSE 1 END, 1, 'downloads',
  '', 'r' || n, md5('' || n), '' FROM generate_series(1, 20000) AS n;
INSERT INTO download_origin (id, rank, enqueued_at_ms, movie_id, max_retries, priority, created_by, category, title, indexer, guid,
  download_url, magnet)
SELECT n, n, 1, n % 100, 3, 1, 'c' || n, '', 't' || n, '', '', '', '' FROM generate_series(1, 20000) AS n;
INSERT INTO event (download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason)
  SELECT n, 1, 0, -1, 0, 3, '', '' FROM generate_series(1, 20000) AS n;
)sql";

/// A connection set up as the store's own, that tells the plans of what it runs.
class Planner {
 public:
  Planner(const std::string& url, const char* session) : connection_(PQconnectdb(connection_words(url).c_str())) {
    PQsetNoticeProcessor(
        connection_, [](void* self, const char* text) { static_cast<Planner*>(self)->told_ += text; }, this);
    run(sql::kSession);
    run(session);
  }
  ~Planner() { PQfinish(connection_); }
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  /// The rows of an answer, one a line.
  std::string run(const std::string& text) {
    PGresult* result = PQexec(connection_, text.c_str());
    std::string out;
    for (int i = 0; i < PQntuples(result); ++i) { out += std::string(PQgetvalue(result, i, 0)) + "\n"; }
    EXPECT_STREQ(PQresultErrorMessage(result), "") << text;
    PQclear(result);
    return out;
  }
  /// The plan of one of the store's statements, of whose parameters `values` are the first; the others are '{}'.
  std::string plan(const std::string& text, std::vector<std::string> values = {}) {
    const std::string numbered = std::regex_replace(text, std::regex(":(\\d+)"), "$$$1");
    std::size_t count = 0;
    const std::regex parameter("\\$(\\d+)");
    for (std::sregex_iterator it(numbered.begin(), numbered.end(), parameter), end; it != end; ++it) {
      count = std::max<std::size_t>(count, std::stoul((*it)[1]));
    }
    values.resize(count, "'{}'");
    std::string list;
    for (const std::string& value : values) { list += (list.empty() ? "(" : ", ") + value; }
    run("PREPARE asked AS " + numbered);
    std::string plan = run("EXPLAIN EXECUTE asked" + (list.empty() ? "" : list + ")"));
    run("DEALLOCATE asked");
    return plan;
  }
  /// The plans of all statements inside of `text`, which is run and rolled back.
  std::string plans_inside(const std::string& text) {
    run("LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; "
        "SET client_min_messages = log");
    told_.clear();
    run("BEGIN; " + text + "; ROLLBACK");
    run("SET auto_explain.log_min_duration = -1; SET client_min_messages = warning");
    return told_;
  }

 private:
  PGconn* connection_;
  std::string told_;
};

void expect_no_scan(const std::string& plan) {
  EXPECT_EQ(plan.find("Seq Scan on download_"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("Seq Scan on event "), std::string::npos) << plan;
  EXPECT_EQ(plan.find("Seq Scan on metainfo"), std::string::npos) << plan;
}
/// Each row is looked for: no index is read from one end to the other for it.
void expect_looked_up(const std::string& plan) {
  expect_no_scan(plan);
  std::istringstream lines(plan);
  for (std::string line, next; std::getline(lines, line);) {
    if (line.find("Scan using") == std::string::npos) { continue; }
    EXPECT_TRUE(std::getline(lines, next) && next.find("Index Cond") != std::string::npos) << line << " of\n" << plan;
  }
}
void expect_in(const std::string& plan, const std::string& part) {
  EXPECT_NE(plan.find(part), std::string::npos) << part << " is not in\n" << plan;
}

sdk::Config config_of_store() { return sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"); }
/// A database without downloads, at which the server looks only when it is told to.
void make_empty_database() {
  TestDatabase& database = TestDatabase::get();
  database.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  sdk::testing::FakeHost host;
  PostgresQueueStore store(host, config_of_store());
  sdk::BasicContext ctx = host.context();
  ASSERT_TRUE(store.open(ctx).ok()) << ctx.text();
  database.run(
      "ALTER TABLE download_state SET (autovacuum_enabled = off); "
      "ALTER TABLE download_origin SET (autovacuum_enabled = off)");
}

enum class Knows { statistics, sizes, nothing };
class Plans : public ::testing::TestWithParam<Knows> {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    make_empty_database();
    if (GetParam() == Knows::nothing) { return; }
    TestDatabase::get().run(kFill);
    if (GetParam() == Knows::statistics) { TestDatabase::get().run("ANALYZE"); }
  }
};

TEST(PlansOfASession, ThatWereMadeForEmptyTablesAreNotKept) {
  if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
  make_empty_database();
  TestDatabase::get().run("ANALYZE download_state, download_origin");
  Session session(Server::of(config_of_store()), Access::writer);
  const std::string numbered = std::regex_replace(sql::kTransition, std::regex(":(\\d+)"), "$$$1");
  session.raw().exec(("PREPARE asked AS " + numbered).c_str());
  std::string ask = "EXPLAIN EXECUTE asked ('{}', '{}', '{}', '{}'";
  for (int parameter = 5; parameter <= 27; ++parameter) { ask += ", '0'"; }
  const auto explained = [&] {
    std::string plan;
    const soci::rowset<std::string> lines = (session.soci().prepare << ask + ")");
    for (const std::string& line : lines) { plan += line + "\n"; }
    return plan;
  };
  const std::string of_empty_tables = explained();
  TestDatabase::get().run(kFill);
  ASSERT_EQ(explained(), of_empty_tables);
  for (int command = 0; command < 16; ++command) { session.renew_plans(); }
  EXPECT_NE(explained(), of_empty_tables);
  expect_looked_up(explained());
}

/// Statements of readers, whose plans are made anew each time.
class ReaderPlans : public Plans {};

TEST_P(Plans, AClaimGoesAlongTheClaimIndex) {
  Planner planner(TestDatabase::get().url(), sql::kWriterSession);
  const std::string plans =
      planner.plans_inside("SELECT id FROM claim_downloads('downloads', '{2}', 'o', 30000, '{c}', 1000)");
  expect_looked_up(plans);
  expect_in(plans, "Index Scan using download_claim on download_state");
  expect_in(plans, "using download_due on download_state");
  // Those at work, to be counted.
  expect_in(plans, "using download_status on download_state");
  const std::string before_lock = plans.substr(0, plans.find("Index Scan using download_claim on"));
  EXPECT_EQ(before_lock.substr(before_lock.rfind("LockRows")).find("Sort"), std::string::npos) << plans;
}

TEST_P(Plans, AnEnqueueLooksForItsCommands) {
  Planner planner(TestDatabase::get().url(), sql::kWriterSession);
  expect_looked_up(planner.plan(sql::kEnqueue));
  expect_looked_up(planner.plan(sql::kEnqueueOne, std::vector<std::string>(18, "'0'")));
}

TEST_P(Plans, CommandsFindTheirRowsByTheirKeys) {
  Planner planner(TestDatabase::get().url(), sql::kWriterSession);
  std::vector<std::string> of_transition(27, "'0'");
  std::fill_n(of_transition.begin(), 4, "'{}'");
  for (const auto& [statement, values] :
       {std::pair{sql::kTransition, of_transition}, {sql::kProgress, {}}, {sql::kFacts, {}}}) {
    const std::string plan = planner.plan(statement, values);
    expect_looked_up(plan);
    expect_in(plan, "Index Scan using download_state_pkey on download_state");
  }
  // Through the key, or through the few rows that are leased.
  expect_looked_up(planner.plan(sql::kHeartbeat, {"'{}'", "'{}'", "'owner'", "'5'"}));
  const std::string holder = planner.plan(sql::kFindHolder, {"'1'", "'r'", "'a'", "'b'"});
  for (const char* index : {"download_release", "download_v1", "download_v2"}) { expect_in(holder, index); }
  expect_in(planner.plan(sql::kFindCreatedBy, {"'c'"}), "Index Scan using download_created_by");
  const std::string rescue = planner.plan(sql::kRescue, {"'c'", "'5'", "'5'", "''", "''"});
  expect_looked_up(rescue);
  // Rows that a host has in hand are few: these are sorted, not the others.
  expect_in(rescue, "Index Scan using download_status on download_state");
  expect_in(rescue, "Index Cond: (state = 1)");
  const std::string prune = planner.plan(sql::kPrune, {"'511'", "'5'", "'5'"});
  expect_no_scan(prune);
  expect_in(prune, "Index Scan using download_ended on download_state");
}

TEST_P(ReaderPlans, PagesInOrderOfIdOrRankAreNotSorted) {
  Planner planner(TestDatabase::get().url(), sql::kReaderSession);
  constexpr storage_sql::ListDialect kDialect = {"cast(:", " AS bigint)", "cast(:", " AS text)", ""};
  for (const auto sort : {sdk::SortKey::id, sdk::SortKey::rank}) {
    sdk::ListRequest request;
    request.sort = sort;
    const auto query = storage_sql::list_query(request, storage_sql::pairs_of(request.filter), kDialect);
    const std::string plan = planner.plan(query.page.text, {"'50'", "'100'"});
    expect_no_scan(plan);
    EXPECT_EQ(plan.find("Sort"), std::string::npos) << plan;
  }
  sdk::ListRequest request;
  request.filter.statuses = 1;
  const auto query = storage_sql::list_query(request, {{0, 0}}, kDialect);
  const std::string plan = planner.plan(query.page.text, {"'50'", "'100'"});
  expect_no_scan(plan);
  EXPECT_EQ(plan.find("Sort"), std::string::npos) << plan;
}

TEST_P(ReaderPlans, EventsAndTheNumbersOfALaneAreLookedUp) {
  Planner planner(TestDatabase::get().url(), sql::kReaderSession);
  const std::string events = planner.plan(sql::kEventsSince, {"'5'", "'900'", "'10'"});
  expect_no_scan(events);
  EXPECT_EQ(events.find("Sort"), std::string::npos) << events;
  const std::string lane = planner.plan(sql::kLaneStats, {"'downloads'"});
  expect_no_scan(lane);
  expect_in(lane, "download_due");
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
