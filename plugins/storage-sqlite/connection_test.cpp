// SPDX-License-Identifier: MIT
// Opening: settings, schema versions, and files that are not ours.
#include "connection.hpp"
#include "statements.hpp"
#include "test_support.hpp"

#include <fstream>
#include <random>

namespace quarry::storage_sqlite {
namespace {

using sdk::Code;

TEST(Opening, SetsAndChecksEverything) {
  const TestFolder folder;
  Connection writer(folder.file(), Access::writer, Synchronous::full);
  EXPECT_EQ(writer.raw().text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(writer.raw().integer("PRAGMA synchronous", 0), 2);
  EXPECT_EQ(writer.raw().integer("PRAGMA foreign_keys", 0), 1);
  EXPECT_EQ(writer.raw().integer("PRAGMA trusted_schema", 1), 0);
  EXPECT_EQ(writer.raw().integer("PRAGMA cell_size_check", 0), 1);
  EXPECT_EQ(writer.raw().integer("PRAGMA journal_size_limit", 0), 67108864);
  EXPECT_EQ(writer.raw().integer("PRAGMA wal_autocheckpoint", 0), sql::kWalPages);
  Connection reader(folder.file(), Access::reader, Synchronous::normal);
  EXPECT_EQ(reader.raw().integer("PRAGMA synchronous", 0), 1);
  EXPECT_THROW(reader.raw().exec("CREATE TABLE t (x)"), SqliteFailure) << "a reader writes nothing";
}

TEST(Opening, MakesTheSchemaOnce) {
  const TestFolder folder;
  Connection connection(folder.file(), Access::writer, Synchronous::normal);
  migrate(connection, folder.file());
  EXPECT_EQ(connection.raw().integer("PRAGMA user_version", 0), sql::kSchemaVersion);
  EXPECT_EQ(connection.raw().integer("PRAGMA application_id", 0), sql::kApplicationId);
  migrate(connection, folder.file());
  EXPECT_EQ(connection.raw().text("PRAGMA integrity_check"), "ok");
}

TEST(Opening, BringsADatabaseOfTheFirstVersionUpToDateAndKeepsItsRows) {
  const TestFolder folder;
  {
    Connection old(folder.file(), Access::writer, Synchronous::normal);
    const std::string steps = std::string(sql::kMigrations.front()) +
                              ";PRAGMA application_id=" + std::to_string(sql::kApplicationId) +
                              ";PRAGMA user_version=1;INSERT INTO lane VALUES ('downloads', 7, 1)";
    old.raw().exec(steps.c_str());
  }
  sdk::testing::FakeHost host;
  const auto store = open_store(host, folder.file());
  sdk::BasicContext ctx = host.context();
  sdk::Stats stats;
  ASSERT_TRUE(store->stats(ctx, "downloads", stats).ok());
  EXPECT_EQ(stats.lane_max_active, 7);
  sdk::DutyRequest request;
  request.name = "client:one";
  request.owner = "owner";
  sdk::Duty duty;
  ASSERT_TRUE(store->take_duty(ctx, request, duty).ok()) << ctx.text();
  EXPECT_EQ(duty.held, 1);
}

TEST(Opening, RefusesANewerDatabaseAndNamesBothVersions) {
  const TestFolder folder;
  sdk::testing::FakeHost host;
  { const auto store = open_store(host, folder.file()); }
  {
    Connection connection(folder.file(), Access::writer, Synchronous::normal);
    connection.raw().exec("PRAGMA user_version=77");
  }
  const auto [status, text] = try_open(host, folder.file());
  EXPECT_EQ(status.code, Code::conflict);
  EXPECT_EQ(status.vendor_code, static_cast<std::int32_t>(sdk::OpenFault::newer));
  EXPECT_NE(text.find("version 77"), std::string::npos) << text;
  EXPECT_NE(text.find("up to " + std::to_string(sql::kSchemaVersion)), std::string::npos) << text;
}

TEST(Opening, RefusesTheDatabaseOfAnotherProgram) {
  const TestFolder folder;
  {
    Connection connection(folder.file(), Access::writer, Synchronous::normal);
    connection.raw().exec("CREATE TABLE bookmarks (url)");
  }
  sdk::testing::FakeHost host;
  const auto [status, text] = try_open(host, folder.file());
  EXPECT_EQ(status.code, Code::conflict);
  EXPECT_EQ(status.vendor_code, static_cast<std::int32_t>(sdk::OpenFault::foreign));
  EXPECT_NE(text.find("another program"), std::string::npos) << text;
}

TEST(Opening, RefusesAFileThatIsNoDatabase) {
  const TestFolder folder;
  {
    std::ofstream out(folder.file());
    for (int i = 0; i < 1000; ++i) { out << "not a database\n"; }
  }
  sdk::testing::FakeHost host;
  const auto [status, text] = try_open(host, folder.file());
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_FALSE(status.retryable());
  EXPECT_EQ(status.vendor_code, static_cast<std::int32_t>(sdk::OpenFault::damaged));
  EXPECT_NE(text.find("is not an SQLite database"), std::string::npos) << text;
}

TEST(Opening, SaysWhenAPageIsDamaged) {
  const TestFolder folder;
  sdk::testing::FakeHost host;
  {
    const auto store = open_store(host, folder.file());
    sdk::BasicContext ctx = host.context();
    sdk::Outcomes outcomes;
    const sdk::NewDownload item = new_download("one");
    ASSERT_TRUE(store->enqueue(ctx, std::span(&item, 1), outcomes).ok());
  }
  {  // everything behind the first page
    std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
    const auto size = std::filesystem::file_size(folder.file());
    file.seekp(4096);
    for (std::uintmax_t i = 4096; i < size; ++i) { file.put('\x5a'); }
  }
  const auto store = make_store(host, folder.file());
  sdk::BasicContext ctx = host.context();
  sdk::Status status = store->open(ctx);
  std::int64_t total = 0;
  auto sink = sdk::download_sink([](const sdk::DownloadView&) {});
  if (status.ok()) { status = store->list(ctx, {}, sink, total); }
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_FALSE(status.retryable());
  EXPECT_NE(ctx.text().find("damaged"), std::string::npos) << ctx.text();
}

TEST(Opening, MustComeFirst) {
  const TestFolder folder;
  sdk::testing::FakeHost host;
  const auto store = make_store(host, folder.file());
  sdk::BasicContext ctx = host.context();
  sdk::Stats stats;
  EXPECT_EQ(store->stats(ctx, "downloads", stats).code, Code::invalid);
  EXPECT_TRUE(store->open(ctx).ok()) << ctx.text();
  EXPECT_TRUE(store->stats(ctx, "downloads", stats).ok());
  EXPECT_EQ(store->open(ctx).code, Code::conflict);
}

TEST(Opening, MayBeTriedAgain) {
  const TestFolder folder;
  sdk::testing::FakeHost host;
  auto first = open_store(host, folder.file());
  const auto second = make_store(host, folder.file());
  sdk::BasicContext ctx = host.context();
  EXPECT_EQ(second->open(ctx).code, Code::conflict);
  EXPECT_NE(ctx.text().find("in use by process"), std::string::npos) << ctx.text();
  first.reset();
  EXPECT_TRUE(second->open(ctx).ok()) << ctx.text();
}

TEST(Opening, TakesAPathWithSpacesAndSigns) {
  const TestFolder folder;
  sdk::testing::FakeHost host;
  const auto store = open_store(host, folder.file("my queue=1; 'ä'.db"));
  EXPECT_TRUE(std::filesystem::exists(folder.file("my queue=1; 'ä'.db")));
}

TEST(Config, SchemaAcceptsAndRefuses) {
  EXPECT_TRUE(sdk::validate_json(kConfigSchema, R"({"path": "queue.db"})").ok());
  EXPECT_TRUE(sdk::validate_json(kConfigSchema, R"({"url": "sqlite:queue.db"})").ok());
  EXPECT_TRUE(sdk::validate_json(kConfigSchema, R"({"path": "q", "synchronous": "normal", "readers": 16})").ok());
  for (const char* bad :
       {"{}", R"({"path": ""})", R"({"path": "q", "readers": 0})", R"({"path": "q", "readers": 17})",
        R"({"path": "q", "synchronous": "off"})", R"({"path": "q", "typo": 1})", R"({"path": "q", "url": "q"})"}) {
    EXPECT_FALSE(sdk::validate_json(kConfigSchema, bad).ok()) << bad;
  }
}

/// The status column of the schema and public_status() are two texts of one rule.
TEST(Schema, StatusIsWhatPublicStatusSays) {
  const TestFolder folder;
  Connection connection(folder.file(), Access::writer, Synchronous::normal);
  migrate(connection, folder.file());
  RawStatement insert(connection.raw(), sql::kInsertDownload);
  {
    const Running running(insert);
    for (int i = 1; i <= 9; ++i) { insert.bind(i, std::int64_t{0}); }
    for (int i = 10; i <= 20; ++i) { insert.bind(i, std::string_view("x")); }
    insert.bind(2, std::int64_t{1});
    insert.step();
  }
  for (int state = 0; state < sdk::kDownloadStates; ++state) {
    for (std::uint32_t flags = 0; flags < 32; ++flags) {
      const auto s = static_cast<sdk::DownloadState>(state);
      const std::string update =
          "UPDATE download SET state = " + std::to_string(state) + ", flags = " + std::to_string(flags) +
          ", live = " + (is_live(s) ? "1" : "0") + ", ended_at_ms = " + (is_ended(s) ? "1" : "0") +
          ", ready = " + (state == 0 && (flags & sdk::kHold) == 0 ? "1" : "0") + ", lease_owner = '" +
          (is_leased(s) ? "x" : "") + "', lease_until_ms = " + (is_leased(s) ? "1" : "0");
      connection.raw().exec(update.c_str());
      EXPECT_EQ(connection.raw().integer("SELECT status FROM download", -1),
                static_cast<std::int64_t>(public_status(s, flags)))
          << "state " << state << " flags " << flags;
      EXPECT_EQ(connection.raw().integer("SELECT count(*) FROM status_count c JOIN download d "
                                         "ON c.state = d.state AND c.status = d.status WHERE c.n = 1",
                                         0),
                1);
      EXPECT_EQ(connection.raw().integer("SELECT sum(n) FROM status_count", 0), 1);
    }
  }
}

TEST(Schema, RefusesARowThatBreaksTheRules) {
  const TestFolder folder;
  Connection connection(folder.file(), Access::writer, Synchronous::normal);
  migrate(connection, folder.file());
  RawStatement insert(connection.raw(), sql::kInsertDownload);
  {
    const Running running(insert);
    for (int i = 1; i <= 9; ++i) { insert.bind(i, std::int64_t{0}); }
    for (int i = 10; i <= 20; ++i) { insert.bind(i, std::string_view("x")); }
    insert.bind(2, std::int64_t{1});
    insert.step();
  }
  for (const char* bad :
       {"UPDATE download SET state = 9", "UPDATE download SET state = 1", "UPDATE download SET state = 7, ready = 0",
        "UPDATE download SET live = 0", "UPDATE download SET ended_at_ms = 5", "UPDATE download SET lease_owner = 'x'",
        "UPDATE download SET ready = 0", "UPDATE download SET rank = 'text'"}) {
    EXPECT_THROW(connection.raw().exec(bad), SqliteFailure) << bad;
  }
}

}  // namespace
}  // namespace quarry::storage_sqlite
