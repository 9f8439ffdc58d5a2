// SPDX-License-Identifier: MIT
#include "queue/source.hpp"

#include "queue/engine_test_world.hpp"

#include <quarry/sdk/helpers/sinks.hpp>

namespace quarry::queue {
namespace {

using sdk::DownloadState;
using sdk::testing::reply;
using sdk::testing::SeenRequest;
using testing::kHash;
using testing::magnet_of;

constexpr char kTorrent[] =
    "d4:infod6:lengthi1024e4:name8:film.mkv12:piece lengthi16384e6:pieces20:ppppppppppppppppppppee";

class SourceTest : public testing::EngineTest {
 protected:
  /// `start` leads to `location`, everything else is a torrent.
  void redirect(std::string start, std::string location) {
    host.http.serve([=](const SeenRequest& r) -> sdk::Result<sdk::HttpReply> {
      return r.url == start ? reply(302, "", {{"Location", location}}) : reply(200, kTorrent);
    });
  }
  sdk::Result<SourceMaterial> fetch(std::string url) {
    Download d;
    d.id = 1;
    d.download_url = std::move(url);
    return obtain_source(ports(), settings, d);
  }
  sdk::Result<SourceMaterial> hand_out(std::int64_t announced_bytes, std::string v2 = "") {
    indexer.answer = kTorrent;
    Download d;
    d.id = 1;
    d.indexer = "indexer";
    d.guid = "17";
    d.size_bytes = announced_bytes;
    d.infohash_v2 = std::move(v2);
    return obtain_source(ports(), settings, d);
  }
  /// Everything that people may come to see of a download.
  std::string all_that_is_shown(std::int64_t id) {
    const Download d = row(id);
    std::string all = d.title + "\n" + d.error + "\n" + d.due_reason;
    for (const std::string& line : logged) { all += "\n" + line; }
    sdk::BasicContext ctx(clock, 1000, "test");
    auto sink = sdk::event_sink([&](const sdk::EventView& e) { all += "\n" + std::string(e.reason); });
    EXPECT_TRUE(store.events_since(ctx, 0, 1000, sink).ok());
    return all;
  }
};

TEST_F(SourceTest, ASecretInAUrlsPathIsNeverShown) {
  host.http.serve([](const SeenRequest& r) -> sdk::Result<sdk::HttpReply> {
    return sdk::failure(sdk::Code::unavailable, "GET https://tracker.example" + r.path() + ": could not connect");
  });
  GrabRequest request;
  request.download_url = "https://tracker.example/torrent/download/123.rsskey";
  const auto id = grab(request);
  static_cast<void>(dispatch());
  const std::string shown = all_that_is_shown(id);
  EXPECT_EQ(shown.find("rsskey"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("/torrent"), std::string::npos) << shown;
  EXPECT_NE(row(id).error.find("tracker.example"), std::string::npos);
  EXPECT_NE(row(id).error.find("could not connect"), std::string::npos);
}

TEST_F(SourceTest, NeitherIsOneInTheTargetOfARedirect) {
  host.http.serve([](const SeenRequest& r) -> sdk::Result<sdk::HttpReply> {
    if (r.path() == "/1") { return reply(302, "", {{"Location", "https://other.example/dl/othersecret?k=passkey"}}); }
    return sdk::failure(sdk::Code::unavailable, "GET " + r.url + ": cannot read /dl/othersecret");
  });
  GrabRequest request;
  request.download_url = "https://site.example/1";
  const auto id = grab(request);
  static_cast<void>(dispatch());
  const std::string shown = all_that_is_shown(id);
  EXPECT_EQ(shown.find("othersecret"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("passkey"), std::string::npos) << shown;
  for (const char* bad : {"http://other.example/othersecret", "ftp://other.example/othersecret"}) {
    redirect("https://site.example/1", bad);
    const auto refused = fetch("https://site.example/1");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().text.find("othersecret"), std::string::npos) << refused.error().text;
  }
}

TEST_F(SourceTest, NorOneInAnIndexersSentence) {
  indexer.failure = {sdk::Code::unavailable, 0, 0, 0};
  indexer.trouble = "GET https://indexer.example/download/passkey: timed out";
  const auto id = grab_release();
  static_cast<void>(dispatch());
  EXPECT_EQ(all_that_is_shown(id).find("passkey"), std::string::npos);
  EXPECT_NE(row(id).error.find("https://indexer.example: timed out"), std::string::npos) << row(id).error;
}

TEST_F(SourceTest, FollowsRedirectsAsABrowserDoes) {
  redirect("https://site.example/a/b", "file.torrent");
  EXPECT_TRUE(fetch("https://site.example/a/b").ok());
  EXPECT_EQ(host.http.seen().back().url, "https://site.example/a/file.torrent");
  redirect("https://site.example/a/b", "/login.php?returnto=https://site.example/a/b");
  EXPECT_TRUE(fetch("https://site.example/a/b").ok());
  EXPECT_EQ(host.http.seen().back().url, "https://site.example/login.php?returnto=https://site.example/a/b");
  redirect("http://site.example/a", "https://site.example/a");
  EXPECT_TRUE(fetch("http://site.example/a").ok());
}

TEST_F(SourceTest, NeverGoesFromAnEncryptedAddressToAPlainOne) {
  redirect("https://site.example/a", "HTTP://site.example/b");
  const auto refused = fetch("https://site.example/a");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().status.code, sdk::Code::invalid);
  EXPECT_NE(refused.error().text.find("not encrypted"), std::string::npos);
  EXPECT_EQ(host.http.seen().size(), 1U);
}

TEST_F(SourceTest, TakesAMagnetAtTheEndInWhateverCase) {
  redirect("https://site.example/a", "MAGNET:?xt=urn:btih:" + std::string(kHash));
  const auto source = fetch("https://site.example/a");
  ASSERT_TRUE(source.ok()) << source.error().text;
  EXPECT_EQ(source->magnet, magnet_of(kHash));
}

TEST_F(SourceTest, ComparesTheSizeWithTheAnnouncedOne) {
  for (const std::int64_t fine : {-1, 0, 512, 1000, 1024, 2048}) {
    EXPECT_EQ(hand_out(fine)->facts.danger, "") << fine;
  }
  for (const std::int64_t off : {100, 511, 2050, 1'000'000}) { EXPECT_NE(hand_out(off)->facts.danger, "") << off; }
}

TEST_F(SourceTest, ComparesBothHashes) {
  Download d;
  d.id = 1;
  d.infohash_v2 = std::string(64, 'a');
  d.magnet = "magnet:?xt=urn:btmh:1220" + std::string(64, 'b');
  const auto other = obtain_source(ports(), settings, d);
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().text.find("another torrent"), std::string::npos);
  d.magnet = "magnet:?xt=urn:btmh:1220" + std::string(64, 'a');
  EXPECT_TRUE(obtain_source(ports(), settings, d).ok());
  EXPECT_TRUE(hand_out(-1, std::string(64, 'a')).ok()) << "a hash that is not known on both sides proves nothing";
}

}  // namespace
}  // namespace quarry::queue
