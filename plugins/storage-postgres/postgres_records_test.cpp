// SPDX-License-Identifier: MIT
// What the contract does not ask of the records: several hosts at the same moment, a commit that nobody knows of, which
// index serves what, downloads beside films. On a real server.
#include "postgres_records.hpp"

#include "record_session.hpp"
#include "schema.hpp"
#include "test_database.hpp"

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>
#include <quarry/sdk/testing/record_store_caller.hpp>
#include <storage-sql/record_query.hpp>

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace quarry::storage_postgres {
namespace {

using sdk::Code;
using sdk::FieldType;
using sdk::Match;
using sdk::WriteResult;
using sdk::testing::insertion;
using sdk::testing::integer;
using sdk::testing::OwnedCollection;
using sdk::testing::OwnedField;
using sdk::testing::RecordCaller;
using sdk::testing::text;
using testing::TestDatabase;

OwnedField field(const std::string& name, FieldType type, std::uint32_t flags) {
  OwnedField made;
  made.name = name;
  made.type = type;
  made.flags = flags;
  return made;
}
/// Names that are words of SQL or columns of PostgreSQL itself.
std::vector<OwnedCollection> declaration() {
  OwnedCollection order;
  order.name = "order";
  order.flags = sdk::kQueueRefersTo;
  order.fields = {field("select", FieldType::text, sdk::kIndexed), field("xmin", FieldType::text, sdk::kUnique),
                  field("year", FieldType::integer, sdk::kIndexed)};
  order.fields.push_back(field("state", FieldType::text, 0));
  order.fields.back().allowed = {"new", "it's"};
  order.indexes = {{"two", {"year", "select"}, false}};
  OwnedCollection table;
  table.name = "table";
  table.fields = {field("group", FieldType::integer, sdk::kRequired)};
  table.fields[0].references = "order";
  table.fields[0].on_delete = sdk::OnDelete::cascade;
  return {order, table};
}

struct Host {
  Host() : queue(services, sdk::Config::parse(TestDatabase::get().config())), records(queue, &services.log) {
    sdk::BasicContext ctx = services.context();
    EXPECT_TRUE(queue.open(ctx).ok()) << ctx.text();
    EXPECT_TRUE(records.store().open(ctx).ok()) << ctx.text();
  }
  sdk::Failure try_enqueue(const std::string& name, std::int64_t movie) {
    sdk::NewDownload item;
    item.command_id = name;
    item.release_key = name;
    item.lane = "downloads";
    item.movie_id = movie;
    sdk::BasicContext ctx = services.context();
    sdk::Outcomes outcomes;
    const sdk::Status status = queue.enqueue(ctx, std::span(&item, 1), outcomes);
    return {status, ctx.text()};
  }
  std::string plan(const storage_sql::RecordStatement& statement) {
    std::string plans;
    sdk::BasicContext ctx = services.context();
    queue.read_with(ctx, Sees::each_its_own_moment, [&](Session& session) {
      constexpr FieldType kText[] = {FieldType::text};
      PostgresRecordSession(session).run("EXPLAIN " + statement.text, statement.parameters, kText,
                                         [&](storage_sql::RecordSession::Row row) {
                                           plans.append(row[0].text).append("\n");
                                           return true;
                                         });
    });
    return plans;
  }
  sdk::testing::FakeHost services;
  PostgresQueueStore queue;
  PostgresRecords records;
  RecordCaller call{records.store(), services.clock};
};

class PostgresRecordsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }
  static std::string refusal(const std::string& sql) {
    try {
      TestDatabase::get().run(sql);
    } catch (const PostgresFailure& failure) { return failure.state(); }
    return "";
  }
};

TEST_F(PostgresRecordsTest, HostsThatDeclareTogetherMakeTheTablesOnce) {
  constexpr std::size_t kHosts = 4;
  std::vector<std::unique_ptr<Host>> hosts;
  for (std::size_t i = 0; i < kHosts; ++i) { hosts.push_back(std::make_unique<Host>()); }
  std::vector<std::thread> threads;
  std::vector<std::string> said(kHosts);
  for (std::size_t i = 0; i < kHosts; ++i) {
    threads.emplace_back([&, i] {
      const sdk::Failure answer = hosts[i]->call.try_declare(declaration());
      if (!answer.status.ok()) { said[i] = answer.text; }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(said, std::vector<std::string>(kHosts));
  EXPECT_EQ(hosts[0]->call.collections().size(), 2U);
}

TEST_F(PostgresRecordsTest, HostsThatWriteTheSameValueAgreeWhoseItIs) {
  constexpr std::size_t kHosts = 4;
  constexpr int kRounds = 40;
  std::vector<std::unique_ptr<Host>> hosts;
  for (std::size_t i = 0; i < kHosts; ++i) {
    hosts.push_back(std::make_unique<Host>());
    hosts.back()->call.declare(declaration());
  }
  std::vector<std::thread> threads;
  std::vector<int> made(kHosts);
  std::vector<int> updated(kHosts);
  for (std::size_t i = 0; i < kHosts; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string key = "k" + std::to_string(round);
        const sdk::WriteOutcome outcome = hosts[i]->call.write(insertion("order", {{1, text(key)}}));
        made[i] += outcome.result == WriteResult::applied ? 1 : 0;
        EXPECT_TRUE(outcome.result == WriteResult::applied ||
                    (outcome.result == WriteResult::conflict && outcome.existing_id > 0 && outcome.field == 1));
        const auto upserted = hosts[i]->call.write(sdk::testing::upsert("order", 1, {{1, text("u" + key)}}));
        updated[i] += upserted.result == WriteResult::applied ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(std::accumulate(made.begin(), made.end(), 0), kRounds);
  EXPECT_EQ(std::accumulate(updated.begin(), updated.end(), 0), kRounds * static_cast<int>(kHosts));
  EXPECT_EQ(hosts[0]->call.count("order"), 2 * kRounds);
}

TEST_F(PostgresRecordsTest, ACommitThatNobodyKnowsOfIsSaidToBeOne) {
  Host host;
  host.call.declare(declaration());
  // The server goes away in the middle of COMMIT.
  TestDatabase::get().run(
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
      "pg_terminate_backend(pg_backend_pid()); "
      "PERFORM pg_sleep(5); RETURN NULL; END'; CREATE CONSTRAINT TRIGGER die AFTER INSERT ON rec_order DEFERRABLE "
      "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()");
  const sdk::Failure answer = host.call.try_write({insertion("order", {})});
  EXPECT_EQ(answer.status.code, Code::unavailable) << answer.text;
  EXPECT_NE(answer.status.flags & sdk::kMaybeApplied, 0U) << answer.text;
  TestDatabase::get().run("DROP TRIGGER die ON rec_order");
  EXPECT_EQ(host.call.count("order"), 0) << "this one was not; and it was not sent again";
}

TEST_F(PostgresRecordsTest, ALostConnectionIsMadeAnew) {
  Host host;
  host.call.declare(declaration());
  const auto cut = [] {
    TestDatabase::get().run(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        "pg_backend_pid()");
  };
  cut();
  EXPECT_EQ(host.call.write(insertion("order", {})).result, WriteResult::applied);
  EXPECT_EQ(host.call.count("order"), 1);
  cut();
  EXPECT_EQ(host.call.count("order"), 1);
}

TEST_F(PostgresRecordsTest, ADeclarationThatCannotBeReadIsMadeAnewFromItsTable) {
  std::vector<OwnedCollection> all = declaration();
  all[1].fields.push_back(field("score", FieldType::real, 0));
  all[1].fields.push_back(field("seen", FieldType::boolean, 0));
  Host running;
  running.call.declare(all);
  const std::int64_t film = running.call.made(insertion("order", {{1, text("a")}, {3, text("new")}}));
  TestDatabase::get().run(
      "UPDATE record_collection SET declaration = '{'; DROP INDEX \"rec_1__two\"; ALTER TABLE rec_order DROP "
      "CONSTRAINT "
      "\"rec_1_state.allowed\"");
  Host other;
  std::vector<OwnedCollection> typed = all;
  typed[1].fields[1].type = FieldType::integer;
  const sdk::Failure refused = other.call.try_declare(typed);
  EXPECT_EQ(refused.status.vendor_code, static_cast<std::int32_t>(sdk::OpenFault::damaged)) << refused.text;
  EXPECT_NE(refused.text.find("its column \"score\" is of type double precision"), std::string::npos) << refused.text;
  EXPECT_EQ(other.services.log.all(), "");
  other.call.declare(all);
  EXPECT_NE(other.services.log.all().find("name = 'order', cannot be read; its table is as this host declares it"),
            std::string::npos)
      << other.services.log.all();
  EXPECT_EQ(other.call.collections().size(), 2U);
  EXPECT_EQ(refusal("INSERT INTO rec_order (version, created_at_ms, updated_at_ms, state) VALUES (1, 1, 1, 'old')"),
            "23514");
  EXPECT_EQ(refusal("DROP INDEX \"rec_1__two\""), "");
  EXPECT_EQ(running.call.write(sdk::testing::update("order", film, {{3, text("new")}})).result, WriteResult::applied);
  EXPECT_EQ(other.try_enqueue("none", 99).status.code, Code::invalid) << "downloads still refer to films";
}

TEST_F(PostgresRecordsTest, TheTablesKeepTheRulesAgainstOtherPrograms) {
  Host host;
  host.call.declare(declaration());
  const std::string hostile = "'; DROP TABLE \"rec_order\"; -- \" \\ ?1 :a $1 %_";
  const std::int64_t id = host.call.made(insertion("order", {{0, text(hostile)}, {1, text("a")}, {3, text("it's")}}));
  EXPECT_EQ(host.call.get("order", id).values[0], text(hostile));
  const std::string insert = "INSERT INTO rec_order (version, created_at_ms, updated_at_ms, ";
  EXPECT_EQ(refusal(insert + "\"Xmin\") VALUES (1, 1, 1, 'a')"), "23505");
  EXPECT_EQ(refusal(insert + "state) VALUES (1, 1, 1, 'old')"), "23514");
  const std::string refers = "INSERT INTO rec_table (version, created_at_ms, updated_at_ms, \"group\") VALUES ";
  EXPECT_EQ(refusal(refers + "(1, 1, 1, NULL)"), "23502");
  EXPECT_EQ(refusal(refers + "(1, 1, 1, 99)"), "23503");
  EXPECT_EQ(refusal(refers + "(1, 1, 1, " + std::to_string(id) + ")"), "");
  EXPECT_EQ(host.call.write(sdk::testing::removal("order", id)).result, WriteResult::applied);
  EXPECT_EQ(host.call.count("table"), 0);
}

TEST_F(PostgresRecordsTest, ATextTooLongForAnIndexIsInvalid) {
  Host host;
  host.call.declare(declaration());
  std::string noise;  // what cannot be made smaller
  for (unsigned i = 1, x = 1; i < 5000; ++i, x = x * 1664525 + 1013904223) { noise += static_cast<char>('!' + x % 89); }
  const sdk::Failure answer = host.call.try_write({insertion("order", {{0, text(noise)}})});
  EXPECT_EQ(answer.status.code, Code::invalid) << answer.text;
  EXPECT_EQ(answer.text.find(noise.substr(0, 20)), std::string::npos);
}

TEST_F(PostgresRecordsTest, ADatabaseFromBeforeThereWereRecordsOpens) {
  TestDatabase::get().run(sql::kMigrations[0]);
  TestDatabase::get().run(
      "CREATE TABLE quarry_schema (version integer NOT NULL); INSERT INTO quarry_schema VALUES (1)");
  Host host;
  ASSERT_TRUE(host.try_enqueue("before", 7).status.ok()) << "nobody knows of films yet";
  ASSERT_TRUE(host.try_enqueue("too", 7).status.ok());
  // Statements that are prepared go on when the table of downloads gets a column; and so does a download of no film.
  sdk::testing::StoreCaller queue(host.queue, host.services.clock);
  const auto claim = [&](std::string_view command) {
    sdk::ClaimRequest request;
    request.command_id = command;
    request.lane = "downloads";
    request.owner = "me";
    return queue.claim(request).size();
  };
  EXPECT_EQ(claim("c1"), 1U);
  EXPECT_EQ(queue.all().size(), 2U);
  host.call.declare(declaration());
  EXPECT_EQ(claim("c2"), 1U);
  EXPECT_EQ(queue.all().size(), 2U);
}

TEST_F(PostgresRecordsTest, ADownloadOfNoFilmIsRefusedAndItsNeighboursAreNot) {
  Host host;
  host.call.declare(declaration());
  const std::int64_t film = host.call.made(insertion("order", {}));
  constexpr int kThreads = 12;
  std::vector<sdk::Failure> answers(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const std::int64_t movie = i % 3 == 0 ? 99 : i % 3 == 1 ? film : 0;
      answers[static_cast<std::size_t>(i)] = host.try_enqueue("d" + std::to_string(i), movie);
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  for (int i = 0; i < kThreads; ++i) {
    const sdk::Failure& answer = answers[static_cast<std::size_t>(i)];
    EXPECT_EQ(answer.status.code, i % 3 == 0 ? Code::invalid : Code::ok) << answer.text;
    const bool named = answer.text.find("record 99 of collection \"order\"") != std::string::npos;
    EXPECT_EQ(named, i % 3 == 0) << answer.text;
  }
  EXPECT_EQ(host.call.write(sdk::testing::removal("order", film)).result, WriteResult::referred);
}

TEST_F(PostgresRecordsTest, ACollectionThatIsReferredToByItselfAndByDownloadsCanGoAndComeAgain) {
  Host host;
  OwnedField parent = field("parent", FieldType::integer, 0);
  parent.references = "order";
  std::vector<OwnedCollection> one = {declaration()[0]};
  one[0].fields.push_back(parent);
  for (std::int64_t version = 1; version <= 2; ++version) {
    host.call.declare(one);
    const std::int64_t first = host.call.made(insertion("order", {}));
    const auto place = static_cast<std::int32_t>(one[0].fields.size()) - 1;
    static_cast<void>(host.call.made(insertion("order", {{place, integer(first)}})));
    ASSERT_TRUE(host.try_enqueue("d" + std::to_string(version), first).status.ok());
    EXPECT_EQ(host.call.write(sdk::testing::removal("order", first)).result, WriteResult::referred);
    host.call.change_schema(version, {{sdk::SchemaStepKind::drop_collection, 0, "order", "", ""}});
    EXPECT_TRUE(host.call.collections().empty());
    EXPECT_TRUE(host.try_enqueue("e" + std::to_string(version), 99).status.ok()) << "nobody knows of films any more";
  }
}

TEST_F(PostgresRecordsTest, PagesAndLooksGoAlongTheirIndex) {
  Host host;
  host.call.declare(declaration());
  TestDatabase::get().run(
      "INSERT INTO rec_order (version, created_at_ms, updated_at_ms, \"select\", \"Xmin\", year) "
      "SELECT 1, 1, 1, 't' || n % 500, 'k' || n, CASE WHEN n % 3 = 0 THEN NULL ELSE n % 100 END "
      "FROM generate_series(1, 20000) AS n; ANALYZE");
  const OwnedCollection order = declaration()[0];
  const auto expect_lean = [&](const std::vector<sdk::Condition>& where, const std::vector<sdk::SortField>& by,
                               const std::vector<sdk::Value>& after, const std::string& index) {
    sdk::FindRecords request;
    request.where = where;
    request.order = by;
    request.after = after;
    for (const auto& piece : storage_sql::find_queries(order, request, storage_sql::kPostgresRecords)) {
      const std::string plan = host.plan(piece);
      EXPECT_NE(plan.find(index), std::string::npos) << piece.text << "\n" << plan;
      EXPECT_EQ(plan.find("Seq Scan"), std::string::npos) << piece.text << "\n" << plan;
      // Those that agree in a unique value are few, or null: only they may be sorted.
      const std::size_t sort = plan.find("Sort");
      EXPECT_TRUE(sort == std::string::npos || by[0].field == 1) << piece.text << "\n" << plan;
    }
  };
  const sdk::Value some_text = storage_sql::value_of("t250");
  const sdk::Value number = storage_sql::value_of(50);
  const sdk::Value id = storage_sql::value_of(10'000);
  for (const int descending : {0, 1}) {
    expect_lean({}, {{0, descending}}, {}, "rec_1_select");
    expect_lean({}, {{0, descending}}, {some_text, id}, "rec_");
    expect_lean({}, {{2, descending}}, {number, id}, "rec_1_");
    expect_lean({}, {{2, descending}}, {sdk::Value(), id}, "rec_1_year");
    expect_lean({}, {{1, descending}}, {some_text, id}, "rec_");
    expect_lean({}, {{2, descending}, {0, descending}}, {}, "rec_1__two");
    expect_lean({{2, Match::equal, {&number, 1}}}, {{sdk::kFieldId, descending}}, {}, "rec_1_year");
  }
  expect_lean({}, {}, {id}, "rec_order_pkey");
  expect_lean({{0, Match::prefix, {&some_text, 1}}}, {{0, 0}}, {}, "rec_1_");
  for (const Match match : {Match::equal, Match::in, Match::at_least, Match::below}) {
    const sdk::Condition condition{2, match, {&number, 1}};
    const std::string plan =
        host.plan(storage_sql::count_query(order, std::span(&condition, 1), storage_sql::kPostgresRecords));
    EXPECT_NE(plan.find("Index Cond"), std::string::npos) << plan;
  }
}

}  // namespace
}  // namespace quarry::storage_postgres
