// SPDX-License-Identifier: MIT
#include "queue/engine_test_world.hpp"

namespace quarry::queue {
namespace {

using sdk::DownloadState;
using sdk::testing::Fault;
using testing::kHash;
using testing::kOtherHash;
using testing::magnet_of;

class DispatcherTest : public testing::EngineTest {
 protected:
  /// This method of the client goes wrong like this; the others work.
  void break_client(std::string method, Fault fault) {
    client.on_call(
        [method = std::move(method), fault](std::string_view m) { return m == method ? fault : Fault::none; });
  }
  void heal_client() { client.on_call({}); }
};

TEST_F(DispatcherTest, HandsADownloadToTheClientWithCategoryAndTag) {
  const auto id = grab_magnet();
  static_cast<void>(dispatch());
  const Download d = row(id);
  EXPECT_EQ(d.state, DownloadState::downloading);
  EXPECT_EQ(d.client, "client");
  EXPECT_EQ(d.infohash_v1, kHash);
  ASSERT_EQ(client.items().size(), 1U);
  EXPECT_EQ(client.items()[0].tags, tag_of(id));
  EXPECT_EQ(client.items()[0].category, "quarry");
}

TEST_F(DispatcherTest, ComesBackAtOnceAfterWorkAndLaterWithoutAny) {
  EXPECT_EQ(dispatch(), clock.steady_ms() + settings.idle_ms);
  static_cast<void>(grab_magnet());
  EXPECT_EQ(dispatch(), clock.steady_ms());
}

TEST_F(DispatcherTest, AdoptsWhatTheClientHasAlready) {
  sdk::testing::FakeDownloadClient::Item item;
  item.infohash_v1 = kHash;
  client.put(item);
  const auto id = grab_magnet();
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  EXPECT_EQ(client.times_added(kHash), 0);
}

TEST_F(DispatcherTest, WhatAnEarlierDownloadLeftPausedIsStartedAgain) {
  sdk::testing::FakeDownloadClient::Item item;
  item.infohash_v1 = kHash;
  item.tags = "quarry.999";
  item.paused = true;
  client.put(item);
  const auto id = grab_magnet();
  static_cast<void>(dispatch());
  static_cast<void>(reconcile());
  EXPECT_EQ(client.calls("resume"), 1);
  EXPECT_EQ(row(id).state, DownloadState::downloading);
}

TEST_F(DispatcherTest, ALostAnswerIsReadBackAndNeverSentTwice) {
  const auto id = grab_magnet();
  break_client("add", Fault::lost_answer);
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  EXPECT_EQ(client.times_added(kHash), 1);
}

TEST_F(DispatcherTest, AnUnknownOutcomeIsVerifiedNotRepeated) {
  const auto id = grab_magnet();
  int lists = 0;
  client.on_call([&](std::string_view m) {
    if (m == "add") { return Fault::lost_answer; }
    return m == "list" && ++lists > 1 ? Fault::error : Fault::none;
  });
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::verifying);
  heal_client();
  clock.advance(1000);
  static_cast<void>(reconcile());
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  EXPECT_EQ(client.times_added(kHash), 1);
}

TEST_F(DispatcherTest, AClientThatIsDownCostsNoAttempt) {
  const auto id = grab_magnet();
  break_client("list", Fault::refused);
  for (int i = 0; i < 10; ++i) {
    static_cast<void>(dispatch());
    clock.advance(60'000);
  }
  Download d = row(id);
  EXPECT_EQ(d.state, DownloadState::queued);
  EXPECT_EQ(d.attempts, 0);
  EXPECT_NE(d.due_reason.find("refused"), std::string::npos);
  heal_client();
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::downloading);
}

TEST_F(DispatcherTest, WithoutAnyClientItWaitsAndSaysSo) {
  client_loaded = false;
  const auto id = grab_magnet();
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::queued);
  EXPECT_NE(row(id).due_reason.find("no download client"), std::string::npos);
  EXPECT_GT(row(id).due_at_ms, clock.wall_ms());
}

TEST_F(DispatcherTest, RetriesTheSourceAfterOneTwoFourSecondsThenFails) {
  indexer.failure = {sdk::Code::unavailable, 0, 0, 0};
  const auto id = grab_release();
  for (const std::int64_t delay : {1000, 2000, 4000}) {
    static_cast<void>(dispatch());
    EXPECT_EQ(row(id).state, DownloadState::queued);
    EXPECT_EQ(row(id).due_at_ms, clock.wall_ms() + delay);
    clock.advance(delay - 1);
    static_cast<void>(dispatch());
    EXPECT_EQ(row(id).state, DownloadState::queued) << "not before it is due";
    clock.advance(1);
  }
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::failed);
  EXPECT_EQ(indexer.fetches, 4);
  EXPECT_NE(row(id).error.find("trouble"), std::string::npos);
}

TEST_F(DispatcherTest, WhatIsGoneFailsAtOnce) {
  indexer.failure = {sdk::Code::not_found, 0, 0, 0};
  const auto id = grab_release();
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::failed);
  EXPECT_EQ(indexer.fetches, 1);
}

TEST_F(DispatcherTest, HtmlInPlaceOfATorrentFailsWithTheReason) {
  indexer.answer = "<html>please log in</html>";
  const auto id = grab_release();
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::failed);
  EXPECT_NE(row(id).error.find("web page"), std::string::npos);
}

TEST_F(DispatcherTest, AnEmptyFileInPlaceOfATorrentIsCalledEmpty) {
  host.http.serve(
      [](const sdk::testing::SeenRequest&) -> sdk::Result<sdk::HttpReply> { return sdk::testing::reply(200, ""); });
  GrabRequest request;
  request.download_url = "http://site.example/empty.torrent";
  const auto id = grab(request);
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::failed);
  EXPECT_NE(row(id).error.find("empty"), std::string::npos) << row(id).error;
}

TEST_F(DispatcherTest, ADangerousNameIsBlockedAndNeverSent) {
  indexer.answer =
      "d4:infod5:filesld6:lengthi1024e4:pathl2:..6:passwdeee4:name4:film12:piece "
      "lengthi16384e6:pieces20:pppppppppppppppppppp"
      "ee";
  const auto id = grab_release();
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::blocked);
  EXPECT_TRUE(client.items().empty());
}

TEST_F(DispatcherTest, TheSameTorrentFromTwoPlacesIsAddedOnce) {
  const auto first = grab_magnet(kHash);
  const auto second = grab_release();  // turns out to be the same hash
  static_cast<void>(dispatch());
  static_cast<void>(dispatch());
  EXPECT_EQ(row(first).state, DownloadState::downloading);
  EXPECT_EQ(row(second).state, DownloadState::failed);
  EXPECT_NE(row(second).error.find("download " + std::to_string(first)), std::string::npos);
  EXPECT_EQ(client.items().size(), 1U);
}

TEST_F(DispatcherTest, WhatWasAddedForACancelledDownloadIsTakenBack) {
  const auto id = grab_magnet();
  client.on_call([&](std::string_view m) {
    if (m == "add") { EXPECT_TRUE(service.cancel(id, false).ok()); }
    return Fault::none;
  });
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::cancelled);
  reconcile_for(0);
  EXPECT_TRUE(client.items().empty());
}

TEST_F(DispatcherTest, WhatArrivesAfterItsCleanUpIsCleanedUpAgain) {
  sdk::testing::FakeDownloadClient::Item other;  // an empty listing would not be believed
  other.infohash_v1 = kOtherHash;
  client.put(other);
  const auto id = grab_magnet();
  client.on_call([&](std::string_view m) {
    if (m != "add") { return Fault::none; }
    EXPECT_TRUE(service.cancel(id, false).ok());
    reconcile_for(60'000);  // sees nothing of it in the client for long enough
    EXPECT_EQ(row(id).cleanup, 0);
    return Fault::none;
  });
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).cleanup, 1);
  reconcile_for(2000);
  EXPECT_EQ(row(id).cleanup, 0);
  EXPECT_EQ(client.items().size(), 1U);
}

TEST_F(DispatcherTest, AnItemThatIsBeingRemovedIsNotTakenOver) {
  const auto first = grab_magnet();
  static_cast<void>(dispatch());
  ASSERT_TRUE(service.cancel(first, true).ok());
  const auto second = grab_magnet();
  static_cast<void>(dispatch());
  EXPECT_EQ(row(second).state, DownloadState::queued) << "the reconciler may be removing it this moment";
  EXPECT_EQ(row(second).attempts, 0);
  EXPECT_NE(row(second).error.find("being removed"), std::string::npos);
  reconcile_for(0);
  ASSERT_EQ(row(first).cleanup, 0) << "it is left to the second";
  clock.advance(10'000);
  static_cast<void>(dispatch());
  EXPECT_EQ(row(second).state, DownloadState::downloading);
  EXPECT_EQ(client.times_added(kHash), 1);
}

TEST_F(DispatcherTest, TheWishToDeleteDataOutlivesAnAddThatIsUnderWay) {
  sdk::testing::FakeDownloadClient::Item other;  // an empty listing would not be believed anyway
  other.infohash_v1 = kOtherHash;
  client.put(other);
  const auto id = grab_magnet();
  client.on_call([&](std::string_view m) {
    if (m != "add") { return Fault::none; }
    EXPECT_TRUE(service.cancel(id, true).ok());
    reconcile_for(20'000);  // sees nothing of it in the client
    return Fault::none;
  });
  static_cast<void>(dispatch());
  reconcile_for(0);
  EXPECT_EQ(watched.removals, (std::vector<testing::WatchedClient::Removal>{{kHash, true}}));
}

class AnnouncedSize : public DispatcherTest {
 protected:
  /// 1024 bytes, where the indexer announced 4000.
  std::int64_t grab_far_from_its_size() {
    indexer.answer = "d4:infod6:lengthi1024e4:name8:film.mkv12:piece lengthi16384e6:pieces20:ppppppppppppppppppppee";
    GrabRequest request;
    request.title = "Film";
    request.indexer = "indexer";
    request.guid = "17";
    request.size_bytes = 4'000;
    return grab(request);
  }
};

TEST_F(AnnouncedSize, FarFromTheRealOneIsLeftToAPerson) {
  const auto id = grab_far_from_its_size();
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::blocked);
  EXPECT_NE(row(id).error.find("1024 bytes"), std::string::npos) << row(id).error;
  EXPECT_EQ(row(id).size_bytes, 1024);
  EXPECT_TRUE(client.items().empty());
  ASSERT_TRUE(service.retry(id).ok());
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::downloading) << "a person said yes to it";
}

TEST_F(AnnouncedSize, IsOnlyCheckedWhenThatIsWanted) {
  const auto id = grab_far_from_its_size();
  EngineSettings lenient = settings;
  lenient.check_announced_size = false;
  EXPECT_FALSE(obtain_source(ports(), settings, row(id))->facts.danger.empty());
  EXPECT_TRUE(obtain_source(ports(), lenient, row(id))->facts.danger.empty());
}

TEST_F(DispatcherTest, ARetryUsesTheKeptTorrentAndDoesNotFetchAgain) {
  indexer.answer = "d4:infod6:lengthi1024e4:name8:film.mkv12:piece lengthi16384e6:pieces20:ppppppppppppppppppppee";
  const auto id = grab_release();
  break_client("list", Fault::refused);
  static_cast<void>(dispatch());
  heal_client();
  clock.advance(60'000);
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  EXPECT_EQ(indexer.fetches, 1);
}

TEST_F(DispatcherTest, OnlyWhenItsClientIsConfiguredNoMoreItGoesToAnother) {
  const auto id = grab_magnet();
  break_client("list", Fault::refused);
  static_cast<void>(dispatch());
  heal_client();
  ASSERT_EQ(row(id).client, "client");
  client_name = "another";
  client_that_failed = "client";
  clock.advance(60'000);
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::queued) << "it may be in the client that failed to load";
  EXPECT_EQ(row(id).client, "client");
  client_that_failed.clear();
  clock.advance(60'000);
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  EXPECT_EQ(row(id).client, "another");
}

TEST_F(DispatcherTest, WhatIsHeldIsNotTaken) {
  const auto id = grab_magnet();
  ASSERT_TRUE(service.set_hold(id, true).ok());
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::queued);
  EXPECT_EQ(row(id).status(), sdk::PublicStatus::paused);
  ASSERT_TRUE(service.set_hold(id, false).ok());
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::downloading);
}

TEST_F(DispatcherTest, NeverMoreAtOnceThanTheLimit) {
  for (int i = 0; i < 6; ++i) {
    std::string hash = kOtherHash;
    hash[0] = static_cast<char>('0' + i);
    static_cast<void>(grab_magnet(hash));
  }
  for (int i = 0; i < 8; ++i) { static_cast<void>(dispatch()); }
  EXPECT_EQ(client.items().size(), 3U);
}

TEST_F(DispatcherTest, FollowsRedirectsOfAUrlToAMagnet) {
  host.http.serve([](const sdk::testing::SeenRequest& r) -> sdk::Result<sdk::HttpReply> {
    if (r.path() == "/1") { return sdk::testing::reply(302, "", {{"Location", "/2"}}); }
    return sdk::testing::reply(301, "", {{"Location", magnet_of(kHash)}});
  });
  GrabRequest request;
  request.download_url = "http://site.example/1";
  const auto id = grab(request);
  static_cast<void>(dispatch());
  EXPECT_EQ(row(id).state, DownloadState::downloading);
}

TEST_F(DispatcherTest, AWorkerThatDiedBeforeTheIntentLeavesItQueued) {
  const auto id = grab_magnet();
  ASSERT_EQ(face.claim("downloads", 1, "dead", 30'000)->size(), 1U);
  Housekeeper keeper(ports(), settings, leases);
  clock.advance(31'000);
  static_cast<void>(keeper.step(clock.steady_ms()));
  EXPECT_EQ(row(id).state, DownloadState::queued);
  EXPECT_EQ(row(id).attempts, 0);
}

TEST_F(DispatcherTest, ALeaseIsExtendedWhenAThirdOfItIsOver) {
  const auto id = grab_magnet();
  const auto claimed = face.claim("downloads", 1, ports().owner, EngineSettings{}.lease_ms);
  ASSERT_TRUE(claimed.ok() && claimed->size() == 1);
  leases.hold(id, claimed->front().epoch);
  Housekeeper keeper(ports(), {}, leases);
  const std::int64_t start = clock.steady_ms();
  const std::int64_t version = row(id).version;
  for (std::int64_t now = start; now < start + 60'000; now = clock.steady_ms()) {
    clock.advance(keeper.step(now) - now);
    EXPECT_EQ(row(id).state, DownloadState::dispatching);
    EXPECT_GE(row(id).lease_until_ms - clock.wall_ms(), EngineSettings{}.lease_ms / 2);
  }
  EXPECT_EQ(row(id).version - version, 6);
  leases.drop(id);
}

}  // namespace
}  // namespace quarry::queue
