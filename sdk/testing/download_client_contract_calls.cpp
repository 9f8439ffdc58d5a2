// SPDX-License-Identifier: MIT
// What holds for calls: sinks that have had enough, callers that give up, calls at once, a client that is down.
#include <quarry/sdk/testing/download_client_contract.hpp>

#include <quarry/sdk/helpers/sinks.hpp>

#include <algorithm>
#include <array>

namespace quarry::sdk::testing {

int link_download_client_calls() { return 0; }

namespace {

const ContractTorrent& torrent(std::size_t i) { return contract_torrents().at(i); }

}  // namespace

TEST_P(DownloadClientContract, ASinkThatHasEnoughIsGivenNoMore) {
  for (std::size_t i = 0; i < 3; ++i) { ASSERT_TRUE(add(torrent(i)).ok()) << said; }
  ASSERT_EQ(await(torrent(2), [](const auto&) { return true; }).v1, torrent(2).v1);
  const std::vector<ItemKey> keys{torrent(0).key(), torrent(1).key(), torrent(2).key()};
  for (const ListScope scope : {ListScope::all, ListScope::keys}) {
    ContractListing first(1);  // fails by itself when it is given a second
    ListQuery query;
    query.scope = scope;
    query.keys = keys;
    const Code code = run([&](CallContext& ctx) { return client().list(ctx, query, first); }).code;
    EXPECT_TRUE(code == Code::ok || code == Code::cancelled) << said;
    EXPECT_EQ(first.items.size(), 1U);
    EXPECT_FALSE(first.complete) << "two items were not shown: that is no whole listing";
  }
}

TEST_P(DownloadClientContract, ACallerThatGivesUpIsAnsweredSoon) {
  const std::string& secret = GetParam().secret;
  const std::vector<ItemKey> keys{torrent(0).key()};
  const auto clear = [&] {
    EXPECT_TRUE(run([&](CallContext& ctx) { return client().remove(ctx, keys, 1); }).ok()) << said;
    EXPECT_TRUE(await_absence(torrent(0)));
  };
  // A client may carry out an add after its caller has given up, and the next one then meets the item.
  bool may_come_late = false;
  expect_gives_up("add", secret, [&](CallContext& ctx) {
    AddRequest request;
    request.metainfo = as_bytes(torrent(0).metainfo);
    request.key = torrent(0).key();
    const Status status = client().add(ctx, request);
    const bool there = list(keys).find(torrent(0)) != nullptr;
    EXPECT_FALSE(there && status.not_started()) << "kNotStarted, and yet it was added";
    if (status.ok()) {
      EXPECT_EQ(await(torrent(0), [](const auto&) { return true; }).v1, torrent(0).v1);
    }
    if (there || status.ok()) { clear(); }
    const bool came_late = may_come_late && status.code == Code::conflict;
    may_come_late = !there && !status.ok() && !status.not_started();
    return came_late ? Status{} : status;
  });
  const Status added = add(torrent(0));
  ASSERT_TRUE(added.ok() || (may_come_late && added.code == Code::conflict)) << said;
  for (const ListScope scope : {ListScope::all, ListScope::keys}) {
    expect_gives_up(scope == ListScope::all ? "list of all" : "list by keys", secret, [&](CallContext& ctx) {
      ContractListing out;
      ListQuery query;
      query.scope = scope;
      query.keys = keys;
      const Status status = client().list(ctx, query, out);
      EXPECT_EQ(out.complete, status.ok()) << "a listing that broke off is not complete";
      return status;
    });
  }
  expect_gives_up("pause", secret, [&](CallContext& ctx) { return client().pause(ctx, keys); });
  expect_gives_up("files", secret, [&](CallContext& ctx) {
    auto files = file_sink([](const FileView&) {});
    return client().files(ctx, keys[0], files);
  });
  expect_gives_up("remove", secret, [&](CallContext& ctx) { return client().remove(ctx, keys, 0); });
  EXPECT_TRUE(await_absence(torrent(0))) << "whoever comes later finds a client that works";
}

TEST_P(DownloadClientContract, CallsAtOnceDoNotDisturbEachOther) {
  const unsigned n = std::min(GetParam().calls_at_once, 4U);
  if (n < 2) { GTEST_SKIP() << "takes one call at a time"; }
  std::vector<std::string> problems(n);
  at_once(n, [&](unsigned i) {
    const ContractTorrent& mine = torrent(i);
    const std::array keys{mine.key()};
    for (int round = 0; round < 5; ++round) {
      BasicContext ctx(under_test().clock(), 60'000, "test");
      AddRequest request;
      request.metainfo = as_bytes(mine.metainfo);
      request.key = mine.key();
      request.paused = 1;
      const Code added = client().add(ctx, request).code;
      ContractListing all;
      ListQuery query;
      query.scope = ListScope::all;
      const bool works = (added == Code::ok || added == Code::conflict) && client().list(ctx, query, all).ok() &&
                         client().pause(ctx, keys).ok() && all.complete;
      if (!works) { problems[i] += ctx.text() + "; "; }
    }
  });
  for (const std::string& problem : problems) { EXPECT_EQ(problem, ""); }
  for (unsigned i = 0; i < n; ++i) {
    EXPECT_EQ(await(torrent(i), [](const auto&) { return true; }).v1, torrent(i).v1);
  }
  EXPECT_EQ(list_all().items.size(), n);
}

TEST_P(DownloadClientContract, AClientThatIsDownIsUnavailable) {
  ASSERT_TRUE(add(torrent(0)).ok()) << said;
  if (!under_test().stop_answering()) { GTEST_SKIP() << "cannot be stopped"; }
  expect_down();
}

TEST_P(DownloadClientContract, AClientThatWasNeverThereIsUnavailable) {
  if (!under_test().stop_answering()) { GTEST_SKIP() << "cannot be stopped"; }
  expect_down();
}

void DownloadClientContract::expect_down() {
  const std::vector<ItemKey> keys{torrent(0).key()};
  const auto expect_unavailable = [&](const Status& status) {
    EXPECT_EQ(status.code, Code::unavailable) << said;
    EXPECT_TRUE(status.retryable()) << said;
  };
  struct NoFacts final : TestSink {
    void fact(std::string_view, std::string_view) noexcept override {}
  } facts;
  expect_unavailable(run([&](CallContext& ctx) { return client().test(ctx, facts); }));
  expect_unavailable(add(torrent(1)));
  expect_unavailable(run([&](CallContext& ctx) { return client().remove(ctx, keys, 1); }));
  ContractListing out;
  ListQuery query;
  query.keys = keys;
  expect_unavailable(run([&](CallContext& ctx) { return client().list(ctx, query, out); }));
  EXPECT_FALSE(out.complete) << "nothing was learned, so nothing is gone";
}

}  // namespace quarry::sdk::testing
