// SPDX-License-Identifier: MIT
// What the contract does not ask: that the tables themselves keep the rules, files written before there were records,
// which index serves what, and downloads beside films.
#include "sqlite_records.hpp"

#include "failures.hpp"
#include "statements.hpp"
#include "test_support.hpp"

#include <quarry/sdk/testing/record_store_caller.hpp>
#include <storage-sql/record_query.hpp>

#include <algorithm>
#include <thread>

namespace quarry::storage_sqlite {
namespace {

using sdk::Code;
using sdk::FieldType;
using sdk::Match;
using sdk::WriteResult;
using sdk::testing::boolean;
using sdk::testing::insertion;
using sdk::testing::integer;
using sdk::testing::OwnedCollection;
using sdk::testing::OwnedField;
using sdk::testing::RecordCaller;
using sdk::testing::text;

OwnedField field(const std::string& name, FieldType type = FieldType::text, std::uint32_t flags = 0) {
  OwnedField made;
  made.name = name;
  made.type = type;
  made.flags = flags;
  return made;
}
/// Names that are words of SQL or of the databases themselves.
std::vector<OwnedCollection> declaration() {
  OwnedCollection order;
  order.name = "order";
  order.flags = sdk::kQueueRefersTo;
  order.fields = {field("select", FieldType::text, sdk::kIndexed), field("xmin", FieldType::text, sdk::kUnique),
                  field("rowid", FieldType::boolean), field("year", FieldType::integer, sdk::kIndexed)};
  order.fields[2].initial = boolean(true);
  order.fields.push_back(field("state"));
  order.fields.back().allowed = {"new", "it's"};
  order.indexes = {{"two", {"year", "select"}, false}};
  OwnedCollection table;
  table.name = "table";
  table.fields = {field("group", FieldType::integer, sdk::kRequired)};
  table.fields[0].references = "order";
  table.fields[0].on_delete = sdk::OnDelete::cascade;
  return {order, table};
}

class SqliteRecordsTest : public ::testing::Test {
 protected:
  SqliteRecordsTest() { open(); }
  void open() {
    records_.reset();
    queue_.reset();
    queue_ = open_store(host_, folder_.file());
    records_ = std::make_unique<SqliteRecords>(*queue_, &host_.log);
    sdk::BasicContext ctx = host_.context();
    ASSERT_TRUE(records_->store().open(ctx).ok()) << ctx.text();
    call_ = std::make_unique<RecordCaller>(records_->store(), host_.clock);
  }
  /// Runs a statement as another program might, in the same connection; the extended code of its failure, or 0.
  int run(const std::string& sql) {
    int code = 0;
    sdk::BasicContext ctx = host_.context();
    try {
      queue_->write_with(ctx, 1, [&](Connection& connection) { connection.raw().exec(sql.c_str()); });
    } catch (const sdk::Error& error) { code = error.status().vendor_code; }
    return code;
  }
  std::string plan(const storage_sql::RecordStatement& statement) {
    std::string text;
    sdk::BasicContext ctx = host_.context();
    queue_->read_with(ctx, [&](Connection& connection) {
      RawStatement explain(connection.raw(), "EXPLAIN QUERY PLAN " + statement.text);
      while (explain.step()) { text.append(explain.text(3)).append("\n"); }
    });
    return text;
  }
  sdk::Failure try_enqueue(const std::string& name, std::int64_t movie) {
    sdk::BasicContext ctx = host_.context();
    sdk::Outcomes outcomes;
    sdk::NewDownload item = new_download(name);
    item.movie_id = movie;
    const sdk::Status status = queue_->enqueue(ctx, std::span(&item, 1), outcomes);
    return {status, ctx.text()};
  }

  TestFolder folder_;
  sdk::testing::FakeHost host_;
  std::unique_ptr<SqliteQueueStore> queue_;
  std::unique_ptr<SqliteRecords> records_;
  std::unique_ptr<RecordCaller> call_;
};

TEST_F(SqliteRecordsTest, NamesAndValuesMayBeAnything) {
  call_->declare(declaration());
  const std::string hostile = "'; DROP TABLE \"rec_order\"; -- \" \\ ?1 :a $1 %_";
  const std::int64_t id =
      call_->made(insertion("order", {{0, text(hostile)}, {1, text("\xF0\x9F\x8E\xAC")}, {4, text("it's")}}));
  EXPECT_EQ(call_->get("order", id).values[0], text(hostile));
  EXPECT_EQ(call_->find_ids({"order", {{0, Match::prefix, {text("'; DROP")}}}, {{1, 1}}, {}}),
            std::vector<std::int64_t>{id});
  EXPECT_EQ(call_->count("order", {{2, Match::equal, {boolean(true)}}}), 1);
}

TEST_F(SqliteRecordsTest, TheTablesKeepTheRulesAgainstOtherPrograms) {
  call_->declare(declaration());
  const std::string id = std::to_string(call_->made(insertion("order", {{1, text("a")}})));
  const std::string insert = "INSERT INTO \"rec_order\" (version, created_at_ms, updated_at_ms, ";
  constexpr int kConstraintCheck = 275;
  constexpr int kConstraintNotNull = 1299;
  constexpr int kConstraintTrigger = 1811;
  EXPECT_EQ(run(insert + "\"Xmin\") VALUES (1, 1, 1, 'a')"), kConstraintUnique);
  EXPECT_EQ(run(insert + "rowid) VALUES (1, 1, 1, 2)"), kConstraintCheck);
  EXPECT_EQ(run(insert + "state) VALUES (1, 1, 1, 'old')"), kConstraintTrigger);
  EXPECT_EQ(run("UPDATE \"rec_order\" SET state = 'old'"), kConstraintTrigger);
  EXPECT_EQ(run(insert + "state) VALUES (1, 1, 1, 'it''s'), (1, 1, 1, NULL)"), 0);
  EXPECT_EQ(run("INSERT INTO \"rec_table\" (version, created_at_ms, updated_at_ms) VALUES (1, 1, 1)"),
            kConstraintNotNull);
  const std::string refers = "INSERT INTO \"rec_table\" (version, created_at_ms, updated_at_ms, \"group\") VALUES ";
  EXPECT_EQ(run(refers + "(1, 1, 1, 99)"), kConstraintForeignKey);
  EXPECT_EQ(run(refers + "(1, 1, 1, " + id + ")"), 0);
  EXPECT_EQ(run("DELETE FROM \"rec_order\" WHERE id = " + id), 0);
  EXPECT_EQ(call_->count("table"), 0);
}

TEST_F(SqliteRecordsTest, MoreAllowedValuesAndARenamedFieldKeepTheRules) {
  call_->declare(declaration());
  std::vector<OwnedCollection> wider = declaration();
  wider[0].fields[4].allowed.emplace_back("old");
  call_->declare(wider);
  const sdk::SchemaStep rename{sdk::SchemaStepKind::rename_field, 0, "order", "state", "status"};
  call_->change_schema(1, {rename});
  const std::string insert = "INSERT INTO \"rec_order\" (version, created_at_ms, updated_at_ms, status) VALUES ";
  EXPECT_EQ(run(insert + "(1, 1, 1, 'old')"), 0);
  EXPECT_NE(run(insert + "(1, 1, 1, 'lost')"), 0);
  EXPECT_EQ(call_->try_count("order", {}).status.code, Code::conflict) << "this process knows the old name";
  wider[0].fields[4].name = "status";
  call_->declare(wider);
  EXPECT_EQ(call_->count("order"), 1);
}

TEST_F(SqliteRecordsTest, ADeclarationThatCannotBeReadIsMadeAnewFromItsTable) {
  call_->declare(declaration());
  const std::int64_t film = call_->made(insertion("order", {{1, text("a")}, {3, integer(2019)}, {4, text("new")}}));
  const std::vector<OwnedCollection> before = call_->collections();
  const std::string other = sdk::record_rules::to_json(before[1]);
  for (const std::string& spoilt : std::vector<std::string>{
           "{", "", "{}", R"({"name": "order", "fields": []})",
           R"({"name": "order", "fields": [{"name": "A b", "type": 2, "flags": 0, "on_delete": 0}]})", other}) {
    ASSERT_EQ(run("UPDATE record_collection SET declaration = '" + spoilt + "' WHERE name = 'order'"), 0) << spoilt;
    // Of these nobody knows whether they were declared.
    ASSERT_EQ(run("DROP INDEX \"rec_1__two\""), 0);
    ASSERT_EQ(run("DROP TRIGGER \"rec_1_state.new\""), 0);
    ASSERT_NO_FATAL_FAILURE(open());
    const sdk::Failure answer = call_->try_declare(declaration());
    ASSERT_TRUE(answer.status.ok()) << spoilt << ": " << answer.text;
    EXPECT_NE(
        host_.log.all().find("in the row with name = 'order', cannot be read; its table is as this host declares"),
        std::string::npos)
        << host_.log.all();
    ASSERT_EQ(call_->collections().size(), 2U) << spoilt;
    EXPECT_EQ(sdk::record_rules::to_json(call_->collections()[0]), sdk::record_rules::to_json(before[0]));
    EXPECT_EQ(call_->get("order", film).values[3], integer(2019));
    EXPECT_EQ(run("INSERT INTO \"rec_order\" (version, created_at_ms, updated_at_ms, state) VALUES (1, 1, 1, 'lost')"),
              1811)
        << "its allowed values are kept again";
    EXPECT_EQ(run("DROP INDEX \"rec_1__two\""), 0) << "its index is there again";
    EXPECT_EQ(run("CREATE INDEX \"rec_1__two\" ON \"rec_order\" (year, \"select\")"), 0);
    EXPECT_EQ(call_->write(sdk::testing::update("order", film, {{3, integer(2019)}})).result, WriteResult::applied);
    ASSERT_FALSE(try_enqueue("d" + spoilt, 99).status.ok()) << "downloads still refer to films";
  }
  const std::string told = host_.log.all();
  open();
  call_->declare(declaration());
  EXPECT_EQ(host_.log.all(), told) << "it is sound now";
}

TEST_F(SqliteRecordsTest, ADeclarationThatCannotBeReadOfAnotherTableEndsTheStart) {
  call_->declare(declaration());
  ASSERT_EQ(run("UPDATE record_collection SET declaration = '{' WHERE name = 'order'"), 0);
  std::vector<OwnedCollection> more = declaration();
  more[0].fields.push_back(field("studio"));
  std::vector<OwnedCollection> less = declaration();
  less[0].fields.erase(less[0].fields.begin() + 2);
  std::vector<OwnedCollection> typed = declaration();
  typed[0].fields[3].type = FieldType::text;
  std::vector<OwnedCollection> required = declaration();
  required[0].fields[3].flags |= sdk::kRequired;
  for (const auto& [mine, words] :
       {std::pair(more, "its column \"studio\" is missing"), std::pair(less, "it has a column \"rowid\", too"),
        std::pair(typed, "its column \"year\" is of type INTEGER"),
        std::pair(required, "its column \"year\" may be null")}) {
    open();
    const sdk::Failure answer = call_->try_declare(mine);
    EXPECT_EQ(answer.status.vendor_code, static_cast<std::int32_t>(sdk::OpenFault::damaged)) << answer.text;
    EXPECT_FALSE(answer.status.retryable());
    EXPECT_NE(answer.text.find("record_collection, in the row with name = 'order', cannot be read"), std::string::npos)
        << answer.text;
    EXPECT_NE(answer.text.find(words), std::string::npos) << answer.text;
    EXPECT_NE(answer.text.find("start the Quarry that last worked with this storage"), std::string::npos);
  }
  EXPECT_EQ(host_.log.all(), "");
  open();
  const sdk::SchemaStep rename{sdk::SchemaStepKind::rename_field, 0, "order", "state", "status"};
  const sdk::Failure changed = call_->try_change_schema(1, {rename});
  EXPECT_EQ(changed.status.vendor_code, static_cast<std::int32_t>(sdk::OpenFault::damaged)) << changed.text;
  EXPECT_EQ(call_->schema_version(), 0) << "no step is left out";
  call_->declare(declaration());
  call_->change_schema(1, {rename});
  EXPECT_EQ(call_->schema_version(), 1);
}

TEST_F(SqliteRecordsTest, ADeclarationThatCannotBeReadAndIsNotOursIsLeftAlone) {
  call_->declare(declaration());
  ASSERT_EQ(run("UPDATE record_collection SET declaration = '{' WHERE name = 'table'"), 0);
  open();
  call_->declare({declaration()[0]});
  EXPECT_NE(host_.log.all().find("name = 'table', cannot be read; this host does not use it"), std::string::npos);
  EXPECT_EQ(call_->write(insertion("order", {{1, text("a")}})).result, WriteResult::applied);
  struct Nowhere final : sdk::CollectionSink {
    bool add(const sdk::CollectionSpec&) noexcept override { return true; }
  } nowhere;
  sdk::BasicContext ctx = host_.context();
  EXPECT_EQ(records_->store().collections(ctx, nowhere).vendor_code, static_cast<std::int32_t>(sdk::OpenFault::damaged))
      << "whoever copies all that is held must not miss it";
  open();
  call_->declare(declaration());
  EXPECT_EQ(call_->collections().size(), 2U);
}

TEST_F(SqliteRecordsTest, AFileFromBeforeThereWereRecordsOpens) {
  records_.reset();
  queue_.reset();
  const TestFolder old;
  {
    // As version 1 of the plugin left it.
    Connection connection(old.file(), Access::writer, Synchronous::normal);
    connection.raw().exec(sql::kMigrations[0]);
    connection.raw().exec(("PRAGMA application_id=" + std::to_string(sql::kApplicationId)).c_str());
    connection.raw().exec("PRAGMA user_version=1");
  }
  queue_ = open_store(host_, old.file());
  ASSERT_TRUE(try_enqueue("before", 7).status.ok()) << "nobody knows of films yet";
  records_ = std::make_unique<SqliteRecords>(*queue_);
  RecordCaller call(records_->store(), host_.clock);
  sdk::BasicContext ctx = host_.context();
  ASSERT_TRUE(records_->store().open(ctx).ok()) << ctx.text();
  call.declare(declaration());
  // The download from before refers to nothing, and goes on nevertheless.
  sdk::testing::StoreCaller queue(*queue_, host_.clock);
  sdk::ClaimRequest claim;
  claim.command_id = "c";
  claim.lane = "downloads";
  claim.owner = "me";
  EXPECT_EQ(queue.claim(claim).size(), 1U);
  records_.reset();
  queue_.reset();
}

TEST_F(SqliteRecordsTest, ADownloadOfNoFilmIsRefusedAndItsNeighboursAreNot) {
  call_->declare(declaration());
  const std::int64_t film = call_->made(insertion("order", {{1, text("a")}}));
  constexpr int kThreads = 12;
  std::vector<sdk::Failure> answers(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      answers[static_cast<std::size_t>(i)] = try_enqueue("d" + std::to_string(i), i % 3 == 0   ? 99
                                                                                  : i % 3 == 1 ? film
                                                                                               : 0);
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  for (int i = 0; i < kThreads; ++i) {
    const sdk::Failure& answer = answers[static_cast<std::size_t>(i)];
    EXPECT_EQ(answer.status.code, i % 3 == 0 ? Code::invalid : Code::ok) << answer.text;
    if (i % 3 == 0) {
      EXPECT_NE(answer.text.find("record 99 of collection \"order\""), std::string::npos) << answer.text;
    }
  }
  EXPECT_EQ(call_->write(sdk::testing::removal("order", film)).result, WriteResult::referred);
}

TEST_F(SqliteRecordsTest, ACollectionThatIsReferredToByItselfAndByDownloadsCanGoAndComeAgain) {
  OwnedField parent = field("parent", FieldType::integer, 0);
  parent.references = "order";
  std::vector<OwnedCollection> one = {declaration()[0]};
  one[0].fields.push_back(parent);
  for (std::int64_t version = 1; version <= 2; ++version) {
    call_->declare(one);
    const std::int64_t first = call_->made(insertion("order", {}));
    const auto place = static_cast<std::int32_t>(one[0].fields.size()) - 1;
    static_cast<void>(call_->made(insertion("order", {{place, integer(first)}})));
    ASSERT_TRUE(try_enqueue("d" + std::to_string(version), first).status.ok());
    EXPECT_EQ(call_->write(sdk::testing::removal("order", first)).result, WriteResult::referred);
    call_->change_schema(version, {{sdk::SchemaStepKind::drop_collection, 0, "order", "", ""}});
    EXPECT_TRUE(call_->collections().empty());
    EXPECT_TRUE(try_enqueue("e" + std::to_string(version), 99).status.ok()) << "nobody knows of films any more";
  }
}

TEST_F(SqliteRecordsTest, PagesAndLooksGoAlongTheirIndex) {
  call_->declare(declaration());
  const OwnedCollection order = declaration()[0];
  const auto all_plans = [&](const std::vector<sdk::Condition>& where, const std::vector<sdk::SortField>& by,
                             const std::vector<sdk::Value>& after) {
    sdk::FindRecords request;
    request.where = where;
    request.order = by;
    request.after = after;
    std::string plans;
    for (const auto& piece : storage_sql::find_queries(order, request, storage_sql::kSqliteRecords)) {
      plans += plan(piece);
    }
    return plans;
  };
  const auto expect_lean = [](const std::string& plans, const std::string& index) {
    EXPECT_NE(plans.find(index), std::string::npos) << plans;
    EXPECT_EQ(plans.find("TEMP B-TREE"), std::string::npos) << plans;
    EXPECT_EQ(plans.find("SCAN rec_order\n"), std::string::npos) << plans;
  };
  const sdk::Value some_text = storage_sql::value_of("m");
  const sdk::Value number = storage_sql::value_of(2019);
  for (const int descending : {0, 1}) {
    expect_lean(all_plans({}, {{0, descending}}, {}), "rec_1_select");
    expect_lean(all_plans({}, {{0, descending}}, {some_text, number}), "rec_1_select");
    expect_lean(all_plans({}, {{0, descending}}, {sdk::Value(), number}), "rec_1_select");
    expect_lean(all_plans({}, {{1, descending}}, {some_text, number}), "rec_1_xmin.unique");
    expect_lean(all_plans({}, {{3, descending}, {0, descending}}, {number, some_text, number}), "rec_1__two");
    expect_lean(all_plans({{3, Match::equal, {&number, 1}}}, {{sdk::kFieldId, descending}}, {}), "rec_1_");
  }
  expect_lean(all_plans({}, {}, {number}), "INTEGER PRIMARY KEY (rowid>?)");
  expect_lean(all_plans({{0, Match::prefix, {&some_text, 1}}}, {{0, 0}}, {}), "select>? AND select<?");
  for (const Match match : {Match::equal, Match::in, Match::at_least, Match::below}) {
    const sdk::Condition condition{3, match, {&number, 1}};
    const std::string text =
        plan(storage_sql::count_query(order, std::span(&condition, 1), storage_sql::kSqliteRecords));
    EXPECT_NE(text.find("SEARCH rec_order USING COVERING INDEX rec_1_"), std::string::npos) << text;
  }
  // Whoever removes a film looks for what refers to it, and so does the database.
  for (const char* remove : {"DELETE FROM \"rec_order\" WHERE id = 1"}) {
    const std::string text = plan({remove, {}, {}});
    EXPECT_EQ(text.find("SCAN"), std::string::npos) << text;
    EXPECT_NE(text.find("download_movie_ref"), std::string::npos) << text;
    EXPECT_NE(text.find("rec_2_group"), std::string::npos) << text;
  }
}

TEST_F(SqliteRecordsTest, NothingIsAnsweredBeforeTheQueueIsOpen) {
  const std::unique_ptr<SqliteQueueStore> closed = make_store(host_, folder_.file("other.db"));
  SqliteRecords records(*closed);
  sdk::BasicContext ctx = host_.context();
  EXPECT_EQ(records.store().open(ctx).code, Code::invalid);
}

}  // namespace
}  // namespace quarry::storage_sqlite
