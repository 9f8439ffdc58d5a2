// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/indexer_contract.hpp>

#include <quarry/sdk/helpers/sinks.hpp>

#include <algorithm>
#include <set>

namespace quarry::sdk::testing {

// A test program may link this library for something else, and a unity build then brings the suite along.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(IndexerContract);

int link_indexer_contract() { return 0; }

namespace {

constexpr std::int64_t kHourMs = 3'600'000;

/// Takes what fetch() gives. After `most` pieces it has enough.
class Fetched final : public FetchSink {
 public:
  explicit Fetched(int most = 1'000'000) : most_(most) {}
  bool metainfo(std::span<const std::byte> piece) noexcept override {
    count();
    EXPECT_FALSE(data.starts_with("magnet:")) << "bytes after a magnet";
    data.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return pieces < most_;
  }
  bool magnet(std::string_view uri) noexcept override {
    count();
    EXPECT_TRUE(data.empty()) << "a magnet after something else";
    EXPECT_TRUE(uri.starts_with("magnet:?")) << uri;
    data = uri;
    return pieces < most_;
  }
  std::string data;
  int pieces = 0;

 private:
  void count() {
    EXPECT_LT(pieces, most_) << "more after the sink said \"enough\"";
    ++pieces;
  }
  int most_;
};

struct NoFacts final : TestSink {
  void fact(std::string_view, std::string_view) noexcept override {}
};

}  // namespace

void IndexerContract::renew() {
  under_test_ = GetParam().make();
  ASSERT_NE(under_test_, nullptr);
}
std::vector<PublishedRelease> IndexerContract::publish(int count) {
  std::vector<PublishedRelease> all;
  for (int i = 0; i < count; ++i) {
    PublishedRelease release;
    release.id = 1000 + count - i;
    release.title = "Film." + std::to_string(release.id) + ".1999.1080p.BluRay.x264-GRP";
    release.published_at_ms = site().clock().wall_ms() - (i + 1) * kHourMs;
    release.torrent = "d4:infod6:lengthi" + std::to_string(release.id) +
                      "e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee";
    all.push_back(std::move(release));
  }
  site().publish(all);
  return all;
}
Status IndexerContract::run(const std::function<Status(CallContext&)>& call) {
  BasicContext ctx(site().clock(), 60'000, "test");
  const Status status = call(ctx);
  said = ctx.text();
  expect_explained(status, said, GetParam().secret);
  return status;
}
IndexerContract::Found IndexerContract::sound(const ReleaseView& release) const {
  EXPECT_FALSE(release.guid.empty());
  EXPECT_FALSE(release.title.empty()) << release.guid;
  EXPECT_TRUE(release.infohash_v1.empty() || release.infohash_v1.size() == 40) << release.infohash_v1;
  EXPECT_EQ(release.infohash_v1.find_first_not_of("0123456789abcdef"), std::string_view::npos) << release.infohash_v1;
  EXPECT_GE(release.size_bytes, -1);
  EXPECT_GE(std::min({release.seeders, release.leechers, release.grabs, release.files}), -1);
  EXPECT_TRUE(release.download_factor >= 0 && release.download_factor <= 1) << release.download_factor;
  EXPECT_GE(release.upload_factor, 0);
  const std::string& secret = GetParam().secret;
  for (const std::string_view text : {release.guid, release.info_url, release.title}) {
    EXPECT_TRUE(secret.empty() || text.find(secret) == std::string_view::npos) << "the secret is in: " << text;
  }
  return {std::string(release.guid), std::string(release.title), release.published_at_ms};
}
Status IndexerContract::search(std::vector<Found>& out, std::int32_t offset, std::int32_t limit) {
  auto sink = release_sink([&](const ReleaseView& release) { out.push_back(sound(release)); });
  IndexerQuery query;
  query.term = "film";
  query.offset = offset;
  query.limit = limit;
  return run([&](CallContext& ctx) { return indexer().search(ctx, query, sink); });
}
Status IndexerContract::recent(std::vector<Found>& out, std::int64_t since_ms) {
  auto sink = release_sink([&](const ReleaseView& release) { out.push_back(sound(release)); });
  return run([&](CallContext& ctx) { return indexer().recent(ctx, since_ms, sink); });
}
Status IndexerContract::fetch(std::string& out, std::string_view guid) {
  Fetched sink;
  ReleaseRef release;
  release.guid = guid;
  const Status status = run([&](CallContext& ctx) { return indexer().fetch(ctx, release, sink); });
  out = sink.data;
  return status;
}

TEST_P(IndexerContract, TestReachesTheSite) {
  NoFacts facts;
  EXPECT_TRUE(run([&](CallContext& ctx) { return indexer().test(ctx, facts); }).ok()) << said;
  EXPECT_GT(site().requests(), 0U);
}

TEST_P(IndexerContract, PagesJoinWithoutHolesAndWithoutRepeats) {
  IndexerCapabilities told;
  ASSERT_TRUE(run([&](CallContext& ctx) { return indexer().capabilities(ctx, told); }).ok()) << said;
  ASSERT_TRUE(told.page_size >= 1 && told.page_size <= 100) << told.page_size;
  const std::vector<PublishedRelease> all = publish(2 * told.page_size + 3);
  for (const std::int32_t limit : {told.page_size, std::max(told.page_size / 4, 1)}) {
    std::vector<Found> found;
    std::size_t before = 0;
    do {
      before = found.size();
      ASSERT_TRUE(search(found, static_cast<std::int32_t>(before), limit).ok()) << said;
      ASSERT_LE(found.size() - before, static_cast<std::size_t>(limit)) << "more than was asked for";
    } while (found.size() > before && found.size() <= all.size());
    ASSERT_EQ(found.size(), all.size()) << "with limit " << limit;
    std::set<std::string> guids;
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(found[i].title, all[i].title) << "the site's order, at " << i;
      EXPECT_TRUE(guids.insert(found[i].guid).second) << "one guid for two releases: " << found[i].guid;
    }
  }
}

TEST_P(IndexerContract, AGuidLasts) {
  publish(3);
  std::vector<Found> first;
  ASSERT_TRUE(search(first).ok()) << said;
  renew();
  publish(3);
  std::vector<Found> second;
  ASSERT_TRUE(recent(second, 0).ok()) << said;
  EXPECT_EQ(first, second);
}

TEST_P(IndexerContract, ARowThatCannotBeReadIsLeftOut) {
  std::vector<PublishedRelease> all = publish(5);
  all[2].unreadable = true;
  site().publish(all);
  std::vector<Found> found;
  ASSERT_TRUE(search(found).ok()) << said;
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[1].title, all[1].title);
  EXPECT_EQ(found[2].title, all[3].title);
}

TEST_P(IndexerContract, RecentAreThoseAfterATimeNewestFirst) {
  const std::vector<PublishedRelease> all = publish(30);
  for (const std::size_t newer : {std::size_t{10}, std::size_t{10}, std::size_t{0}}) {  // asked again, told again
    std::vector<Found> found;
    ASSERT_TRUE(recent(found, all[newer].published_at_ms).ok()) << said;
    ASSERT_EQ(found.size(), newer);
    for (std::size_t i = 0; i < newer; ++i) { EXPECT_EQ(found[i].title, all[i].title); }
  }
}

TEST_P(IndexerContract, FetchGivesWhatADownloadClientNeeds) {
  const std::vector<PublishedRelease> all = publish(2);
  std::vector<Found> found;
  ASSERT_TRUE(search(found).ok()) << said;
  ASSERT_EQ(found.size(), 2U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string got;
    ASSERT_TRUE(fetch(got, found[i].guid).ok()) << said;
    EXPECT_TRUE(got == all[i].torrent || got.starts_with("magnet:?")) << got;
  }
  Fetched enough(1);  // fails by itself when it is given more
  ReleaseRef release;
  release.guid = found[0].guid;
  EXPECT_TRUE(run([&](CallContext& ctx) { return indexer().fetch(ctx, release, enough); }).ok()) << said;
  EXPECT_EQ(enough.pieces, 1);
}

TEST_P(IndexerContract, WhatTheSiteNoLongerHasIsNotFound) {
  publish(2);
  std::vector<Found> found;
  ASSERT_TRUE(search(found).ok()) << said;
  ASSERT_FALSE(found.empty());
  site().publish({});
  std::string got;
  EXPECT_EQ(fetch(got, found[0].guid).code, Code::not_found);
  EXPECT_EQ(got, "");
  for (const char* odd : {"", "no such guid", "../../etc/passwd", "1&id=2"}) {
    const Code code = fetch(got, odd).code;
    EXPECT_TRUE(code == Code::not_found || code == Code::invalid) << odd << ": " << said;
  }
}

TEST_P(IndexerContract, ASinkThatHasEnoughIsGivenNoMore) {
  publish(5);
  int given = 0;
  auto sink = release_sink([&](const ReleaseView&) { return ++given < 2; });
  IndexerQuery query;
  query.term = "film";
  const Code searched = run([&](CallContext& ctx) { return indexer().search(ctx, query, sink); }).code;
  EXPECT_TRUE(searched == Code::ok || searched == Code::cancelled) << said;
  EXPECT_EQ(given, 2);
  given = 0;
  const Code polled = run([&](CallContext& ctx) { return indexer().recent(ctx, 0, sink); }).code;
  EXPECT_TRUE(polled == Code::ok || polled == Code::cancelled) << said;
  EXPECT_EQ(given, 2);
  std::vector<Found> all;
  ASSERT_TRUE(recent(all, 0).ok()) << said;
  EXPECT_EQ(all.size(), 5U) << "what the sink did not see is not known to the caller";
}

TEST_P(IndexerContract, ALimitIsKeptWithoutAskingAgain) {
  publish(3);
  site().trouble(SiteTrouble::limits);
  std::vector<Found> found;
  const Status limited = search(found);
  EXPECT_TRUE(limited.code == Code::rate_limited && limited.retryable()) << said;
  EXPECT_GE(limited.retry_after_ms, 60'000U) << "the site said so";
  EXPECT_TRUE(found.empty());
  const std::size_t asked = site().requests();
  site().trouble(SiteTrouble::none);
  const Status soon = recent(found, 0);
  EXPECT_EQ(soon.code, Code::rate_limited) << said;
  EXPECT_GT(soon.retry_after_ms, 0U);
  EXPECT_EQ(site().requests(), asked) << "it was told to wait, and asked";
  site().clock().advance(limited.retry_after_ms);
  EXPECT_TRUE(search(found).ok()) << said;
  EXPECT_EQ(found.size(), 3U);
}

TEST_P(IndexerContract, RefusedCredentialsAreNotTriedAgain) {
  site().trouble(SiteTrouble::refuses_login);
  std::vector<Found> found;
  EXPECT_EQ(search(found).code, Code::unauthenticated) << said;
  const std::size_t asked = site().requests();
  EXPECT_EQ(recent(found, 0).code, Code::unauthenticated) << said;
  EXPECT_EQ(site().requests(), asked) << "the same credentials, sent again";
}

TEST_P(IndexerContract, ASiteThatIsDownIsUnavailable) {
  site().trouble(SiteTrouble::down);
  std::vector<Found> found;
  const Status down = search(found);
  EXPECT_TRUE(down.code == Code::unavailable && down.retryable()) << said;
  EXPECT_TRUE(found.empty());
}

TEST_P(IndexerContract, ACallerThatGivesUpIsAnsweredSoon) {
  const std::string& secret = GetParam().secret;
  const auto ignore = [](const ReleaseView&) {};
  // A new indexer each time: one that saw a time-out may well leave the site alone for a while.
  const auto fresh = [&] {
    renew();
    publish(3);
  };
  expect_gives_up("search", secret, [&](CallContext& ctx) {
    fresh();
    auto sink = release_sink(ignore);
    IndexerQuery query;
    query.term = "film";
    return indexer().search(ctx, query, sink);
  });
  expect_gives_up("recent", secret, [&](CallContext& ctx) {
    fresh();
    auto sink = release_sink(ignore);
    return indexer().recent(ctx, 0, sink);
  });
  expect_gives_up("test", secret, [&](CallContext& ctx) {
    fresh();
    NoFacts facts;
    return indexer().test(ctx, facts);
  });
  fresh();
  std::vector<Found> found;
  ASSERT_TRUE(search(found).ok()) << said;
  const std::string guid = found.at(0).guid;
  expect_gives_up("fetch", secret, [&](CallContext& ctx) {
    fresh();
    Fetched sink;
    ReleaseRef release;
    release.guid = guid;
    return indexer().fetch(ctx, release, sink);
  });
}

}  // namespace quarry::sdk::testing
