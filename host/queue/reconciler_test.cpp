// SPDX-License-Identifier: MIT
#include "queue/engine_test_world.hpp"

namespace quarry::queue {
namespace {

using sdk::DownloadState;
using sdk::PublicStatus;
using sdk::testing::Fault;
using testing::kHash;
using testing::kOtherHash;

class ReconcilerTest : public testing::EngineTest {
 protected:
  /// One download under way, and something of somebody else's beside it.
  std::int64_t running() {
    sdk::testing::FakeDownloadClient::Item other;
    other.infohash_v1 = "1111111111111111111111111111111111111111";
    client.put(other);
    const auto id = grab_magnet();
    static_cast<void>(dispatch());
    EXPECT_EQ(row(id).state, DownloadState::downloading);
    return id;
  }
};

TEST_F(ReconcilerTest, RecordsProgressAndThenCompletion) {
  const auto id = running();
  client.download(400);
  reconcile_for(0);
  EXPECT_EQ(row(id).done_bytes, 400);
  EXPECT_DOUBLE_EQ(row(id).progress, 0.4);
  client.download(600);
  reconcile_for(0);
  EXPECT_EQ(row(id).state, DownloadState::completed);
  EXPECT_EQ(row(id).status(), PublicStatus::seeding);
  EXPECT_EQ(row(id).size_bytes, 1000);
}

TEST_F(ReconcilerTest, WritesNothingWhenNothingChanged) {
  const auto id = running();
  reconcile_for(2000);
  const auto before = row(id).progress_at_ms;
  reconcile_for(5000);
  EXPECT_EQ(row(id).progress_at_ms, before);
}

TEST_F(ReconcilerTest, AsksOnlyForItsOwnAndRarelyForEverything) {
  static_cast<void>(running());
  reconcile_for(100'000);
  EXPECT_GT(client.calls("list"), 90);
  EXPECT_EQ(client.calls("list_all"), 1);
}

TEST_F(ReconcilerTest, OneBadListingProvesNothing) {
  const auto id = running();
  reconcile_for(0);
  for (const Fault fault : {Fault::error, Fault::half_answer, Fault::refused}) {
    client.on_call([fault](std::string_view) { return fault; });
    reconcile_for(40'000);
    EXPECT_EQ(row(id).state, DownloadState::downloading);
  }
}

TEST_F(ReconcilerTest, AnEmptyListingIsNotBelievedForAMinute) {
  const auto id = running();
  reconcile_for(0);
  client.on_call([](std::string_view) { return Fault::empty; });
  reconcile_for(50'000);
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  client.on_call({});
  reconcile_for(0);
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  EXPECT_EQ(client.times_added(kHash), 1);
}

TEST_F(ReconcilerTest, TwoShortSilencesAreNotOneLongOne) {
  const auto id = running();
  reconcile_for(0);
  for (int silence = 0; silence < 2; ++silence) {
    client.on_call([](std::string_view) { return Fault::empty; });
    reconcile_for(25'000);
    EXPECT_EQ(row(id).state, DownloadState::downloading);
    client.on_call({});
    reconcile_for(40'000);
  }
  client.on_call([](std::string_view) { return Fault::empty; });
  reconcile_for(90'000);
  EXPECT_NE(row(id).state, DownloadState::downloading) << "a silence that lasts is believed";
}

TEST_F(ReconcilerTest, WhatIsGrabbedAgainForAnotherClientIsTakenOutOfThisOneWithoutItsData) {
  const auto first = running();
  reconcile_for(0);
  ASSERT_TRUE(service.cancel(first, true).ok());
  sdk::testing::FakeDownloadClient elsewhere;
  EnginePorts other = ports();
  other.client = [&](std::string_view id) -> sdk::DownloadClient* { return id == "other" ? &elsewhere : nullptr; };
  other.choose_client = [] { return std::string("other"); };
  Dispatcher to_other(other, settings, leases);
  const auto second = grab_magnet();
  reconcile_for(2000);
  EXPECT_EQ(client.items().size(), 2U) << "where it goes is not known yet";
  static_cast<void>(to_other.step(clock.steady_ms()));
  ASSERT_EQ(row(second).client, "other");
  reconcile_for(3000);
  EXPECT_EQ(watched.removals, (std::vector<testing::WatchedClient::Removal>{{kHash, false}}));
  EXPECT_EQ(row(first).cleanup, 0);
  EXPECT_EQ(elsewhere.items().size(), 1U);
}

TEST_F(ReconcilerTest, WhatVanishesIsMissingThenAddedAgain) {
  const auto id = running();
  reconcile_for(0);
  client.lose(kHash);
  reconcile_for(15'000);
  EXPECT_EQ(row(id).state, DownloadState::missing);
  reconcile_for(15'000);
  EXPECT_EQ(row(id).state, DownloadState::queued);
  clock.advance(60'000);
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  EXPECT_EQ(client.times_added(kHash), 2);
}

TEST_F(ReconcilerTest, WhatComesBackInTimeIsJustDownloading) {
  const auto id = running();
  reconcile_for(0);
  const auto kept = client.items();
  client.lose(kHash);
  reconcile_for(15'000);
  EXPECT_EQ(row(id).state, DownloadState::missing);
  for (const auto& item : kept) { client.put(item); }
  reconcile_for(0);
  EXPECT_EQ(row(id).state, DownloadState::downloading);
}

TEST_F(ReconcilerTest, AnItemInErrorIsBlockedWithTheClientsReason) {
  const auto id = running();
  client.fail(kHash);
  reconcile_for(0);
  EXPECT_EQ(row(id).state, DownloadState::blocked);
  EXPECT_NE(row(id).error.find("disk is full"), std::string::npos);
}

TEST_F(ReconcilerTest, ARetryTellsTheClientToGoOnAfterAnError) {
  const auto id = running();
  client.fail(kHash);
  reconcile_for(0);
  ASSERT_EQ(row(id).state, DownloadState::blocked);
  ASSERT_TRUE(service.retry(id).ok());
  static_cast<void>(dispatch());
  ASSERT_EQ(row(id).state, DownloadState::downloading);
  reconcile_for(3000);
  EXPECT_EQ(client.calls("resume"), 1);
  EXPECT_EQ(row(id).status(), PublicStatus::downloading);
  client.fail(kHash);
  reconcile_for(2000);
  EXPECT_EQ(row(id).state, DownloadState::blocked) << "an error that comes back is not resumed without being asked";
  EXPECT_EQ(client.calls("resume"), 1);
}

TEST_F(ReconcilerTest, WhatIsRemovedWhileItWaitsForARetryIsTakenOutOfItsClient) {
  const auto id = running();
  client.fail(kHash);
  reconcile_for(0);
  ASSERT_EQ(row(id).state, DownloadState::blocked);
  ASSERT_TRUE(service.retry(id).ok());
  ASSERT_TRUE(service.cancel(id, true).ok());
  EXPECT_EQ(row(id).cleanup, kCleanupWithData);
  reconcile_for(5000);
  for (const auto& item : client.items()) { EXPECT_NE(item.infohash_v1, kHash); }
}

TEST_F(ReconcilerTest, WhatAMagnetLeadsToIsJudgedOnceItsFilesAreKnown) {
  const auto id = running();
  auto item = client.items().front().infohash_v1 == kHash ? client.items().front() : client.items().back();
  item.file = "Film 2019/Film.2019.1080p.mkv.exe";
  client.put(item);
  reconcile_for(0);
  EXPECT_EQ(row(id).state, DownloadState::blocked);
  EXPECT_NE(row(id).error.find("Film.2019.1080p.mkv.exe"), std::string::npos) << row(id).error;
  EXPECT_EQ(client.calls("pause"), 1) << "nobody gets a copy while a person decides";
}

TEST_F(ReconcilerTest, FilesOfAMagnetAreAskedForOnce) {
  static_cast<void>(running());
  reconcile_for(20'000);
  EXPECT_EQ(client.calls("files"), 1);
}

TEST_F(ReconcilerTest, AnItemThatChangedItsIdIsPausedAndRemovedByTheNewOne) {
  const auto id = running();
  client.rename(kHash, "another-id");
  reconcile_for(60'000);
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  ASSERT_TRUE(service.set_hold(id, true).ok());
  reconcile_for(5000);
  EXPECT_EQ(row(id).status(), PublicStatus::paused);
  ASSERT_TRUE(service.cancel(id, false).ok());
  reconcile_for(5000);
  for (const auto& item : client.items()) { EXPECT_NE(item.infohash_v1, kHash); }
}

TEST_F(ReconcilerTest, PausesAndResumesInTheClientOnce) {
  const auto id = running();
  ASSERT_TRUE(service.set_hold(id, true).ok());
  reconcile_for(3000);
  EXPECT_EQ(client.calls("pause"), 1);
  EXPECT_EQ(row(id).status(), PublicStatus::paused);
  ASSERT_TRUE(service.set_hold(id, false).ok());
  reconcile_for(3000);
  EXPECT_EQ(client.calls("resume"), 1);
  EXPECT_EQ(row(id).status(), PublicStatus::downloading);
}

TEST_F(ReconcilerTest, ResumesWhatItPausedAlthoughThePauseWasNeverAnswered) {
  const auto id = running();
  ASSERT_TRUE(service.set_hold(id, true).ok());
  client.on_call([](std::string_view m) { return m == "pause" ? Fault::lost_answer : Fault::none; });
  reconcile_for(0);
  ASSERT_TRUE(service.set_hold(id, false).ok());
  client.on_call({});
  reconcile_for(2000);
  EXPECT_EQ(row(id).status(), PublicStatus::downloading);
}

TEST_F(ReconcilerTest, ResumesWhatAnEarlierDownloadOfTheTorrentLeftPaused) {
  const auto first = running();
  ASSERT_TRUE(service.set_hold(first, true).ok());
  reconcile_for(2000);
  ASSERT_TRUE(client.items().back().paused);
  ASSERT_TRUE(service.cancel(first, false).ok());
  // The next one of the torrent meets it, but cannot read it back.
  const auto second = grab_magnet();
  bool blind = true;
  client.on_call([&](std::string_view m) { return m == "list" && blind ? Fault::empty : Fault::none; });
  static_cast<void>(dispatch());
  ASSERT_EQ(row(second).state, DownloadState::verifying);
  blind = false;
  reconcile_for(3000);
  EXPECT_EQ(row(second).state, DownloadState::downloading);
  EXPECT_FALSE(client.items().back().paused);
}

TEST_F(ReconcilerTest, LeavesAloneWhatSomebodyPausedInTheClient) {
  const auto id = running();
  auto items = client.items();
  for (auto& item : items) {
    item.paused = true;
    client.put(item);
  }
  reconcile_for(3000);
  EXPECT_EQ(client.calls("resume"), 0);
  EXPECT_EQ(row(id).status(), PublicStatus::paused);
}

TEST_F(ReconcilerTest, RemovesACancelledDownloadFromTheClient) {
  const auto id = running();
  ASSERT_TRUE(service.cancel(id, true).ok());
  client.on_call([](std::string_view m) { return m == "remove" ? Fault::refused : Fault::none; });
  reconcile_for(2000);
  EXPECT_EQ(row(id).cleanup, 2) << "still to do";
  client.on_call({});
  reconcile_for(3000);
  EXPECT_EQ(row(id).cleanup, 0);
  EXPECT_EQ(client.items().size(), 1U) << "what is not ours stays";
}

TEST_F(ReconcilerTest, RemovesDataAlsoFromAClientThatIsStillLoading) {
  const auto id = running();
  reconcile_for(0);
  ASSERT_TRUE(service.cancel(id, true).ok());
  client.on_call([](std::string_view) { return Fault::empty; });
  reconcile_for(50'000);
  EXPECT_EQ(row(id).cleanup, 2) << "an empty listing proves nothing";
  client.on_call({});
  reconcile_for(3000);
  EXPECT_EQ(watched.removals, (std::vector<testing::WatchedClient::Removal>{{kHash, true}}));
  reconcile_for(4000);
  EXPECT_EQ(row(id).cleanup, 0);
}

TEST_F(ReconcilerTest, WhatIsAbsentForLongNeedsNoMoreRemoving) {
  const auto id = running();
  reconcile_for(0);
  client.lose(kHash);
  ASSERT_TRUE(service.cancel(id, true).ok());
  reconcile_for(30'000);
  EXPECT_EQ(row(id).cleanup, 2) << "a worker may still be adding it";
  reconcile_for(20'000);
  EXPECT_EQ(row(id).cleanup, 0);
}

TEST_F(ReconcilerTest, WhoAsksForTheDataLaterIsHeard) {
  const auto id = running();
  ASSERT_TRUE(service.cancel(id, false).ok());
  ASSERT_TRUE(service.cancel(id, true).ok());
  reconcile_for(3000);
  EXPECT_EQ(watched.removals, (std::vector<testing::WatchedClient::Removal>{{kHash, true}}));
  reconcile_for(5000);
  EXPECT_TRUE(service.cancel(id, true).ok()) << "too late, but no error";
  EXPECT_EQ(row(id).cleanup, 0);
}

TEST_F(ReconcilerTest, AnOrphanLosesItsDataWhenThatWasTheWish) {
  const auto id = running();
  ASSERT_TRUE(service.cancel(id, true).ok());
  reconcile_for(6000);
  ASSERT_EQ(row(id).cleanup, 0);
  sdk::testing::FakeDownloadClient::Item late;
  late.infohash_v1 = kHash;
  late.tags = tag_of(id);
  client.put(late);
  watched.removals.clear();
  reconcile_for(settings.full_listing_ms + 2000);
  EXPECT_EQ(watched.removals, (std::vector<testing::WatchedClient::Removal>{{kHash, true}}));
}

TEST_F(ReconcilerTest, WhoTookAnItemOverDecidesAboutItsData) {
  for (const bool with_data : {true, false}) {
    watched.removals.clear();
    const auto first = grab_magnet();
    static_cast<void>(dispatch());
    ASSERT_TRUE(service.cancel(first, !with_data).ok());
    const auto second = grab_magnet();
    static_cast<void>(dispatch());
    reconcile_for(0);  // gives up the wish of the first: its item belongs to the second
    ASSERT_EQ(row(first).cleanup, 0);
    ASSERT_TRUE(service.cancel(second, with_data).ok());
    clock.advance(settings.full_listing_ms);  // the next step looks for orphans as well
    reconcile_for(8000);
    EXPECT_EQ(watched.removals, (std::vector<testing::WatchedClient::Removal>{{kHash, with_data}}));
    EXPECT_EQ(row(second).cleanup, 0);
  }
}

TEST_F(ReconcilerTest, AClientThatCannotListEverythingIsAskedMoreAndMoreRarely) {
  static_cast<void>(running());
  client.on_call([](std::string_view m) { return m == "list_all" ? Fault::error : Fault::none; });
  reconcile_for(1'000'000);
  EXPECT_GE(client.calls("list_all"), 5);
  EXPECT_LE(client.calls("list_all"), 12);
  EXPECT_GT(client.calls("list"), 900) << "our own items are read as ever";
  EXPECT_LE(lines_with("listed whole"), 4);
  EXPECT_GE(lines_with("listed whole"), 1);
  client.on_call({});
  const int before = client.calls("list_all");
  reconcile_for(settings.full_listing_ms);
  EXPECT_EQ(client.calls("list_all"), before + 1);
}

TEST_F(ReconcilerTest, ARefusalThatComesBackEachSecondIsNotLoggedEachSecond) {
  const auto id = running();
  client.on_call([](std::string_view m) { return m == "pause" || m == "remove" ? Fault::error : Fault::none; });
  ASSERT_TRUE(service.set_hold(id, true).ok());
  reconcile_for(99'000);
  EXPECT_EQ(client.calls("pause"), 100);
  EXPECT_EQ(lines_with("cannot be paused"), 7);  // 1, 2, 4 … 64
  ASSERT_TRUE(service.cancel(id, false).ok());
  reconcile_for(99'000);
  EXPECT_EQ(client.calls("remove"), 100);
  EXPECT_EQ(lines_with("cannot be removed"), 7);
}

TEST_F(ReconcilerTest, NeverRemovesWhatItDidNotAdd) {
  sdk::testing::FakeDownloadClient::Item item;
  item.infohash_v1 = kHash;
  client.put(item);
  const auto id = grab_magnet();
  static_cast<void>(dispatch());
  ASSERT_TRUE(service.cancel(id, true).ok());
  reconcile_for(3000);
  EXPECT_EQ(row(id).cleanup, 0);
  EXPECT_EQ(client.items().size(), 1U);
}

TEST_F(ReconcilerTest, WhatIsGrabbedAgainWhileItIsBeingRemovedStays) {
  const auto first = running();
  client.download(1000);
  reconcile_for(0);
  ASSERT_TRUE(service.cancel(first, true).ok());
  const auto second = grab_magnet();
  static_cast<void>(dispatch());  // waits until it is settled whose the item is
  reconcile_for(10'000);
  static_cast<void>(dispatch());
  reconcile_for(3000);
  EXPECT_EQ(row(second).state, DownloadState::completed);
  EXPECT_EQ(row(first).cleanup, 0);
  EXPECT_EQ(client.items().size(), 2U);
  // It carries the tag of the first, and is ours all the same.
  ASSERT_TRUE(service.cancel(second, false).ok());
  reconcile_for(3000);
  EXPECT_EQ(client.items().size(), 1U);
}

TEST_F(ReconcilerTest, AnOrphanWithOurTagIsRemovedOnlyWhenItsHashIsOurs) {
  const auto id = running();
  ASSERT_TRUE(service.cancel(id, false).ok());
  reconcile_for(3000);
  sdk::testing::FakeDownloadClient::Item late;
  late.infohash_v1 = kHash;
  late.tags = tag_of(id);
  client.put(late);
  sdk::testing::FakeDownloadClient::Item foreign;
  foreign.infohash_v1 = kOtherHash;
  foreign.tags = tag_of(id);
  client.put(foreign);
  reconcile_for(settings.full_listing_ms + 2000);
  const auto left = client.items();
  EXPECT_EQ(left.size(), 2U);
  for (const auto& item : left) { EXPECT_NE(item.infohash_v1, kHash); }
}

TEST_F(ReconcilerTest, StalledIsAStatusAfterAMinuteWithoutAByte) {
  const auto id = running();
  auto items = client.items();
  for (auto& item : items) {
    item.stalled_steps = 1'000;
    client.put(item);
  }
  reconcile_for(50'000);
  EXPECT_EQ(row(id).status(), PublicStatus::downloading);
  reconcile_for(20'000);
  EXPECT_EQ(row(id).status(), PublicStatus::stalled);
}

}  // namespace
}  // namespace quarry::queue
