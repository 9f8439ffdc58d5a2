// SPDX-License-Identifier: MIT
// The two rows of a download come, change and go together, and whoever knows of one table only takes nothing.
#include "postgres_admin.hpp"
#include "postgres_queue_store.hpp"
#include "test_database.hpp"

#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace quarry::storage_postgres {
namespace {

using testing::TestDatabase;

struct Findings final : sdk::FindingSink {
  bool add(const sdk::Finding& finding) noexcept override {
    all += std::string(finding.where) + ": " + std::string(finding.text) + "\n";
    return true;
  }
  std::string all;
};
struct NoProgress final : sdk::ProgressSink {
  bool step(std::int64_t, std::int64_t) noexcept override { return true; }
};

class TwoTables : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    config_ = std::make_unique<sdk::Config>(sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"));
    store_ = std::make_unique<PostgresQueueStore>(host_, *config_);
    sdk::BasicContext ctx = host_.context();
    ASSERT_TRUE(store_->open(ctx).ok()) << ctx.text();
    for (const char* name : {"a", "b"}) {
      sdk::NewDownload item;
      item.command_id = name;
      item.release_key = name;
      item.lane = "downloads";
      ASSERT_EQ(call().enqueue(item).result, sdk::CommandResult::applied);
    }
  }
  sdk::testing::StoreCaller call() { return {*store_, host_.clock}; }
  /// What a check of the database finds.
  std::string findings() {
    PostgresAdmin admin(host_, *config_);
    Findings found;
    NoProgress progress;
    sdk::BasicContext ctx = host_.context();
    EXPECT_TRUE(admin.check(ctx, found, progress).ok()) << ctx.text();
    return found.all;
  }
  static void expect(const std::string& condition) {
    EXPECT_NO_THROW(TestDatabase::get().run("DO $$ BEGIN ASSERT " + condition + "; END $$")) << condition;
  }
  std::size_t claim() {
    sdk::ClaimRequest request;
    request.limit = 10;
    request.command_id = "claim";
    request.lane = "downloads";
    request.owner = "owner";
    request.lease_ms = 60'000;
    return call().claim(request).size();
  }

  sdk::testing::FakeHost host_;
  std::unique_ptr<sdk::Config> config_;
  std::unique_ptr<PostgresQueueStore> store_;
};

TEST_F(TwoTables, AnEditOfTheRankChangesWhatIsClaimedAndWhatIsListed) {
  sdk::Edit edit;
  edit.command_id = "edit";
  edit.id = 2;
  edit.fields = sdk::kEditTop | sdk::kEditCategory;
  edit.category = "films";
  ASSERT_EQ(call().edit(edit).result, sdk::CommandResult::applied);
  expect("(SELECT bool_and(claim_rank = rank) FROM download)");
  expect("(SELECT rank FROM download WHERE id = 2) < (SELECT rank FROM download WHERE id = 1)");
  EXPECT_EQ(call().row(2).category, "films");
  EXPECT_EQ(findings(), "");
}

TEST_F(TwoTables, OnlyWhatWaitsStandsInTheClaimOrder) {
  ASSERT_EQ(claim(), 2U);
  sdk::Transition end;
  end.command_id = "end";
  end.id = 1;
  end.epoch = 1;
  end.from = sdk::DownloadState::dispatching;
  end.to = sdk::DownloadState::failed;
  ASSERT_EQ(call().transition(end).result, sdk::CommandResult::applied);
  sdk::Edit edit;
  edit.command_id = "edit";
  edit.id = 2;
  edit.fields = sdk::kEditCategory;
  ASSERT_EQ(call().edit(edit).result, sdk::CommandResult::applied);
  EXPECT_EQ(findings(), "");
}

TEST_F(TwoTables, ARowInNoKnownStateIsNotClaimed) {
  TestDatabase::get().run("UPDATE download_state SET state = 99 WHERE id = 1");
  EXPECT_EQ(claim(), 1U);
  expect("(SELECT state FROM download_state WHERE id = 1) = 99");
}

TEST_F(TwoTables, NothingIsSaidOfWhatWasNotMade) {
  std::vector<sdk::NewDownload> items(2);
  items[0].command_id = "twin of a";
  items[0].release_key = "a";
  items[1].command_id = items[1].release_key = "c";
  for (sdk::NewDownload& item : items) { item.lane = "downloads"; }
  EXPECT_EQ(call().enqueue(items[0]).result, sdk::CommandResult::conflict);
  EXPECT_EQ(call().enqueue(items).front().result, sdk::CommandResult::conflict);
  expect("(SELECT count(*) FROM download_origin) = 3");
  EXPECT_EQ(findings(), "");
}

TEST_F(TwoTables, OnlyWorkUnderWayIsExtendedAndRescued) {
  ASSERT_EQ(claim(), 2U);
  TestDatabase::get().run("UPDATE download_state SET state = 3 WHERE id = 1");  // by hand: its lease means nothing
  EXPECT_NE(call().heartbeat("owner", 60'000, {{1, 1}}).front().result, sdk::CommandResult::applied);
  TestDatabase::get().run("UPDATE download_state SET lease_until_ms = 1");
  const auto rescued = call().rescue("rescue", "another");
  ASSERT_EQ(rescued.size(), 1U);
  EXPECT_EQ(rescued.front().data.id, 2);
}

TEST_F(TwoTables, AClaimMovesAThousandRowsWhoseTimeCame) {
  TestDatabase::get().run(
      "INSERT INTO download_state SELECT (jsonb_populate_record(d, jsonb_build_object('id', 10 + n, 'release_key', n, "
      "'ready', 2, 'due_at_ms', 1))).* FROM download_state AS d, generate_series(1, 1500) AS n WHERE d.id = 1; "
      "INSERT INTO download_origin SELECT (jsonb_populate_record(o, jsonb_build_object('id', 10 + n, 'created_by', "
      "n))).* "
      "FROM download_origin AS o, generate_series(1, 1500) AS n WHERE o.id = 1");
  ASSERT_EQ(claim(), 3U);  // as many as the lane lets
  expect("(SELECT count(*) FROM download_state WHERE ready = 2) = 500");
}

TEST_F(TwoTables, NothingIsLeftOfARowThatWasPruned) {
  TestDatabase::get().run(
      "UPDATE download_state SET state = 8, status = 7, ready = 0, ended_at_ms = 1 WHERE id = 1; "
      "INSERT INTO metainfo VALUES (1, 'torrent'), (2, 'torrent')");
  EXPECT_EQ(call().prune(1U << 8U, 2), 1);
  expect("(SELECT array_agg(download_id) FROM metainfo) = ARRAY[2::bigint]");
  expect("(SELECT array_agg(id) FROM download_origin) = ARRAY[2::bigint]");
  sdk::NewDownload again;
  again.command_id = "a";  // nobody remembers this command any more
  again.release_key = "a";
  again.lane = "downloads";
  EXPECT_EQ(call().enqueue(again).result, sdk::CommandResult::applied);
}

TEST_F(TwoTables, ACheckFindsHalvesOfDownloads) {
  EXPECT_EQ(findings(), "");
  TestDatabase::get().run("DELETE FROM download_origin WHERE id = 1; DELETE FROM download_state WHERE id = 2");
  const std::string found = findings();
  EXPECT_NE(found.find("download 1: lacks its row in download_origin"), std::string::npos) << found;
  EXPECT_NE(found.find("download_origin 2: belongs to no download"), std::string::npos) << found;
}

TEST_F(TwoTables, AHostOfAnEarlierVersionThatStillRunsClaimsNothing) {
  EXPECT_ANY_THROW(TestDatabase::get().run("SELECT id FROM claim('downloads', 1, 'owner', 30000, 'claim', 1000)"));
  EXPECT_ANY_THROW(TestDatabase::get().run("UPDATE download SET state = 1"));
  expect("(SELECT bool_and(state = 0) FROM download)");
}

}  // namespace
}  // namespace quarry::storage_postgres
