// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/session.hpp"

#include "plugins/qbittorrent/testing/fixture.hpp"

#include <thread>

namespace quarry::qbittorrent::testing {
namespace {

using sdk::Code;
using sdk::testing::reply;

constexpr std::int64_t kMinute = 60'000;
const sdk::Failure kRefused{{Code::unavailable, sdk::kRetryable | sdk::kNotStarted, 0, 0},
                            "http://qb.test:8080/: connection refused"};

class SessionTest : public FakeServerTest {};
class OldSessionTest : public FakeServerTest {
 protected:
  OldSessionTest() : FakeServerTest(Version::v4_5) {}
};

TEST(ApiVersionText, IsReadPartByPart) {
  EXPECT_EQ(*parse_api_version("2.11.4"), (ApiVersion{2, 11, 4}));
  EXPECT_EQ(*parse_api_version("2.8"), (ApiVersion{2, 8, 0}));
  EXPECT_EQ(*parse_api_version("3"), (ApiVersion{3, 0, 0}));
  EXPECT_FALSE(parse_api_version(""));
  EXPECT_FALSE(parse_api_version("Forbidden"));
  EXPECT_FALSE(parse_api_version("2."));
  EXPECT_LT((ApiVersion{2, 8, 19}), (ApiVersion{2, 11, 0}));
}

TEST_F(SessionTest, SendsTheCookieVerbatim) {
  ASSERT_TRUE(list_all().status.ok());
  const auto seen = rig.fake.http.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].path(), "/api/v2/auth/login");
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].body, "username=admin&password=adminadmin");
  EXPECT_EQ(seen[0].header("Cookie"), "");
  EXPECT_EQ(seen[1].header("Cookie"), "QBT_SID_8080=w+/x1/+=");
  // Either of these, naming another host, is answered with 401.
  EXPECT_EQ(seen[1].header("Origin"), "");
  EXPECT_EQ(seen[1].header("Referer"), "");
}

TEST_F(SessionTest, TakesAllCookiesOfTheLogin) {
  answer(
      "auth/login",
      reply(200, "Ok.",
            {{"Set-Cookie", "lb=a; path=/"}, {"set-cookie", "SID=x+/=; HttpOnly"}, {"Set-Cookie", "gone=; path=/"}}));
  EXPECT_EQ(list_all().status.code, Code::unauthenticated);
  EXPECT_EQ(rig.fake.http.seen()[1].header("Cookie"), "lb=a; SID=x+/=");
}

TEST_F(SessionTest, KeepsOneLoginAndRenewsItByAge) {
  for (int i = 0; i < 5; ++i) { ASSERT_TRUE(list_all().status.ok()); }
  EXPECT_EQ(rig.server.logins, 1);
  rig.clock().advance(30 * kMinute - 1);
  ASSERT_TRUE(list_all().status.ok());
  EXPECT_EQ(rig.server.logins, 1);
  rig.clock().advance(1);
  ASSERT_TRUE(list_all().status.ok());
  EXPECT_EQ(rig.server.logins, 2);
}

TEST_F(SessionTest, LogsInAgainOnceWhenTheServerForgot) {
  ASSERT_TRUE(list_all().status.ok());
  rig.server.restart();
  Listing out;
  ASSERT_TRUE(list_all(out).status.ok());
  EXPECT_TRUE(out.complete);
  EXPECT_EQ(rig.server.logins, 2);
}

TEST_F(SessionTest, RefusedAfterGoodLoginsIsRememberedToo) {
  answer("torrents/info", reply(403, "Forbidden"));
  const Outcome first = list_all();
  EXPECT_EQ(first.status.code, Code::unauthenticated);
  EXPECT_EQ(first.status.vendor_code, 403);
  EXPECT_EQ(first.status.retry_after_ms, 30 * kMinute);
  EXPECT_TRUE(has(first.said, "accepted the login and yet refused")) << first.said;
  EXPECT_EQ(rig.server.logins, 2);
  instead = nullptr;
  EXPECT_EQ(list_all().status.code, Code::unauthenticated);
  EXPECT_EQ(rig.server.logins, 2);
  rig.clock().advance(30 * kMinute);
  EXPECT_TRUE(list_all().status.ok());
  EXPECT_EQ(rig.server.logins, 3);
}

TEST_F(SessionTest, WaitsLongerAfterEachRefusal) {
  client = rig.client("wrong");
  int logins = 0;
  for (const int minutes : {30, 60, 120, 240, 480, 960, 1440, 1440}) {
    EXPECT_EQ(list_all().status.code, Code::unauthenticated);
    EXPECT_EQ(rig.server.logins, ++logins);
    rig.clock().advance(minutes * kMinute - 1);
    EXPECT_EQ(list_all().status.code, Code::unauthenticated);
    EXPECT_EQ(rig.server.logins, logins);
    rig.clock().advance(1);
  }
}

TEST_F(SessionTest, TheSentenceNamesServerReasonAndRemedyAndNoSecret) {
  client = rig.client("hunter2");
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = list_all();
    EXPECT_TRUE(has(outcome.said, "qBittorrent at http://qb.test:8080: it refused the user name or password"))
        << outcome.said;
    EXPECT_TRUE(has(outcome.said, "no login is tried for 30 minutes")) << outcome.said;
    EXPECT_FALSE(has(outcome.said, "hunter2"));
    EXPECT_FALSE(outcome.status.retryable());
  }
  rig.clock().advance(10 * kMinute);
  EXPECT_TRUE(has(list_all().said, "for 20 minutes"));
  EXPECT_FALSE(has(rig.fake.log.all(), "hunter2"));
}

TEST_F(OldSessionTest, FailsTextIsARefusal) {
  client = rig.client("wrong");
  EXPECT_EQ(list_all().status.code, Code::unauthenticated);
  EXPECT_EQ(list_all().status.code, Code::unauthenticated);
  EXPECT_EQ(rig.server.logins, 1);
}

TEST_F(OldSessionTest, ABanHasItsOwnSentence) {
  rig.server.max_failed_logins = 1;
  const auto stranger = rig.client("wrong");
  Facts facts;
  sdk::BasicContext ctx = rig.fake.context();
  EXPECT_EQ(stranger->test(ctx, facts).code, Code::unauthenticated);
  ASSERT_TRUE(rig.server.banned());
  const Outcome outcome = list_all();
  EXPECT_EQ(outcome.status.code, Code::unauthenticated);
  EXPECT_TRUE(has(outcome.said, "banned this host after too many failed logins")) << outcome.said;
  rig.clock().advance(61 * kMinute);
  EXPECT_TRUE(list_all().status.ok());
}

TEST_F(SessionTest, AnOldSessionIsUsedWhileItsRenewalIsRefused) {
  ASSERT_TRUE(list_all().status.ok());
  rig.server.password = "changed";
  for (int i = 0; i < 5; ++i) {
    rig.clock().advance(31 * kMinute);
    ASSERT_TRUE(list_all().status.ok()) << i;
    ASSERT_TRUE(list_all().status.ok()) << i;
  }
  // After 31, 62 and 124 minutes: the good answers of the old session do not open the gate.
  EXPECT_EQ(rig.server.logins, 1 + 3);
  EXPECT_TRUE(has(rig.fake.log.all(), "refused the user name or password"));
  rig.server.restart();
  EXPECT_EQ(list_all().status.code, Code::unauthenticated);
  EXPECT_EQ(rig.server.logins, 4);
}

TEST_F(SessionTest, AnOldSessionIsUsedWhileItsRenewalFails) {
  ASSERT_TRUE(list_all().status.ok());
  rig.clock().advance(31 * kMinute);
  answer("auth/login", reply(502, "bad gateway"));
  const auto tries = [this] {
    const auto seen = rig.fake.http.seen();
    return std::count_if(seen.begin(), seen.end(), [](const auto& r) { return has(r.url, "auth/login"); });
  };
  ASSERT_TRUE(list_all().status.ok());
  ASSERT_TRUE(list_all().status.ok());
  EXPECT_EQ(tries(), 2) << "the first login and one renewal: not one at every call";
  instead = nullptr;
  rig.clock().advance(kMinute);
  ASSERT_TRUE(list_all().status.ok());
  EXPECT_EQ(rig.server.logins, 2);
}

TEST_F(SessionTest, AGoodLoginForgetsEarlierRefusals) {
  rig.server.password = "other";
  EXPECT_EQ(list_all().status.code, Code::unauthenticated);
  rig.clock().advance(30 * kMinute);
  rig.server.password = "adminadmin";
  EXPECT_TRUE(list_all().status.ok());
  rig.server.password = "other";
  rig.server.restart();
  EXPECT_EQ(list_all().status.retry_after_ms, 30 * kMinute);
}

TEST_F(SessionTest, AFailedConnectionIsNoRefusal) {
  answer("auth/login", kRefused);
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = list_all();
    EXPECT_EQ(outcome.status.code, Code::unavailable);
    EXPECT_TRUE(outcome.status.not_started());
    EXPECT_TRUE(has(outcome.said, "connection refused"));
  }
  for (const int status : {500, 502, 503}) {
    answer("auth/login", reply(status, "oops"));
    EXPECT_EQ(list_all().status.code, Code::unavailable);
  }
  instead = nullptr;
  EXPECT_TRUE(list_all().status.ok());
}

TEST_F(SessionTest, LoginAnsweredBySomethingElse) {
  answer("auth/login", reply(200, "  <!DOCTYPE html><title>NAS</title>"));
  Outcome outcome = list_all();
  EXPECT_EQ(outcome.status.code, Code::unavailable);
  EXPECT_TRUE(has(outcome.said, "HTML")) << outcome.said;
  EXPECT_TRUE(has(outcome.said, "is the url right?")) << outcome.said;
  answer("auth/login", reply(404, "no"));
  outcome = list_all();
  EXPECT_EQ(outcome.status.code, Code::unavailable);
  EXPECT_TRUE(has(outcome.said, "4.1 or later")) << outcome.said;
  answer("auth/login", reply(301, "", {{"Location", "https://qb.test/login?key=s3cret"}}));
  outcome = list_all();
  EXPECT_EQ(outcome.status.code, Code::unavailable);
  EXPECT_TRUE(has(outcome.said, "redirects to \"https://qb.test/login\"")) << outcome.said;
  EXPECT_FALSE(has(outcome.said, "s3cret"));
  answer("auth/login", reply(403, "<html>blocked</html>"));
  outcome = list_all();
  EXPECT_EQ(outcome.status.code, Code::unauthenticated);
  EXPECT_TRUE(has(outcome.said, "a proxy is in the way")) << outcome.said;
}

TEST_F(SessionTest, StatusesOfCallsBecomeCodes) {
  ASSERT_TRUE(list_all().status.ok());
  answer("torrents/info", reply(500, "boom", {{"Retry-After", "7"}}));
  Outcome outcome = list_all();
  EXPECT_EQ(outcome.status.code, Code::unavailable);
  EXPECT_TRUE(outcome.status.retryable());
  EXPECT_EQ(outcome.status.retry_after_ms, 7000U);
  EXPECT_EQ(outcome.status.vendor_code, 500);
  answer("torrents/info", reply(429, "", {{"retry-after", "60"}}));
  outcome = list_all();
  EXPECT_EQ(outcome.status.code, Code::rate_limited);
  EXPECT_EQ(outcome.status.retry_after_ms, 60'000U);
  answer("torrents/info", reply(200, "<html>"));
  EXPECT_TRUE(has(list_all().said, "is the url right?"));
  answer("torrents/info", reply(404, "Not Found"));
  EXPECT_TRUE(has(list_all().said, "is the url right"));
  answer("torrents/info", reply(418, "teapot"));
  EXPECT_EQ(list_all().status.code, Code::unavailable);
  EXPECT_EQ(rig.server.logins, 1);
}

TEST_F(SessionTest, WhatTheTransportSaysIsPassedOn) {
  ASSERT_TRUE(list_all().status.ok());
  answer("torrents/info", kRefused);
  EXPECT_TRUE(list_all().status.not_started());
  answer("torrents/info", sdk::Failure{{Code::deadline, sdk::kRetryable, 0, 0}, "no complete answer within the time"});
  EXPECT_EQ(list_all().status.code, Code::deadline);
  answer("torrents/info", sdk::Failure{{Code::invalid, sdk::kNotStarted, 0, 0}, "the host has a private address"});
  const Outcome outcome = list_all();
  EXPECT_EQ(outcome.status.code, Code::unavailable);
  EXPECT_TRUE(has(outcome.said, "private address"));
}

TEST_F(SessionTest, TrustedAddressNeedsNoUserName) {
  rig.server.asks_for_login = false;
  client = std::make_unique<QbittorrentClient>(rig.host(), sdk::Config::parse(R"({"url":"http://qb.test:8080"})"));
  EXPECT_TRUE(list_all().status.ok());
}

TEST_F(SessionTest, ApiKeyReplacesTheLogin) {
  rig.server.api_key = "qbt_0123456789012345678901234567";
  client = std::make_unique<QbittorrentClient>(
      rig.host(), sdk::Config::parse(R"({"url":"http://qb.test:8080","api_key":"qbt_0123456789012345678901234567"})"));
  EXPECT_TRUE(list_all().status.ok());
  EXPECT_EQ(rig.server.logins, 0);
  rig.server.api_key = "qbt_another";
  rig.fake.http.forget();
  const Outcome outcome = list_all();
  EXPECT_EQ(outcome.status.code, Code::unauthenticated);
  EXPECT_TRUE(has(outcome.said, "refused the api_key")) << outcome.said;
  EXPECT_FALSE(has(outcome.said, "qbt_"));
  EXPECT_EQ(rig.fake.http.seen().size(), 1U);
  EXPECT_EQ(rig.server.logins, 0);
}

TEST_F(SessionTest, ExpiredOrCancelledCallsSendNothing) {
  Listing out;
  sdk::ListQuery query;
  query.scope = sdk::ListScope::all;
  EXPECT_EQ(run([&](sdk::CallContext& ctx) { return client->list(ctx, query, out); }, 0).status.code, Code::deadline);
  sdk::BasicContext ctx = rig.fake.context();
  ctx.cancel();
  EXPECT_EQ(client->list(ctx, query, out).code, Code::cancelled);
  EXPECT_TRUE(rig.fake.http.seen().empty());
}

TEST_F(SessionTest, ThreadsThatAreRefusedTogetherLogInOnce) {
  ASSERT_TRUE(list_all().status.ok());
  for (int round = 0; round < 20; ++round) {
    rig.server.restart();
    const int before = rig.server.logins;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { EXPECT_TRUE(list_all().status.ok()); });
    }
    for (std::thread& thread : threads) { thread.join(); }
    EXPECT_EQ(rig.server.logins, before + 1);
  }
}

TEST_F(SessionTest, ThreadsWithAWrongPasswordTryItOnce) {
  client = rig.client("wrong");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(list_all().status.code, Code::unauthenticated); });
  }
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(rig.server.logins, 1);
}

TEST_F(SessionTest, AskingForVersionOncePerLogin) {
  const SampleTorrent t = sample_v1();
  ASSERT_TRUE(pause(t).status.ok());
  ASSERT_TRUE(pause(t).status.ok());
  rig.server.restart();
  ASSERT_TRUE(pause(t).status.ok());
  ASSERT_TRUE(pause(t).status.ok());
  const std::vector<std::string> expected{"app/webapiVersion", "torrents/stop",     "torrents/stop", "torrents/stop",
                                          "torrents/stop",     "app/webapiVersion", "torrents/stop"};
  EXPECT_EQ(rig.actions(), expected);
}

}  // namespace
}  // namespace quarry::qbittorrent::testing
