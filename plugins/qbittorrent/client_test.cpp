// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/client.hpp"

#include "plugins/qbittorrent/testing/fixture.hpp"

#include <quarry/sdk/helpers/sinks.hpp>

#include <array>

namespace quarry::qbittorrent::testing {
namespace {

using sdk::Code;
using sdk::testing::reply;

class ClientTest : public FakeServerTest {
 protected:
  explicit ClientTest(Version version = Version::v5_2) : FakeServerTest(version) {}
  FakeTorrent& have(const SampleTorrent& t) {
    FakeTorrent& torrent = rig.server.torrents[t.id()];
    torrent.v1 = t.v1;
    torrent.v2 = t.v2;
    torrent.name = t.name;
    torrent.size = t.size;
    torrent.has_metadata = true;
    rig.server.queue.push_back(t.id());
    return torrent;
  }
};
class OldClientTest : public ClientTest {
 protected:
  OldClientTest() : ClientTest(Version::v4_5) {}
};

TEST_F(ClientTest, OffersNoListingOfChanges) {
  sdk::ClientCapabilities out;
  EXPECT_TRUE(run([&](sdk::CallContext& ctx) { return client->capabilities(ctx, out); }).status.ok());
  EXPECT_EQ(out.flags, sdk::kHasPriority | sdk::kHasCategories | sdk::kHasTags | sdk::kHasLimits | sdk::kTakesMagnets |
                           sdk::kTakesV2);
  sdk::ListQuery query;
  query.scope = sdk::ListScope::changes;
  Listing listing;
  EXPECT_EQ(run([&](sdk::CallContext& ctx) { return client->list(ctx, query, listing); }).status.code,
            Code::unsupported);
  EXPECT_FALSE(listing.finished);
  EXPECT_TRUE(rig.fake.http.seen().empty());
}

TEST_F(ClientTest, NoKeysNoRequest) {
  Listing out;
  EXPECT_TRUE(list(out, {}).status.ok());
  EXPECT_TRUE(out.complete);
  for (const auto call : {&QbittorrentClient::pause, &QbittorrentClient::resume}) {
    EXPECT_TRUE(run([&](sdk::CallContext& ctx) { return ((*client).*call)(ctx, {}); }).status.ok());
  }
  EXPECT_TRUE(run([&](sdk::CallContext& ctx) { return client->remove(ctx, {}, 1); }).status.ok());
  EXPECT_TRUE(rig.fake.http.seen().empty());
}

TEST_F(ClientTest, AsksForAHundredKeysAtATime) {
  std::vector<SampleTorrent> all;
  std::vector<sdk::ItemKey> keys;
  all.reserve(250);
  for (int i = 0; i < 250; ++i) {
    all.push_back(sample_v1("n" + std::to_string(i)));
    have(all.back());
  }
  for (const SampleTorrent& t : all) { keys.push_back(t.key()); }
  Listing out;
  ASSERT_TRUE(list(out, keys).status.ok());
  EXPECT_EQ(out.items.size(), 250U);
  EXPECT_TRUE(out.complete);
  EXPECT_EQ(rig.actions(), (std::vector<std::string>(3, "torrents/info")));
}

TEST_F(ClientTest, AChunkThatFailsLeavesTheListingOpen) {
  std::vector<SampleTorrent> all;
  std::vector<sdk::ItemKey> keys;
  all.reserve(150);
  for (int i = 0; i < 150; ++i) { all.push_back(sample_v1("n" + std::to_string(i))); }
  for (const SampleTorrent& t : all) {
    have(t);
    keys.push_back(t.key());
  }
  int requests = 0;
  instead = [&](const FakeRequest& r) {
    return r.action == "torrents/info" && ++requests == 2 ? Answer(reply(502, "bad gateway")) : Answer();
  };
  Listing out;
  EXPECT_EQ(list(out, keys).status.code, Code::unavailable);
  EXPECT_FALSE(out.finished);
}

TEST_F(ClientTest, HalfAnAnswerIsNoListing) {
  for (const char* body :
       {"", "[", R"([{"hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")", "{}", "null", "Ok.", "[1,2]x"}) {
    answer("torrents/info", reply(200, body));
    Listing out;
    const Outcome outcome = list_all(out);
    EXPECT_EQ(outcome.status.code, Code::unavailable) << body;
    EXPECT_TRUE(has(outcome.said, "torrents/info")) << outcome.said;
    EXPECT_FALSE(out.finished) << body;
    EXPECT_TRUE(out.items.empty()) << body;
  }
}

TEST_F(ClientTest, RowsThatNameNoTorrentAreSkippedAndTheListingIsNotComplete) {
  const std::string good(40, 'a');
  answer("torrents/info", reply(200, R"([5,{"hash":"x"},{"hash":")" + good + R"("},{"name":"no hash"}])"));
  Listing out;
  EXPECT_TRUE(list_all(out).status.ok());
  ASSERT_EQ(out.items.size(), 1U);
  EXPECT_EQ(out.items[0].id, good);
  EXPECT_TRUE(out.finished);
  EXPECT_FALSE(out.complete);
}

TEST_F(ClientTest, AnEmptyListIsComplete) {
  Listing out;
  EXPECT_TRUE(list_all(out).status.ok());
  EXPECT_TRUE(out.complete);
  EXPECT_TRUE(out.items.empty());
}

TEST_F(ClientTest, ARowNobodyAskedForIsDropped) {
  const SampleTorrent mine = sample_v1("mine", 'm');
  have(mine);
  have(sample_v1("other", 'o'));
  const sdk::ItemKey key = mine.key();
  std::string everything;
  instead = [&](const FakeRequest& r) {
    // A server that ignores the parameter.
    if (r.action == "torrents/info" && r.has("hashes")) {
      return Answer(reply(200, R"([{"hash":")" + mine.v1 + R"("},{"hash":")" + std::string(40, 'b') + R"("}])"));
    }
    return Answer();
  };
  Listing out;
  EXPECT_TRUE(list(out, {&key, 1}).status.ok());
  ASSERT_EQ(out.items.size(), 1U);
  EXPECT_EQ(out.items[0].id, mine.v1);
}

TEST_F(ClientTest, StopsWhenTheReceiverHasEnough) {
  for (const char fill : {'a', 'b', 'c'}) { have(sample_v1("n", fill)); }
  Listing out;
  out.most = 2;
  EXPECT_TRUE(list_all(out).status.ok());
  EXPECT_EQ(out.items.size(), 2U);
  EXPECT_TRUE(out.finished);
  EXPECT_FALSE(out.complete);
}

TEST_F(ClientTest, UsesTheNewNamesAndFallsBack) {
  const SampleTorrent t = sample_v1();
  have(t);
  ASSERT_TRUE(pause(t).status.ok());
  EXPECT_TRUE(rig.server.torrents.at(t.v1).paused);
  rig.fake.http.forget();
  // It claims to be older than it is: the wrong name answers 404, then the right one is tried.
  rig.server.restart();
  client = rig.client();
  answer("app/webapiVersion", reply(200, "2.8.19"));
  const sdk::ItemKey key = t.key();
  ASSERT_TRUE(run([&](sdk::CallContext& ctx) { return client->resume(ctx, {&key, 1}); }).status.ok());
  EXPECT_FALSE(rig.server.torrents.at(t.v1).paused);
  EXPECT_EQ(rig.actions(), (std::vector<std::string>{"app/webapiVersion", "torrents/resume", "torrents/start"}));
}

TEST_F(OldClientTest, UsesTheOldNamesAndFallsBack) {
  const SampleTorrent t = sample_v1();
  have(t);
  ASSERT_TRUE(pause(t).status.ok());
  EXPECT_TRUE(rig.server.torrents.at(t.v1).paused);
  EXPECT_EQ(rig.actions(), (std::vector<std::string>{"app/webapiVersion", "torrents/pause"}));
  rig.fake.http.forget();
  client = rig.client();
  answer("app/webapiVersion", reply(404, "Not Found"));
  ASSERT_TRUE(pause(t).status.ok());
  EXPECT_EQ(rig.actions(), (std::vector<std::string>{"app/webapiVersion", "torrents/stop", "torrents/pause"}));
}

TEST_F(ClientTest, AnyTwoHundredIsSuccess) {
  const SampleTorrent t = sample_v1();
  have(t);
  answer("torrents/stop", reply(204, ""));
  EXPECT_TRUE(pause(t).status.ok());
}

TEST_F(ClientTest, NeitherNameIsUnavailable) {
  const SampleTorrent t = sample_v1();
  instead = [](const FakeRequest& r) {
    return r.action.starts_with("torrents/") ? Answer(reply(404, "no")) : Answer();
  };
  EXPECT_EQ(pause(t).status.code, Code::unavailable);
}

TEST_F(ClientTest, RemoveSaysWhetherDataGoes) {
  const SampleTorrent t = sample_v1();
  const sdk::ItemKey key = t.key();
  for (const std::int32_t data : {0, 1}) {
    have(t);
    ASSERT_TRUE(run([&](sdk::CallContext& ctx) { return client->remove(ctx, {&key, 1}, data); }).status.ok());
    const FakeRequest sent(rig.fake.http.seen().back());
    EXPECT_EQ(sent.get("deleteFiles"), data != 0 ? "true" : "false");
    EXPECT_EQ(sent.get("hashes"), t.v1);
    EXPECT_TRUE(rig.server.torrents.empty());
  }
}

TEST_F(ClientTest, PrioritiesMoveInTheQueue) {
  rig.server.queueing = true;
  const SampleTorrent a = sample_v1("a", 'a');
  const SampleTorrent b = sample_v1("b", 'b');
  const SampleTorrent c = sample_v1("c", 'c');
  for (const auto* t : {&a, &b, &c}) { have(*t); }
  const sdk::ItemKey key = c.key();
  const auto set = [&](sdk::Priority p) {
    EXPECT_TRUE(run([&](sdk::CallContext& ctx) { return client->set_priority(ctx, {&key, 1}, p); }).status.ok());
    return rig.server.queue;
  };
  using Order = std::vector<std::string>;
  EXPECT_EQ(set(sdk::Priority::high), (Order{a.v1, c.v1, b.v1}));
  EXPECT_EQ(set(sdk::Priority::very_high), (Order{c.v1, a.v1, b.v1}));
  EXPECT_EQ(set(sdk::Priority::normal), (Order{c.v1, a.v1, b.v1}));
  EXPECT_EQ(set(sdk::Priority::low), (Order{a.v1, b.v1, c.v1}));
  const auto odd = static_cast<sdk::Priority>(17);
  EXPECT_EQ(run([&](sdk::CallContext& ctx) {
              return client->set_priority(ctx, {&key, 1}, odd);
            }).status.code,
            Code::invalid);
}

TEST_F(ClientTest, ACategoryThatCannotBeMadeIsInvalid) {
  const SampleTorrent t = sample_v1();
  have(t);
  const sdk::ItemKey key = t.key();
  answer("torrents/createCategory", reply(409, "Incorrect category name"));
  const Outcome outcome = run([&](sdk::CallContext& ctx) { return client->set_category(ctx, {&key, 1}, "odd"); });
  EXPECT_EQ(outcome.status.code, Code::invalid);
  EXPECT_TRUE(has(outcome.said, "does not take \"odd\"")) << outcome.said;
}

TEST_F(ClientTest, LimitsLeaveAloneWhatIsNotNamed) {
  const SampleTorrent t = sample_v1();
  FakeTorrent& torrent = have(t);
  torrent.dl_limit = 5;
  torrent.up_limit = 6;
  torrent.ratio_limit = 3;
  torrent.seeding_time_limit = 77;
  torrent.inactive_seeding_time_limit = 88;
  torrent.share_limit_action = "Remove";
  const sdk::ItemKey key = t.key();
  const auto set = [&](const sdk::ClientLimits& limits) {
    EXPECT_TRUE(run([&](sdk::CallContext& ctx) { return client->set_limits(ctx, {&key, 1}, limits); }).status.ok());
  };
  sdk::ClientLimits limits;
  limits.ratio = 1.25;
  set(limits);
  EXPECT_EQ(torrent.ratio_limit, 1.25);
  EXPECT_EQ(torrent.seeding_time_limit, 77);
  EXPECT_EQ(torrent.inactive_seeding_time_limit, 88);
  EXPECT_EQ(torrent.share_limit_action, "Remove");
  EXPECT_EQ(torrent.dl_limit, 5);
  EXPECT_EQ(torrent.up_limit, 6);
  limits = {};
  limits.seed_minutes = 10;
  limits.down_bps = 0;
  limits.up_bps = 1000;
  set(limits);
  EXPECT_EQ(torrent.ratio_limit, 1.25);
  EXPECT_EQ(torrent.seeding_time_limit, 10);
  EXPECT_EQ(torrent.dl_limit, 0);
  EXPECT_EQ(torrent.up_limit, 1000);
  rig.fake.http.forget();
  set({});
  EXPECT_TRUE(rig.fake.http.seen().empty());
}

TEST_F(ClientTest, FilesAreLookedForUnderEveryId) {
  const SampleTorrent t = sample_hybrid();
  have(t).progress = 0.5;
  sdk::ItemKey key = t.key();
  const std::string stale(40, '9');
  key.id = stale;
  std::vector<sdk::FileView> found;
  auto sink = sdk::file_sink([&](const sdk::FileView& f) { found.push_back(f); });
  ASSERT_TRUE(run([&](sdk::CallContext& ctx) { return client->files(ctx, key, sink); }).status.ok());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].size_bytes, 1024);
  EXPECT_EQ(found[0].done_bytes, 512);
  EXPECT_EQ(rig.actions().size(), 3U);
  answer("torrents/files", reply(200, "{}"));
  EXPECT_EQ(run([&](sdk::CallContext& ctx) { return client->files(ctx, key, sink); }).status.code, Code::unavailable);
}

TEST_F(ClientTest, TestNeedsAServerThatTellsItsVersion) {
  Facts facts;
  answer("app/webapiVersion", reply(404, "Not Found"));
  const Outcome outcome = run([&](sdk::CallContext& ctx) { return client->test(ctx, facts); });
  EXPECT_EQ(outcome.status.code, Code::unavailable);
  EXPECT_TRUE(has(outcome.said, "4.1 or later")) << outcome.said;
}

}  // namespace
}  // namespace quarry::qbittorrent::testing
