// SPDX-License-Identifier: MIT
// The contract of enqueue() and find().
#include <quarry/sdk/testing/queue_store_contract.hpp>

#include <quarry/sdk/helpers/sinks.hpp>

namespace quarry::sdk::testing {

int link_contract_of_adding() { return 0; }

TEST_P(QueueStoreContract, EnqueueKeepsEveryField) {
  constexpr std::int64_t kBig = (std::int64_t{1} << 53) + 1;
  NewDownload item = download();
  item.flags = kHold;
  item.title = "Amélie \xF0\x9F\x8E\xAC 字幕 \"quoted\" it's; DROP TABLE download; --";
  item.indexer = "indexer-1";
  item.guid = "guid:with:colons ?1 :name";
  item.download_url = "https://127.0.0.1/download?id=1&key=x";
  item.magnet = "magnet:?xt=urn:btih:aa";
  item.category = "películas";
  item.infohash_v1 = "1111111111111111111111111111111111111111";
  item.infohash_v2 = "2222222222222222222222222222222222222222222222222222222222222222";
  item.movie_id = kBig;
  item.size_bytes = kBig + 1;
  item.due_at_ms = clock().wall_ms() + 5000;
  item.rank_bonus_ms = -kBig;
  item.priority = Priority::very_high;
  item.max_retries = 7;
  const Outcome outcome = call().enqueue(item);
  ASSERT_EQ(outcome.result, CommandResult::applied);

  QueueRow expected;
  expected.data.id = outcome.id;
  expected.data.epoch = outcome.epoch;
  expected.data.version = outcome.version;
  expected.data.flags = kHold;
  expected.data.priority = Priority::very_high;
  expected.data.movie_id = kBig;
  expected.data.size_bytes = kBig + 1;
  expected.data.rank = clock().wall_ms() + kBig;
  expected.data.due_at_ms = item.due_at_ms;
  expected.data.enqueued_at_ms = clock().wall_ms();
  expected.data.updated_at_ms = clock().wall_ms();
  expected.data.max_retries = 7;
  expected.lane = item.lane;
  expected.release_key = item.release_key;
  expected.title = item.title;
  expected.indexer = item.indexer;
  expected.guid = item.guid;
  expected.download_url = item.download_url;
  expected.magnet = item.magnet;
  expected.category = item.category;
  expected.infohash_v1 = item.infohash_v1;
  expected.infohash_v2 = item.infohash_v2;
  EXPECT_EQ(difference(call().row(outcome.id), expected), "");
  expect_consistent();
}

TEST_P(QueueStoreContract, EnqueueGivesRisingIdsInTheOrderOfTheInput) {
  const std::vector<Outcome> outcomes = call().enqueue({download(), download(), download()});
  std::int64_t last = 0;
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.result, CommandResult::applied);
    EXPECT_GT(outcome.id, last);
    last = outcome.id;
  }
}

TEST_P(QueueStoreContract, EnqueueIsAppliedOnce) {
  const NewDownload item = download();
  const Outcome first = call().enqueue(item);
  const Outcome second = call().enqueue(item);
  EXPECT_EQ(second.result, CommandResult::already_applied);
  EXPECT_EQ(second.id, first.id);
  const std::vector<Outcome> twice = call().enqueue({item, item});
  EXPECT_EQ(twice.at(0).result, CommandResult::already_applied);
  EXPECT_EQ(twice.at(1).result, CommandResult::already_applied);
  EXPECT_EQ(call().all().size(), 1U);
  EXPECT_EQ(call().events().size(), 1U);
}

TEST_P(QueueStoreContract, EnqueueAgainIsStillKnownAfterTheRowMovedOn) {
  const NewDownload item = download();
  const std::int64_t id = call().enqueue(item).id;
  ASSERT_EQ(call().claim(claim_request()).size(), 1U);
  const Outcome again = call().enqueue(item);
  EXPECT_EQ(again.result, CommandResult::already_applied);
  EXPECT_EQ(again.id, id);
  EXPECT_EQ(again.epoch, 1);
}

TEST_P(QueueStoreContract, EnqueueAgainIsStillKnownAfterTheRowEnded) {
  const NewDownload item = download();
  const std::int64_t id = call().enqueue(item).id;
  ASSERT_EQ(call().claim(claim_request()).size(), 1U);
  Transition end;
  end.command_id = command();
  end.id = id;
  end.epoch = 1;
  end.from = DownloadState::dispatching;
  end.to = DownloadState::failed;
  ASSERT_EQ(call().transition(end).result, CommandResult::applied);
  // Its release could be taken again, but by another command.
  const std::vector<Outcome> again = call().enqueue({item, download()});
  EXPECT_EQ(again.at(0).result, CommandResult::already_applied);
  EXPECT_EQ(again.at(0).id, id);
  EXPECT_EQ(again.at(1).result, CommandResult::applied);
  EXPECT_EQ(call().enqueue(item).result, CommandResult::already_applied);
}

TEST_P(QueueStoreContract, SecondLiveRowOfOneReleaseIsAConflict) {
  const NewDownload first = download();
  NewDownload second = download();
  second.release_key = first.release_key;
  const std::vector<Outcome> outcomes = call().enqueue({first, second, download()});
  EXPECT_EQ(outcomes.at(0).result, CommandResult::applied);
  EXPECT_EQ(outcomes.at(1).result, CommandResult::conflict);
  EXPECT_EQ(outcomes.at(1).existing_id, outcomes.at(0).id);
  EXPECT_EQ(outcomes.at(1).id, 0);
  EXPECT_EQ(outcomes.at(2).result, CommandResult::applied) << "a conflict must not take its neighbours along";
  EXPECT_EQ(call().all().size(), 2U);
  expect_consistent();
}

TEST_P(QueueStoreContract, SecondLiveRowOfOneHashIsAConflict) {
  NewDownload first = download();
  first.infohash_v1 = "aaaa";
  first.infohash_v2 = "bbbb";
  const std::int64_t id = call().enqueue(first).id;
  NewDownload same_v1 = download();
  same_v1.infohash_v1 = "aaaa";
  NewDownload same_v2 = download();
  same_v2.infohash_v2 = "bbbb";
  NewDownload crossed = download();  // the two versions are two name spaces
  crossed.infohash_v1 = "bbbb";
  EXPECT_EQ(call().enqueue(same_v1).existing_id, id);
  EXPECT_EQ(call().enqueue(same_v2).existing_id, id);
  EXPECT_EQ(call().enqueue(crossed).result, CommandResult::applied);
}

TEST_P(QueueStoreContract, RowsWithoutHashDoNotConflict) {
  EXPECT_EQ(call().enqueue(download()).result, CommandResult::applied);
  EXPECT_EQ(call().enqueue(download()).result, CommandResult::applied);
}

TEST_P(QueueStoreContract, AnEndedReleaseMayBeTakenAgainUnlessItCompleted) {
  for (const DownloadState state : {DownloadState::failed, DownloadState::cancelled, DownloadState::completed}) {
    const QueueRow old = row_in(state);
    NewDownload again = download();
    again.release_key = old.release_key;
    const Outcome outcome = call().enqueue(again);
    EXPECT_EQ(outcome.result, is_live(state) ? CommandResult::conflict : CommandResult::applied) << to_string(state);
  }
}

TEST_P(QueueStoreContract, EnqueueRefusesWhatIsNotWellFormed) {
  const auto refused = [&](const NewDownload& bad) {
    BasicContext ctx = call().context();
    Outcomes outcomes;
    const std::vector<NewDownload> items = {download(), bad};
    const Status status = store().enqueue(ctx, items, outcomes);
    EXPECT_EQ(status.code, Code::invalid);
    EXPECT_FALSE(ctx.text().empty());
  };
  NewDownload item = download();
  item.command_id = "";
  refused(item);
  item.command_id = "line\nbreak";
  refused(item);
  const std::string long_id(65, 'x');
  item.command_id = long_id;
  refused(item);
  item = download();
  item.release_key = "";
  refused(item);
  item = download();
  item.flags = kSeeding;
  refused(item);
  EXPECT_TRUE(call().all().empty()) << "nothing of a refused call may be applied";
}

TEST_P(QueueStoreContract, FindByEachKey) {
  NewDownload item = download();
  item.infohash_v1 = "aaaa";
  item.infohash_v2 = "bbbb";
  const std::int64_t id = call().enqueue(item).id;
  EXPECT_EQ(call().row(id).data.id, id);
  EXPECT_EQ(call().find(FindBy::infohash, "aaaa").data.id, id);
  EXPECT_EQ(call().find(FindBy::infohash, "bbbb").data.id, id);
  EXPECT_EQ(call().find(FindBy::release_key, item.release_key).data.id, id);
  EXPECT_EQ(call().find(FindBy::command, item.command_id).data.id, id);
  EXPECT_EQ(call().find(FindBy::infohash, "").data.id, 0);
  EXPECT_EQ(call().find(FindBy::infohash, "cccc").data.id, 0);
  EXPECT_EQ(call().row(id + 1).data.id, 0);
}

TEST_P(QueueStoreContract, FindByHashAndKeySeesLiveRowsOnly) {
  NewDownload item = download();
  item.infohash_v1 = "aaaa";
  item.infohash_v2 = "bbbb";
  const std::int64_t id = call().enqueue(item).id;
  for (const char* hash : {"aaaa", "bbbb"}) { EXPECT_EQ(call().find(FindBy::infohash, hash).data.id, id); }
  ASSERT_EQ(call().transition(change(call().row(id), DownloadState::cancelled, Actor::user)).result,
            CommandResult::applied);
  for (const char* hash : {"aaaa", "bbbb"}) { EXPECT_EQ(call().find(FindBy::infohash, hash).data.id, 0); }
  EXPECT_EQ(call().find(FindBy::release_key, item.release_key).data.id, 0);
  EXPECT_EQ(call().find(FindBy::command, item.command_id).data.id, id);
  EXPECT_EQ(call().row(id).data.id, id);
}

TEST_P(QueueStoreContract, EverythingIsThereAfterReopening) {
  const QueueRow downloading = row_in(DownloadState::downloading);
  static_cast<void>(row_in(DownloadState::cancelled));
  call().set_lane(5, 1);
  const std::vector<QueueRow> rows = call().all();
  const std::vector<QueueEvent> events = call().events();
  if (!reopen()) { GTEST_SKIP() << "this store keeps nothing"; }
  EXPECT_EQ(call().all(), rows);
  EXPECT_EQ(call().events(), events);
  EXPECT_EQ(call().stats().lane_hold, 1);
  EXPECT_EQ(call().stats().lane_max_active, 5);
  EXPECT_GT(enqueued(), rows.back().data.id);
  expect_consistent();
}

}  // namespace quarry::sdk::testing
