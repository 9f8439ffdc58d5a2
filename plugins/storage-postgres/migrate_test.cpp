// SPDX-License-Identifier: MIT
// Databases of earlier versions of the schema keep what they hold.
#include "postgres_queue_store.hpp"
#include "schema.hpp"
#include "test_database.hpp"

#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>

#include <gtest/gtest.h>

namespace quarry::storage_postgres {
namespace {

using testing::TestDatabase;

/// As version 2 left them, with the column of films that its records added: 3 waits, 4 is leased, 5 failed, of 7 handed
/// out.
constexpr char kRowsOfVersion2[] = R"sql(
CREATE TABLE quarry_schema (version integer NOT NULL); INSERT INTO quarry_schema VALUES (2);
CREATE TABLE rec_movies (id bigint PRIMARY KEY); INSERT INTO rec_movies VALUES (9);
ALTER TABLE download ADD COLUMN movie_ref bigint GENERATED ALWAYS AS (nullif(movie_id, 0)) STORED;
ALTER TABLE download ADD CONSTRAINT download_movie_exists FOREIGN KEY (movie_ref) REFERENCES rec_movies ("id") NOT VALID;
CREATE INDEX download_movie_ref ON download (movie_ref) WHERE movie_ref IS NOT NULL;
INSERT INTO lane VALUES ('downloads', 4, 0);
INSERT INTO download OVERRIDING SYSTEM VALUE
SELECT n, n, 2 * n, 100 + n, 200 + n, CASE n WHEN 4 THEN 9000000000000 ELSE 0 END, 300 + n, 400 + n, CASE n WHEN 5 THEN 500 ELSE 0 END,
  CASE n WHEN 4 THEN 9 ELSE 0 END, 600 + n, 700 + n, 800 + n, 900 + n, 1000 + n, 1100 + n, 0.5, 1.5,
  CASE n WHEN 3 THEN 0 WHEN 4 THEN 1 ELSE 7 END, 0, CASE n WHEN 3 THEN 1 ELSE 0 END, n, 3, 2, 0, 0, 11, 12, CASE n WHEN 5 THEN 6 ELSE 0 END, 0,
  'downloads', 'made-' || n, 'release-' || n, 'v1-' || n, 'v2-' || n, 'client', 'last-' || n, '', CASE n WHEN 4 THEN 'owner' ELSE '' END,
  'item', 'state', 'because', 'error', '/out', 'films', 'title-' || n, 'indexer', 'guid', 'url', 'magnet' FROM generate_series(3, 5) AS n;
SELECT setval('download_id_seq', 7);
INSERT INTO status_count VALUES (0, 0, 0, 1), (0, 1, 0, 1), (0, 7, 6, 1);
INSERT INTO metainfo VALUES (4, 'torrent');
)sql";

class Migrations : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    TestDatabase::get().run(sql::kMigrations[0]);
    TestDatabase::get().run(sql::kMigrations[1]);
    TestDatabase::get().run(kRowsOfVersion2);
    store_ = std::make_unique<PostgresQueueStore>(
        host_, sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"));
    sdk::BasicContext ctx = host_.context();
    ASSERT_TRUE(store_->open(ctx).ok()) << ctx.text();
  }
  sdk::testing::StoreCaller call() { return {*store_, host_.clock}; }

  sdk::testing::FakeHost host_;
  std::unique_ptr<PostgresQueueStore> store_;
};

TEST_F(Migrations, RowsOfVersion2AreWhatTheyWere) {
  const auto rows = call().all();
  ASSERT_EQ(rows.size(), 3U);
  const sdk::DownloadView leased = rows[1].view();
  EXPECT_EQ(leased.id, 4);
  EXPECT_EQ(leased.epoch, 4);
  EXPECT_EQ(leased.version, 8);
  EXPECT_EQ(leased.rank, 104);
  EXPECT_EQ(leased.due_at_ms, 204);
  EXPECT_EQ(leased.lease_until_ms, 9000000000000);
  EXPECT_EQ(leased.enqueued_at_ms, 304);
  EXPECT_EQ(leased.updated_at_ms, 404);
  EXPECT_EQ(leased.movie_id, 9);
  EXPECT_EQ(leased.size_bytes, 604);
  EXPECT_EQ(leased.done_bytes, 704);
  EXPECT_EQ(leased.progress_at_ms, 1104);
  EXPECT_EQ(leased.state, sdk::DownloadState::dispatching);
  EXPECT_EQ(leased.attempts, 4);
  EXPECT_EQ(leased.lease_owner, "owner");
  EXPECT_EQ(leased.release_key, "release-4");
  EXPECT_EQ(leased.infohash_v1, "v1-4");
  EXPECT_EQ(leased.title, "title-4");
  EXPECT_EQ(leased.magnet, "magnet");
  EXPECT_EQ(leased.category, "films");
  EXPECT_EQ(leased.output_path, "/out");
  EXPECT_EQ(rows[2].view().ended_at_ms, 500);
}

TEST_F(Migrations, TheQueueOfVersion2GoesOn) {
  sdk::ClaimRequest request;
  request.command_id = "claim";
  request.lane = "downloads";
  request.owner = "me";
  const auto claimed = call().claim(request);
  ASSERT_EQ(claimed.size(), 1U);
  EXPECT_EQ(claimed.front().view().id, 3);
  EXPECT_EQ(claimed.front().view().title, "title-3");
  // Numbers that were handed out are not handed out again, and what was unique still is.
  sdk::NewDownload item;
  item.command_id = "new";
  item.lane = "downloads";
  item.release_key = "release-4";
  EXPECT_EQ(call().enqueue(item).result, sdk::CommandResult::conflict);
  item.release_key = "release-5";
  const sdk::Outcome made = call().enqueue(item);
  EXPECT_EQ(made.result, sdk::CommandResult::applied);
  EXPECT_GT(made.id, 7);
}

TEST_F(Migrations, FilmsAndTorrentsOfVersion2AreStillReferredTo) {
  EXPECT_ANY_THROW(TestDatabase::get().run("DELETE FROM rec_movies"));
  TestDatabase::get().run(
      "DO $$ BEGIN ASSERT (SELECT count(*) FROM metainfo) = 1; DELETE FROM download_state WHERE id = 4; "
      "ASSERT (SELECT count(*) FROM metainfo) = 0; END $$");
}

TEST_F(Migrations, AnUnfinishedCopyOfAnEarlierVersionIsLeftAlone) {
  store_.reset();
  TestDatabase& database = TestDatabase::get();
  database.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  database.run(sql::kMigrations[0]);
  database.run(
      "CREATE TABLE quarry_schema (version integer NOT NULL); INSERT INTO quarry_schema VALUES (1); "
      "CREATE TABLE copy_source (source text NOT NULL)");
  PostgresQueueStore store(host_, sdk::Config::parse(R"({"url": ")" + database.url() + R"("})"));
  sdk::BasicContext ctx = host_.context();
  EXPECT_EQ(store.open(ctx).code, sdk::Code::conflict);
  EXPECT_NE(ctx.text().find("unfinished copy"), std::string::npos) << ctx.text();
  EXPECT_NO_THROW(database.run("DO $$ BEGIN ASSERT (SELECT version FROM quarry_schema) = 1; END $$"));
}

TEST_F(Migrations, AHostOfVersion3ThatStillRunsClaimsNothing) {
  store_.reset();
  TestDatabase& database = TestDatabase::get();
  database.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  for (std::size_t version = 0; version < 3; ++version) { database.run(sql::kMigrations[version]); }
  database.run(
      "CREATE TABLE quarry_schema (version integer NOT NULL); INSERT INTO quarry_schema VALUES (3); "
      "CREATE FUNCTION claim_downloads(text, integer, text, bigint, text, integer) RETURNS SETOF download LANGUAGE sql "
      "AS 'SELECT * FROM download'");
  constexpr char kClaimOfVersion3[] = "SELECT id FROM claim_downloads('downloads', 1, 'owner', 30000, 'claim', 1000)";
  EXPECT_NO_THROW(database.run(kClaimOfVersion3));
  PostgresQueueStore store(host_, sdk::Config::parse(R"({"url": ")" + database.url() + R"("})"));
  sdk::BasicContext ctx = host_.context();
  ASSERT_TRUE(store.open(ctx).ok()) << ctx.text();
  EXPECT_ANY_THROW(database.run(kClaimOfVersion3));
}

}  // namespace
}  // namespace quarry::storage_postgres
