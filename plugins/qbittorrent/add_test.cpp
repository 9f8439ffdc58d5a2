// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/add.hpp"

#include "plugins/qbittorrent/testing/fixture.hpp"

namespace quarry::qbittorrent::testing {
namespace {

using sdk::Code;
using sdk::testing::reply;

class AddTest : public FakeServerTest {
 protected:
  explicit AddTest(Version version = Version::v5_2) : FakeServerTest(version) { t = sample_v1(); }
  Outcome add_request(const sdk::AddRequest& request) {
    return run([&](sdk::CallContext& ctx) { return client->add(ctx, request); });
  }
  /// The last torrents/add as the server read it.
  FakeRequest sent() {
    for (const auto& seen : rig.fake.http.seen()) {
      if (FakeRequest(seen).action == "torrents/add") { last = seen; }
    }
    return FakeRequest(last);
  }
  SampleTorrent t;
  sdk::testing::SeenRequest last;
};
class OldAddTest : public AddTest {
 protected:
  OldAddTest() : AddTest(Version::v4_5) {}
};

TEST_F(AddTest, SendsTheFileAndNothingThatWasNotAsked) {
  ASSERT_TRUE(add(t).status.ok());
  const FakeRequest request = sent();
  EXPECT_EQ(request.files.at("quarry.torrent"), t.bytes);
  EXPECT_EQ(request.fields, (std::map<std::string, std::string>{{"paused", "false"}, {"stopped", "false"}}));
}

TEST_F(AddTest, SendsEverythingThatWasAsked) {
  const std::array<std::string_view, 2> tags{"quarry.1", "b"};
  sdk::AddRequest request;
  const std::string magnet = t.magnet() + "&tr=http%3A%2F%2Ft%2Fannounce";
  request.magnet = magnet;
  request.key = t.key();
  request.category = "a/b";
  request.save_path = "/data/x y";
  request.tags = tags;
  request.paused = 1;
  ASSERT_TRUE(add_request(request).status.ok());
  const std::map<std::string, std::string> expected{
      {"urls", magnet},       {"category", "a/b"}, {"savepath", "/data/x y"}, {"autoTMM", "false"},
      {"tags", "quarry.1,b"}, {"paused", "true"},  {"stopped", "true"}};
  EXPECT_EQ(sent().fields, expected);
  EXPECT_TRUE(sent().files.empty());
}

TEST_F(AddTest, StartsATorrentAlthoughTheServersDefaultIsStopped) {
  rig.server.add_stopped = true;
  ASSERT_TRUE(add(t).status.ok());
  EXPECT_FALSE(rig.server.torrents.at(t.v1).paused);
}

TEST_F(AddTest, RefusesWhatCannotWorkBeforeAnythingIsSent) {
  sdk::AddRequest request;
  request.key = t.key();
  EXPECT_EQ(add_request(request).status.code, Code::invalid);
  for (const std::string magnet :
       {"http://evil/x.torrent", "magnet:", "magnet:?", "magnet:?xt=a\nhttp://evil/x.torrent",
        "magnet:?xt=a http://evil", " magnet:?xt=a"}) {
    request.magnet = magnet;
    const Outcome outcome = add_request(request);
    EXPECT_EQ(outcome.status.code, Code::invalid) << magnet;
    EXPECT_TRUE(has(outcome.said, "magnet")) << outcome.said;
  }
  const std::string magnet = t.magnet();
  request.magnet = magnet;
  for (const std::string category : {"/x", "x/", "a//b", "a\\b", "a\nb"}) {
    request.category = category;
    EXPECT_EQ(add_request(request).status.code, Code::invalid) << category;
  }
  request.category = {};
  for (const std::string_view tag : {"a,b", "", "a\r\nb"}) {
    request.tags = {&tag, 1};
    EXPECT_EQ(add_request(request).status.code, Code::invalid) << tag;
  }
  request.tags = {};
  request.save_path = "/a\nb";
  EXPECT_EQ(add_request(request).status.code, Code::invalid);
  request.save_path = {};
  request.key = {};
  EXPECT_EQ(add_request(request).status.code, Code::invalid);
  EXPECT_TRUE(rig.fake.http.seen().empty());
}

TEST_F(AddTest, ConflictWithoutTheTorrentIsARefusal) {
  answer("torrents/add", reply(409, R"({"success_count":0,"failure_count":1})"));
  const Outcome outcome = add(t);
  EXPECT_EQ(outcome.status.code, Code::invalid);
  EXPECT_TRUE(has(outcome.said, "refused this torrent")) << outcome.said;
}

TEST_F(OldAddTest, FailsWithoutTheTorrentIsARefusal) {
  answer("torrents/add", reply(200, "Fails."));
  EXPECT_EQ(add(t).status.code, Code::invalid);
}

TEST_F(OldAddTest, FailsForATorrentThatIsStillBeingAddedIsLookedAtAgain) {
  rig.server.being_added.insert(t.v1);
  int looks = 0;
  instead = [&](const FakeRequest& request) {
    if (request.action == "torrents/info" && ++looks == 2) {
      rig.server.torrents[t.v1].v1 = t.v1;  // now it is there
    }
    return Answer();
  };
  EXPECT_EQ(add(t).status.code, Code::conflict);
  EXPECT_EQ(looks, 2);
}

TEST_F(OldAddTest, ATorrentThatAppearsUnderTheOtherHashCounts) {
  // A hybrid that was added by its v1 hash alone.
  const SampleTorrent hybrid = sample_hybrid();
  rig.server.torrents[hybrid.v1].v1 = hybrid.v1;
  EXPECT_EQ(add(hybrid).status.code, Code::conflict);
}

TEST_F(AddTest, AcceptedAndUnseenIsNotOk) {
  answer("torrents/add", reply(202, R"({"success_count":0,"pending_count":1})"));
  const Outcome outcome = add(t);
  EXPECT_EQ(outcome.status.code, Code::unavailable);
  EXPECT_FALSE(outcome.status.not_started());
  EXPECT_TRUE(has(outcome.said, "does not list it yet")) << outcome.said;
}

TEST_F(AddTest, AFailedLookIsNoClaimThatNothingStarted) {
  answer("torrents/info",
         sdk::Failure{{Code::unavailable, sdk::kRetryable | sdk::kNotStarted, 0, 0}, "connection refused"});
  const Outcome outcome = add(t);
  EXPECT_EQ(outcome.status.code, Code::unavailable);
  EXPECT_FALSE(outcome.status.not_started());
  EXPECT_EQ(rig.server.torrents.size(), 1U);
}

TEST_F(AddTest, ARefusedConnectionIsSuchAClaim) {
  answer("torrents/add",
         sdk::Failure{{Code::unavailable, sdk::kRetryable | sdk::kNotStarted, 0, 0}, "connection refused"});
  EXPECT_TRUE(add(t).status.not_started());
}

TEST_F(AddTest, BadFilesAreInvalidAtOnce) {
  answer("torrents/add", reply(415, "Error: 'quarry.torrent' is not a valid torrent file."));
  EXPECT_EQ(add(t).status.code, Code::invalid);
  answer("torrents/add", reply(413, ""));
  EXPECT_EQ(add(t).status.code, Code::invalid);
  answer("torrents/add", reply(400, "Bad Request"));
  EXPECT_EQ(add(t).status.code, Code::invalid);
  answer("torrents/add", reply(404, "Not Found"));
  EXPECT_EQ(add(t).status.code, Code::unavailable);
}

TEST_F(AddTest, IsSentAgainAfterTheOneNewLogin) {
  ASSERT_TRUE(list_all().status.ok());
  rig.server.restart();
  ASSERT_TRUE(add(t).status.ok());
  EXPECT_EQ(rig.server.torrents.size(), 1U);
}

TEST_F(AddTest, ATorrentGivesItsMetadataToABareMagnet) {
  sdk::AddRequest request;
  const std::string magnet = t.magnet();
  request.magnet = magnet;
  request.key = t.key();
  ASSERT_TRUE(add_request(request).status.ok());
  EXPECT_EQ(add(t).status.code, Code::conflict);
  EXPECT_TRUE(rig.server.torrents.at(t.v1).has_metadata);
}

TEST_F(AddTest, UrgentOnesMoveUpWhenThereIsAQueue) {
  rig.server.queueing = true;
  const SampleTorrent a = sample_v1("a", 'a');
  const SampleTorrent b = sample_v1("b", 'b');
  const SampleTorrent c = sample_v1("c", 'c');
  ASSERT_TRUE(add(a).status.ok());
  ASSERT_TRUE(add(b).status.ok());
  sdk::AddRequest request;
  request.metainfo = c.metainfo();
  request.key = c.key();
  request.priority = sdk::Priority::very_high;
  ASSERT_TRUE(add_request(request).status.ok());
  EXPECT_EQ(rig.server.queue, (std::vector<std::string>{c.v1, a.v1, b.v1}));
  rig.server.queueing = false;
  const SampleTorrent d = sample_v1("d", 'd');
  request.metainfo = d.metainfo();
  request.key = d.key();
  EXPECT_TRUE(add_request(request).status.ok());
}

}  // namespace
}  // namespace quarry::qbittorrent::testing
