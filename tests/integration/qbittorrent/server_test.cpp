// SPDX-License-Identifier: MIT
// What only a real server can show.
#include "plugins/qbittorrent/testing/sample_torrent.hpp"
#include "tests/integration/qbittorrent/real_rig.hpp"

#include <gtest/gtest.h>

#include <array>

namespace quarry::integration {
namespace {

using qbittorrent::testing::Facts;
using qbittorrent::testing::Listing;
using qbittorrent::testing::sample_v1;
using qbittorrent::testing::SampleTorrent;

struct Outcome {
  sdk::Status status;
  std::string said;
};

template <class Call>
Outcome run(RealRig& rig, Call call) {
  sdk::BasicContext ctx(rig.clock(), 60'000, "test");
  const sdk::Status status = call(ctx);
  return {status, ctx.text()};
}

Outcome test(RealRig& rig, qbittorrent::QbittorrentClient& client) {
  Facts facts;
  return run(rig, [&](sdk::CallContext& ctx) { return client.test(ctx, facts); });
}

Outcome add(RealRig& rig, qbittorrent::QbittorrentClient& client, const SampleTorrent& t,
            sdk::Priority priority = sdk::Priority::normal) {
  sdk::AddRequest request;
  request.metainfo = t.metainfo();
  request.key = t.key();
  request.priority = priority;
  return run(rig, [&](sdk::CallContext& ctx) { return client.add(ctx, request); });
}

TEST(RealServer, BanHasItsOwnSentence) {
  RealQbittorrentOptions options;
  options.max_failed_logins = 1;
  RealRig rig(options);
  EXPECT_EQ(test(rig, *rig.client("wrong")).status.code, sdk::Code::unauthenticated);
  const auto client = rig.client();
  const Outcome banned = test(rig, *client);
  EXPECT_EQ(banned.status.code, sdk::Code::unauthenticated);
  EXPECT_NE(banned.said.find("banned this host"), std::string::npos) << banned.said;
  EXPECT_EQ(rig.logins(), 2);
  // The server's ban outlives this instance's patience by a restart only.
  rig.server.restart();
  EXPECT_EQ(test(rig, *client).status.code, sdk::Code::unauthenticated);
  EXPECT_EQ(rig.logins(), 2);
  rig.clock().advance(30LL * 60 * 1000);
  EXPECT_TRUE(test(rig, *client).status.ok());
  EXPECT_EQ(rig.logins(), 3);
}

TEST(RealServer, RenewsItsLoginByAge) {
  RealRig rig;
  const auto client = rig.client();
  EXPECT_TRUE(test(rig, *client).status.ok());
  rig.clock().advance(29LL * 60 * 1000);
  EXPECT_TRUE(test(rig, *client).status.ok());
  EXPECT_EQ(rig.logins(), 1);
  rig.clock().advance(60 * 1000);
  EXPECT_TRUE(test(rig, *client).status.ok());
  EXPECT_EQ(rig.logins(), 2);
}

TEST(RealServer, PutsTorrentsInOrder) {
  RealQbittorrentOptions options;
  options.queueing = true;
  RealRig rig(options);
  const auto client = rig.client();
  const SampleTorrent first = sample_v1("first.bin", 'f');
  const SampleTorrent second = sample_v1("second.bin", 's');
  ASSERT_TRUE(add(rig, *client, first).status.ok());
  ASSERT_TRUE(add(rig, *client, second, sdk::Priority::very_high).status.ok());
  const std::array keys{first.key()};
  for (const sdk::Priority p :
       {sdk::Priority::very_high, sdk::Priority::high, sdk::Priority::low, sdk::Priority::normal}) {
    const Outcome set = run(rig, [&](sdk::CallContext& ctx) { return client->set_priority(ctx, keys, p); });
    EXPECT_TRUE(set.status.ok()) << set.said;
  }
}

TEST(RealServer, AServerThatIsGoneIsUnavailableAndComesBack) {
  RealRig rig;
  const auto client = rig.client();
  ASSERT_TRUE(test(rig, *client).status.ok());
  rig.server.kill_now();
  const Outcome gone = add(rig, *client, sample_v1());
  EXPECT_EQ(gone.status.code, sdk::Code::unavailable);
  EXPECT_TRUE(gone.status.not_started());
  EXPECT_TRUE(gone.status.retryable());
  rig.server.restart();
  EXPECT_TRUE(add(rig, *client, sample_v1()).status.ok());
  EXPECT_EQ(rig.logins(), 2);
}

}  // namespace
}  // namespace quarry::integration
