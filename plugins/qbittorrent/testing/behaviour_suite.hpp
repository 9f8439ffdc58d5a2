// SPDX-License-Identifier: MIT
// What the plugin promises beyond the SDK's contract of a download client (contract_rig.hpp), run against
// any qBittorrent: the fakes of three versions in the unit tests, the real server in the integration tests.
// Include it in one file of a test program and instantiate Behaviour with factories of rigs.
#pragma once

#include "plugins/qbittorrent/testing/rig.hpp"
#include "plugins/qbittorrent/testing/sample_torrent.hpp"

#include <quarry/sdk/helpers/sinks.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>

namespace quarry::qbittorrent::testing {

struct RigKind {
  std::string name;
  std::function<std::unique_ptr<Rig>()> make;
};
inline void PrintTo(const RigKind& kind, std::ostream* out) { *out << kind.name; }

class Behaviour : public ::testing::TestWithParam<RigKind> {
 protected:
  void SetUp() override {
    rig = GetParam().make();
    ASSERT_NE(rig, nullptr);
    client = rig->client();
  }

  /// Calls, and keeps the sentence of a failure.
  template <class Call>
  sdk::Status run(Call call) {
    sdk::BasicContext ctx(rig->clock(), 60'000, "test");
    const sdk::Status status = call(ctx);
    said = ctx.text();
    return status;
  }
  sdk::Status add(const SampleTorrent& torrent, bool paused = true, bool by_magnet = false) {
    sdk::AddRequest request;
    if (by_magnet) {
      magnet = torrent.magnet();
      request.magnet = magnet;
    } else {
      request.metainfo = torrent.metainfo();
    }
    request.key = torrent.key();
    request.category = "films";
    request.save_path = save_path;
    request.tags = tags;
    request.paused = paused ? 1 : 0;
    return run([&](sdk::CallContext& ctx) { return client->add(ctx, request); });
  }
  Listing list(std::vector<sdk::ItemKey> keys) {
    Listing out;
    sdk::ListQuery query;
    query.keys = keys;
    EXPECT_TRUE(run([&](sdk::CallContext& ctx) { return client->list(ctx, query, out); }).ok()) << said;
    return out;
  }
  Listing list_all() {
    Listing out;
    sdk::ListQuery query;
    query.scope = sdk::ListScope::all;
    EXPECT_TRUE(run([&](sdk::CallContext& ctx) { return client->list(ctx, query, out); }).ok()) << said;
    return out;
  }
  /// Looks until the item is as wanted; the last look is what it answers.
  template <class Wanted>
  Item await(const SampleTorrent& torrent, Wanted wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (true) {
      const Listing now = list({torrent.key()});
      const Item* const item = now.find(torrent.id());
      if (item != nullptr && wanted(*item)) { return *item; }
      if (std::chrono::steady_clock::now() > end) { return item == nullptr ? Item{} : *item; }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  Item await_state(const SampleTorrent& torrent, sdk::ItemState state) {
    return await(torrent, [&](const Item& item) { return item.state == state; });
  }

  std::unique_ptr<Rig> rig;
  std::unique_ptr<QbittorrentClient> client;
  std::string said;
  std::string magnet;
  std::string save_path;
  std::array<std::string_view, 2> tags{"quarry.17", "zz"};
};

TEST_P(Behaviour, TestTellsVersions) {
  Facts facts;
  ASSERT_TRUE(run([&](sdk::CallContext& ctx) { return client->test(ctx, facts); }).ok()) << said;
  EXPECT_TRUE(facts.values["version"].starts_with("v"));
  EXPECT_TRUE(facts.values["web_api_version"].starts_with("2."));
  EXPECT_TRUE(facts.values["libtorrent"].starts_with("2."));
  EXPECT_FALSE(facts.values["default_save_path"].empty());
}

TEST_P(Behaviour, AddsByTorrentFile) {
  const SampleTorrent t = sample_v1();
  save_path = "/tmp/quarry-test-save";
  ASSERT_TRUE(add(t).ok()) << said;
  const Item item = await_state(t, sdk::ItemState::paused);
  EXPECT_EQ(item.id, t.v1);
  EXPECT_EQ(item.v1, t.v1);
  EXPECT_EQ(item.v2, "");
  EXPECT_EQ(item.state, sdk::ItemState::paused);
  EXPECT_EQ(item.name, "t.bin");
  EXPECT_EQ(item.category, "films");
  EXPECT_EQ(item.tags, "quarry.17,zz");
  EXPECT_EQ(item.save_path, save_path);
  EXPECT_EQ(item.size, 1024);
  EXPECT_EQ(item.progress, 0);
  EXPECT_GT(item.added_at_ms, 1'600'000'000'000);
}

TEST_P(Behaviour, AddingTwiceIsAConflictAndLeavesOne) {
  const SampleTorrent t = sample_v1();
  ASSERT_TRUE(add(t).ok()) << said;
  EXPECT_EQ(add(t).code, sdk::Code::conflict);
  EXPECT_NE(said.find("has this torrent already"), std::string::npos) << said;
  EXPECT_EQ(add(t, true, true).code, sdk::Code::conflict);
  EXPECT_EQ(list_all().items.size(), 1U);
}

TEST_P(Behaviour, AddsAMagnetWithoutPeers) {
  const SampleTorrent t = sample_v1();
  ASSERT_TRUE(add(t, false, true).ok()) << said;
  const Item item = await_state(t, sdk::ItemState::metadata);
  EXPECT_EQ(item.state, sdk::ItemState::metadata);
  EXPECT_EQ(item.state_text, "metaDL");
  EXPECT_EQ(item.size, -1);
  EXPECT_EQ(item.eta, -1);
  EXPECT_EQ(item.progress, 0);
  EXPECT_EQ(item.content_path, "");
  EXPECT_EQ(item.name, "t.bin");
  EXPECT_EQ(add(t, false, true).code, sdk::Code::conflict);
}

TEST_P(Behaviour, HybridIsFoundByEitherHash) {
  const SampleTorrent t = sample_hybrid();
  ASSERT_TRUE(add(t).ok()) << said;
  const Listing all = list_all();
  ASSERT_EQ(all.items.size(), 1U);
  EXPECT_EQ(all.items[0].id, t.v2.substr(0, 40));
  EXPECT_EQ(all.items[0].v1, t.v1);
  EXPECT_EQ(all.items[0].v2, t.v2);
  sdk::ItemKey only_v2;
  only_v2.infohash_v2 = t.v2;
  EXPECT_EQ(list({t.key()}).items.size(), 1U);
  EXPECT_EQ(list({only_v2}).items.size(), 1U);
  EXPECT_EQ(add(t).code, sdk::Code::conflict);
}

TEST_P(Behaviour, ChangesAndClearsTheCategory) {
  const SampleTorrent t = sample_v1();
  const std::array keys{t.key()};
  ASSERT_TRUE(add(t).ok()) << said;
  for (const std::string category : {"never seen before", "Filme/\xC3\x84rger", ""}) {
    ASSERT_TRUE(run([&](sdk::CallContext& ctx) { return client->set_category(ctx, keys, category); }).ok()) << said;
    EXPECT_EQ(await(t, [&](const Item& i) { return i.category == category; }).category, category);
  }
  for (const std::string bad : {"/a", "a/", "a//b", "a\\b"}) {
    EXPECT_EQ(run([&](sdk::CallContext& ctx) { return client->set_category(ctx, keys, bad); }).code,
              sdk::Code::invalid);
  }
}

TEST_P(Behaviour, PriorityNeedsQueueing) {
  const SampleTorrent t = sample_v1();
  const std::array keys{t.key()};
  ASSERT_TRUE(add(t).ok()) << said;
  const auto set = [&](sdk::Priority p) {
    return run([&](sdk::CallContext& ctx) { return client->set_priority(ctx, keys, p); }).code;
  };
  EXPECT_EQ(set(sdk::Priority::very_high), sdk::Code::unsupported);
  EXPECT_NE(said.find("Torrent Queueing"), std::string::npos) << said;
  EXPECT_EQ(set(sdk::Priority::high), sdk::Code::unsupported);
  EXPECT_EQ(set(sdk::Priority::low), sdk::Code::unsupported);
  EXPECT_EQ(set(sdk::Priority::normal), sdk::Code::ok);
}

TEST_P(Behaviour, SetsLimits) {
  const SampleTorrent t = sample_v1();
  const std::array keys{t.key()};
  ASSERT_TRUE(add(t).ok()) << said;
  sdk::ClientLimits limits;
  limits.down_bps = 100'000;
  limits.up_bps = 0;
  limits.ratio = 1.5;
  limits.seed_minutes = 90;
  EXPECT_TRUE(run([&](sdk::CallContext& ctx) { return client->set_limits(ctx, keys, limits); }).ok()) << said;
}

TEST_P(Behaviour, TellsTheFiles) {
  const SampleTorrent whole = sample_v1();
  const SampleTorrent bare = sample_v1("bare.bin", 'b');
  ASSERT_TRUE(add(whole).ok()) << said;
  ASSERT_TRUE(add(bare, false, true).ok()) << said;
  std::vector<std::pair<std::string, std::int64_t>> found;
  auto sink = sdk::file_sink([&](const sdk::FileView& f) { found.emplace_back(f.path, f.size_bytes); });
  await_state(whole, sdk::ItemState::paused);
  ASSERT_TRUE(run([&](sdk::CallContext& ctx) { return client->files(ctx, whole.key(), sink); }).ok()) << said;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], (std::pair<std::string, std::int64_t>("t.bin", 1024)));
  ASSERT_TRUE(run([&](sdk::CallContext& ctx) { return client->files(ctx, bare.key(), sink); }).ok()) << said;
  EXPECT_EQ(found.size(), 1U);
}

TEST_P(Behaviour, RefusesWhatIsNoTorrent) {
  SampleTorrent t = sample_v1();
  t.bytes = "<html>login first</html>";
  EXPECT_EQ(add(t).code, sdk::Code::invalid);
  EXPECT_NE(said.find("not a valid .torrent"), std::string::npos) << said;
  EXPECT_TRUE(list_all().items.empty());
}

TEST_P(Behaviour, WrongPasswordIsTriedOnceAndRemembered) {
  client = rig->client("wrong");
  Facts facts;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(run([&](sdk::CallContext& ctx) { return client->test(ctx, facts); }).code, sdk::Code::unauthenticated);
    EXPECT_NE(said.find("refused the user name or password"), std::string::npos) << said;
    EXPECT_NE(said.find("no login is tried for 30 minutes"), std::string::npos) << said;
    EXPECT_EQ(said.find("wrong"), std::string::npos) << said;
  }
  EXPECT_EQ(rig->logins(), 1);
  // Had all ten reached the server, it would have banned this address now.
  client = rig->client();
  EXPECT_TRUE(run([&](sdk::CallContext& ctx) { return client->test(ctx, facts); }).ok()) << said;
}

TEST_P(Behaviour, LogsInAgainOnceAfterARestart) {
  const SampleTorrent t = sample_v1();
  ASSERT_TRUE(add(t).ok()) << said;
  EXPECT_EQ(rig->logins(), 1);
  rig->restart();
  EXPECT_EQ(await_state(t, sdk::ItemState::paused).id, t.v1);
  EXPECT_EQ(list_all().items.size(), 1U);
  EXPECT_EQ(rig->logins(), 2);
}

TEST_P(Behaviour, ManyCallsShareOneLogin) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) {
        sdk::BasicContext ctx(rig->clock(), 60'000, "test");
        Listing out;
        sdk::ListQuery query;
        query.scope = sdk::ListScope::all;
        EXPECT_TRUE(client->list(ctx, query, out).ok()) << ctx.text();
      }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(rig->logins(), 1);
}

}  // namespace quarry::qbittorrent::testing
