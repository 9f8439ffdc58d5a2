// SPDX-License-Identifier: MIT
#include "test_site.hpp"

#include <gtest/gtest.h>

namespace quarry::hdbits {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

constexpr const char* kFar = R"(,"min_interval_ms":5000,"jitter_percent":0)";

TEST(HdbitsSearch, SendsOnePoliteRequest) {
  Bench b(kFar);
  b.host.answer(200, envelope(row(5)));
  const Outcome out = b.search("The Matrix", "", 1999);
  ASSERT_TRUE(out.status.ok()) << out.text;
  ASSERT_EQ(b.host.requests(), 1U);
  const auto sent = b.host.last();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url, "https://hdbits.org/api/torrents");
  EXPECT_EQ(sent.header("User-Agent"), "Quarry/" QUARRY_VERSION " (+https://github.com/quarry-host/quarry)");
  EXPECT_EQ(sent.header("Content-Type"), "application/json");
  EXPECT_EQ(sent.header("Cookie"), "");
  EXPECT_EQ(sent.body, R"({"username":"alice","passkey":")" + std::string(kCanary) +
                           R"(","category":[1],"search":"The Matrix 1999","limit":100,"page":0})");
  EXPECT_EQ(b.host.http.flags.back() & sdk::kFollowRedirects, 0U);
  EXPECT_GT(b.host.http.limits.back(), 0);
  ASSERT_EQ(out.releases.size(), 1U);
  const Seen& r = out.releases[0];
  EXPECT_EQ(r.guid, "5");
  EXPECT_EQ(r.title, "A.Film.1999.1080p.BluRay.x264-GRP");
  EXPECT_EQ(r.infohash, "aabbccddeeff00112233445566778899aabbccdd");
  EXPECT_EQ(r.info_url, "https://hdbits.org/details.php?id=5");
  EXPECT_EQ(r.category, "Movie");
  EXPECT_EQ(r.size, 9'000'000'000);
  EXPECT_EQ(r.seeders, 5);
  EXPECT_EQ(r.leechers, 2);
  EXPECT_EQ(r.grabs, 9);
  EXPECT_EQ(r.files, 3);
  EXPECT_EQ(r.published, 1'690'000'000'000);
}

TEST(HdbitsSearch, TheSameQuestionIsAskedOnceInHalfAnHour) {
  Bench b;
  b.host.answer(200, envelope(row(5)));
  EXPECT_EQ(b.search("The Matrix").releases.size(), 1U);
  EXPECT_EQ(b.search(" the-Matrix ").releases.size(), 1U);  // another text
  EXPECT_EQ(b.host.requests(), 2U);
  b.host.advance(30 * kMinute - 1);
  EXPECT_EQ(b.search("The.Matrix!").releases.size(), 1U);
  EXPECT_EQ(b.host.requests(), 2U);
  b.host.advance(1);
  EXPECT_EQ(b.search("The Matrix").releases.size(), 1U);
  EXPECT_EQ(b.host.requests(), 3U);
}

TEST(HdbitsSearch, NothingFoundIsRememberedForAnHour) {
  Bench b;
  b.host.answer(200, R"({"status":0,"data":[]})");
  EXPECT_TRUE(b.search().status.ok());
  b.host.advance(kHour - 1);
  EXPECT_TRUE(b.search().status.ok());
  EXPECT_EQ(b.host.requests(), 1U);
  b.host.advance(1);
  EXPECT_TRUE(b.search().status.ok());
  EXPECT_EQ(b.host.requests(), 2U);
}

TEST(HdbitsSearch, AnOffsetInsideAPageSkipsItsBeginning) {
  Bench b;
  b.host.answer(200, envelope(row(5) + "," + row(4) + "," + row(3)));
  const Outcome out = b.search("x", "", 0, 31, 10);
  EXPECT_NE(b.host.last().body.find(R"("limit":10,"page":3)"), std::string::npos);
  ASSERT_EQ(out.releases.size(), 2U);
  EXPECT_EQ(out.releases[0].guid, "4");
}

TEST(HdbitsSearch, ABadQueryReachesNobody) {
  Bench b;
  const Outcome out = b.search("???");
  EXPECT_EQ(out.status.code, sdk::Code::invalid);
  EXPECT_FALSE(out.text.empty());
  EXPECT_EQ(b.host.requests(), 0U);
}

TEST(HdbitsSearch, EveryBeginningOfAnAnswerIsAClearFailure) {
  const std::string whole = R"({"status":0,"message":"caf\u00e9","data":[)" +
                            row(5, 1, R"(,"imdb":{"id":7,"rating":6.5},"tags":["a"])") + "]}";
  for (std::size_t n = 0; n < whole.size(); ++n) {
    Bench b;
    b.host.answer(200, whole.substr(0, n));
    const Outcome out = b.search();
    ASSERT_EQ(out.status.code, sdk::Code::unavailable) << n;
    ASSERT_TRUE(out.status.retryable()) << n;
    ASSERT_NE(out.text.find("broken or cut short"), std::string::npos) << out.text;
    ASSERT_TRUE(out.releases.empty());
  }
  Bench b;
  b.host.answer(200, whole);
  EXPECT_EQ(b.search().releases.size(), 1U);
}

TEST(HdbitsSearch, EveryFlippedByteIsSurvived) {
  const std::string whole = envelope(row(5, 1, R"(,"imdb":{"id":7})"));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    for (const char c : {'\0', '"', '{', '9', '\xFF'}) {
      std::string broken = whole;
      broken[n] = c;
      Bench b;
      b.host.answer(200, broken);
      ASSERT_NE(b.search().status.code, sdk::Code::internal) << n;
    }
  }
}

TEST(HdbitsSearch, OddEnvelopesAreReadOrRefused) {
  struct Case {
    const char* body;
    bool ok;
  };
  for (const Case& c :
       {Case{R"({"status":"0","data":[]})", true}, Case{R"({"status":0})", true},
        Case{R"({"status":0,"data":null})", true}, Case{R"({"status":0,"data":{}})", true},
        Case{R"({"data":[]})", false}, Case{"[]", false}, Case{"null", false}, Case{"<html>hello</html>", false}}) {
    Bench b;
    b.host.answer(200, c.body);
    EXPECT_EQ(b.search().status.ok(), c.ok) << c.body;
  }
}

TEST(HdbitsFetch, HandsOverTheBytesOfOneRequest) {
  Bench b;
  b.host.answer(200, std::string(kTorrent));
  const Outcome out = b.fetch("42");
  ASSERT_TRUE(out.status.ok()) << out.text;
  EXPECT_EQ(out.bytes, kTorrent);
  EXPECT_EQ(b.host.last().method, "GET");
  EXPECT_EQ(b.host.last().url, "http://127.0.0.1:9/download.php?id=42&passkey=canary-PASSKEY-0123456789%2F%2B");
  EXPECT_EQ(b.host.http.limits.back(), 32 << 20);
}

TEST(HdbitsFetch, RefusesWhatIsNoReleaseOfThisIndexer) {
  Bench b;
  for (const char* guid : {"", "0", "-1", "4x", "../1", "99999999999999999999"}) {
    EXPECT_EQ(b.fetch(guid).status.code, sdk::Code::invalid) << guid;
  }
  EXPECT_EQ(b.host.requests(), 0U);
}

TEST(HdbitsFetch, AWebPageIsNotHandedOver) {
  Bench b;
  b.host.answer(200, "<html>Please log in</html>");
  const Outcome out = b.fetch();
  EXPECT_EQ(out.status.code, sdk::Code::unavailable) << "no outage may fail a download for good";
  EXPECT_NE(out.text.find("web page"), std::string::npos);
  EXPECT_EQ(out.bytes, "");
}

TEST(HdbitsFetch, APageThatSaysTheReleaseIsGoneIsBelieved) {
  Bench b;
  b.host.answer(200, "<html>No torrent with this id.</html>");
  EXPECT_EQ(b.fetch().status.code, sdk::Code::not_found);
}

std::string full_page(std::int64_t newest_id, std::int64_t newest_time) {
  std::string rows;
  for (int i = 0; i < 100; ++i) { rows += (i == 0 ? "" : ",") + row(newest_id - i, newest_time - i); }
  return envelope(rows);
}

TEST(HdbitsRecent, ReadsOnlyAsManyPagesAsItNeeds) {
  Bench b;
  std::vector<std::string> asked;
  b.host.http.script.serve([&](const sdk::testing::SeenRequest& r) {
    asked.push_back(r.body.substr(r.body.find("\"limit\"")));
    const std::int64_t page = r.body[r.body.find("\"page\":") + 7] - '0';
    return sdk::testing::reply(200, full_page(1000 - 100 * page, 1'690'000'000 - 100 * page));
  });
  EXPECT_EQ(b.recent(0).releases.size(), 100U);  // knows nothing: one page
  EXPECT_EQ(asked.size(), 1U);
  EXPECT_EQ(b.recent(0).releases.size(), 100U);  // meets the newest it has handed on
  EXPECT_EQ(asked.size(), 2U);
  b.restart();
  b.host.advance(kHour);
  EXPECT_EQ(b.recent(1'689'999'950'000).releases.size(), 50U);
  EXPECT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked.back(), R"("limit":100,"page":0})");
}

TEST(HdbitsRecent, GoesBackAtMostThreePagesNewestFirst) {
  Bench b;
  b.host.http.script.serve([&](const sdk::testing::SeenRequest& r) {
    const std::int64_t page = r.body[r.body.find("\"page\":") + 7] - '0';
    // One release came in between: each page begins with the last row of the one before.
    return sdk::testing::reply(200, full_page(1000 - 99 * page, 1'690'000'000 - 99 * page));
  });
  const Outcome out = b.recent(1000);
  EXPECT_EQ(b.host.requests(), 3U);
  ASSERT_EQ(out.releases.size(), 298U);
  for (std::size_t i = 1; i < out.releases.size(); ++i) {
    ASSERT_GT(out.releases[i - 1].published, out.releases[i].published);
  }
}

TEST(HdbitsRecent, APageThatFailsGivesNothingAndForgetsNothing) {
  Bench b;
  b.host.answer(200, envelope(row(5)));
  ASSERT_TRUE(b.recent(1).status.ok());
  b.host.http.script.serve([&](const sdk::testing::SeenRequest& r) {
    return r.body.find("\"page\":0") != std::string::npos ? sdk::testing::reply(200, full_page(1000, 1'690'000'000))
                                                          : sdk::testing::reply(500, "");
  });
  const Outcome out = b.recent(1);
  EXPECT_EQ(out.status.code, sdk::Code::unavailable);
  EXPECT_TRUE(out.releases.empty());
  b.host.advance(kMinute);
  b.host.http.script.forget();
  b.host.http.script.serve(
      [&](const sdk::testing::SeenRequest&) { return sdk::testing::reply(200, full_page(1000, 1'690'000'000)); });
  EXPECT_TRUE(b.recent(1).status.ok());
  EXPECT_GT(b.host.requests(), 1U);  // still looks for release 5 behind the first page
}

TEST(HdbitsTest, AsksOnceAndTellsTheUse) {
  Bench b;
  b.host.answer(200, R"({"status":0,"data":{}})");
  const Outcome out = b.test();
  ASSERT_TRUE(out.status.ok()) << out.text;
  EXPECT_EQ(b.host.last().path(), "/api/test");
  EXPECT_EQ(b.host.last().body, R"({"username":"alice","passkey":")" + std::string(kCanary) + "\"}");
  EXPECT_NE(out.bytes.find("API calls in 24 hours=1 of 200"), std::string::npos) << out.bytes;
  EXPECT_NE(out.bytes.find("downloads in 24 hours=0 of 50"), std::string::npos) << out.bytes;
}

TEST(HdbitsInstance, RefusesAHostWithoutItsServices) {
  class Lacking final : public sdk::HostServices {
   public:
    explicit Lacking(std::string_view what) : what_(what) {}
    void* query(std::string_view id) noexcept override { return id == what_ ? nullptr : host_.query(id); }

   private:
    std::string_view what_;
    sdk::testing::FakeHost host_;
  };
  for (const std::string_view id : {sdk::Http::kId, sdk::Clock::kId, sdk::KeyValue::kId}) {
    Lacking host(id);
    try {
      const HdbitsIndexer plugin(host, Bench::config(""));
      ADD_FAILURE() << id;
    } catch (const sdk::Error& e) {
      EXPECT_EQ(e.status().code, sdk::Code::unsupported);
      EXPECT_NE(std::string_view(e.what()).find(id), std::string_view::npos);
    }
  }
  Lacking quiet(sdk::Log::kId);
  EXPECT_NO_THROW(HdbitsIndexer(quiet, Bench::config("")));
}

TEST(HdbitsInstance, ACallThatCameTooLateSendsNothing) {
  Bench b;
  EXPECT_EQ(b.search("a", "", 0, 0, 100, 0).status.code, sdk::Code::deadline);
  auto ctx = b.host.context();
  ctx.cancel();
  auto sink = sdk::release_sink([](const sdk::ReleaseView&) {});
  EXPECT_EQ(b.plugin->recent(ctx, 0, sink).code, sdk::Code::cancelled);
  EXPECT_EQ(b.host.requests(), 0U);
}

/// A store that cannot be read or written.
class BrokenStore final : public sdk::KeyValue {
 public:
  explicit BrokenStore(bool readable) : readable_(readable) {}
  sdk::Status get(sdk::CallContext&, std::string_view, sdk::ByteSink&) noexcept override {
    return {readable_ ? sdk::Code::not_found : sdk::Code::unavailable, 0, 0, 0};
  }
  sdk::Status put(sdk::CallContext&, std::string_view, std::string_view) noexcept override {
    return {sdk::Code::unavailable, 0, 0, 0};
  }
  sdk::Status erase(sdk::CallContext&, std::string_view) noexcept override { return {sdk::Code::unavailable, 0, 0, 0}; }

 private:
  bool readable_;
};
class HostWithStore final : public sdk::HostServices {
 public:
  HostWithStore(TestHost& inner, sdk::KeyValue& store) : inner_(inner), store_(store) {}
  void* query(std::string_view id) noexcept override { return id == sdk::KeyValue::kId ? &store_ : inner_.query(id); }

 private:
  TestHost& inner_;
  sdk::KeyValue& store_;
};

TEST(HdbitsInstance, AStoreThatCannotBeWrittenIsAWarningOneThatCannotBeReadStops) {
  for (const bool readable : {true, false}) {
    Bench b;
    b.host.answer(200, envelope(row(5)));
    BrokenStore store(readable);
    HostWithStore host(b.host, store);
    HdbitsIndexer plugin(host, Bench::config(R"(,"min_interval_ms":0,"url":"http://127.0.0.1:9")"), 7);
    auto ctx = b.host.context();
    auto sink = sdk::release_sink([](const sdk::ReleaseView&) {});
    const sdk::Status status = plugin.search(ctx, {}, sink);
    EXPECT_EQ(status.code, readable ? sdk::Code::ok : sdk::Code::unavailable);
    EXPECT_EQ(b.host.requests(), readable ? 1U : 0U);
    EXPECT_EQ(b.host.fake.log.all().find("cannot be stored") != std::string::npos, readable);
  }
}

/// Whatever the site answers, echoing the passkey included, nothing a person or a file sees has it.
TEST(HdbitsSecret, ThePasskeyIsNowhereButInRequests) {
  const std::string canary(kCanary);
  const std::string encoded = sdk::percent_encode(canary);
  std::vector<sdk::HttpReply> answers;
  for (int status = 0; status <= 12; ++status) {
    answers.push_back(sdk::testing::reply(200, R"({"status":)" + std::to_string(status) + R"(,"message":"bad key )" +
                                                   canary + " " + encoded + R"(","data":[)" + row(5) + "]}"));
  }
  for (const int http : {200, 204, 301, 400, 401, 403, 404, 405, 410, 418, 429, 500, 503}) {
    answers.push_back(sdk::testing::reply(http, "<html>invalid passkey " + canary + "</html>"));
    answers.push_back(
        sdk::testing::reply(http, canary, {{"Location", "/?passkey=" + canary}, {"Retry-After", canary}}));
  }
  for (std::size_t i = 0; i <= answers.size(); ++i) {
    Bench b;
    if (i < answers.size()) {
      b.host.http.script.serve([&](const sdk::testing::SeenRequest&) { return answers[i]; });
    } else {
      b.host.refuse(sdk::Code::unavailable, "GET /download.php?passkey=" + encoded + " " + canary + ": refused");
    }
    std::string shown;
    for (int round = 0; round < 2; ++round) {
      for (const Outcome& out : {b.search(), b.recent(0), b.fetch(), b.test()}) {
        shown += out.text + out.bytes.substr(0, out.text.empty() ? 0 : std::string::npos);
        for (const Seen& r : out.releases) { shown += r.guid + r.info_url + r.title; }
      }
      b.restart();
    }
    shown += b.host.fake.log.all();
    auto ctx = b.host.context();
    sdk::Bytes stored(1 << 16);
    ASSERT_TRUE(b.host.fake.kv.get(ctx, "state", stored).ok());
    shown += stored.data;
    ASSERT_EQ(shown.find(canary), std::string::npos) << i << ": " << shown;
    ASSERT_EQ(shown.find(encoded), std::string::npos) << i << ": " << shown;
  }
}

}  // namespace
}  // namespace quarry::hdbits
