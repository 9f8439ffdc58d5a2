// SPDX-License-Identifier: MIT
#include "cli/api_client.hpp"

#include "cli/exit_codes.hpp"
#include "cli/testing/loopback_server.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace quarry::cli {
namespace {

using testing::http_answer;
using testing::LoopbackServer;
using testing::SeenRequest;

constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

LoopbackServer answering(const std::string& answer) {
  return LoopbackServer([answer](const SeenRequest&) { return answer; });
}

/// A port where nothing listens any more.
std::string closed_url() { return answering("").url(); }

TEST(ApiClient, SendsTheKeyAndHandsTheBodyOnAsItCame) {
  const std::string body = "{ \"a\":1,\n \"b\" : [ ]}";
  LoopbackServer server = answering(http_answer(200, body));
  ApiClient client({server.url(), kKey});
  const Answer answer = client.request("GET", "/api/v3/queue?page=1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, body);
  EXPECT_TRUE(answer.ok());
  ASSERT_EQ(server.seen().size(), 1U);
  EXPECT_EQ(server.seen()[0].line, "GET /api/v3/queue?page=1 HTTP/1.1");
  EXPECT_NE(server.seen()[0].head.find("X-Api-Key: " + std::string(kKey) + "\r\n"), std::string::npos);
  EXPECT_EQ(server.seen()[0].body, "");
}

TEST(ApiClient, SendsJson) {
  LoopbackServer server = answering(http_answer(201, "{}"));
  ApiClient client({server.url(), kKey});
  EXPECT_TRUE(client.request("POST", "/api/v3/queue/grab", R"({"download_url":"x"})").ok());
  EXPECT_TRUE(client.request("PUT", "/api/v3/queue/7/pause").ok());
  EXPECT_TRUE(client.request("DELETE", "/api/v3/queue/7").ok());
  EXPECT_TRUE(client.request("GET", "/api/v3/queue/7").ok());
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[0].body, R"({"download_url":"x"})");
  EXPECT_NE(seen[0].head.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_EQ(seen[1].line, "PUT /api/v3/queue/7/pause HTTP/1.1");
  EXPECT_NE(seen[1].head.find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(seen[2].line, "DELETE /api/v3/queue/7 HTTP/1.1");
  EXPECT_EQ(seen[3].line, "GET /api/v3/queue/7 HTTP/1.1") << "nothing of the former request is left";
}

TEST(ApiClient, HandsOnWhichIndexersHadProblems) {
  LoopbackServer server = answering(http_answer(200, "[]", "X-Indexer-Problems: [{\"indexer\":\"a\"}]\r\n"));
  ApiClient client({server.url(), kKey});
  EXPECT_EQ(client.request("GET", "/api/v3/release?term=x").indexer_problems, "[{\"indexer\":\"a\"}]");
}

TEST(ApiClient, TurnsStatusesIntoExitCodes) {
  EXPECT_EQ(exit_code_for(200), 0);
  EXPECT_EQ(exit_code_for(202), 0);
  EXPECT_EQ(exit_code_for(302), kExitFailed);
  EXPECT_EQ(exit_code_for(400), kExitFailed);
  EXPECT_EQ(exit_code_for(401), kExitUsage);
  EXPECT_EQ(exit_code_for(404), kExitNotFound);
  EXPECT_EQ(exit_code_for(409), kExitConflict);
  EXPECT_EQ(exit_code_for(422), kExitFailed);
  EXPECT_EQ(exit_code_for(503), kExitFailed);
  LoopbackServer server = answering(http_answer(409, R"({"existingId":3})"));
  ApiClient client({server.url(), kKey});
  const Answer answer = client.request("POST", "/api/v3/queue/grab", "{}");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.exit_code, kExitConflict);
  EXPECT_EQ(answer.body, R"({"existingId":3})");
}

TEST(ApiClient, SaysThatNobodyAnswers) {
  const std::string url = closed_url();
  ApiClient client({url, kKey});
  const Answer answer = client.request("GET", "/api/v3/queue");
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.exit_code, kExitUnreachable);
  EXPECT_EQ(answer.problem,
            "no host answers at " + url + ": start it with `quarry serve`, or name its address with --url");
}

TEST(ApiClient, FollowsNoRedirectSinceThatWouldGiveTheKeyAway) {
  LoopbackServer elsewhere = answering(http_answer(200, "{}"));
  LoopbackServer server = answering(http_answer(302, "", "Location: " + elsewhere.url() + "/\r\n"));
  ApiClient client({server.url(), kKey});
  EXPECT_EQ(client.request("GET", "/api/v3/queue").status, 302);
  EXPECT_TRUE(elsewhere.seen().empty());
}

TEST(ApiClient, UsesNoProxy) {
  LoopbackServer proxy = answering(http_answer(502, "{}"));
  LoopbackServer server = answering(http_answer(200, "{}"));
  setenv("http_proxy", proxy.url().c_str(), 1);
  ApiClient client({server.url(), kKey});
  const Answer answer = client.request("GET", "/api/v3/queue");
  unsetenv("http_proxy");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(proxy.seen().empty());
}

TEST(ApiClient, RefusesHalfAnAnswer) {
  LoopbackServer server = answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf");
  ApiClient client({server.url(), kKey});
  const Answer answer = client.request("GET", "/api/v3/queue");
  EXPECT_EQ(answer.exit_code, kExitFailed);
  EXPECT_EQ(answer.problem.find("no usable answer from " + server.url()), 0U) << answer.problem;
  EXPECT_EQ(answer.problem.find(kKey), std::string::npos);
}

TEST(ApiClient, GivesUpOnAHostThatIsSilent) {
  std::atomic<bool> over = false;
  LoopbackServer server([&over](const SeenRequest&) {
    over.wait(false);
    return http_answer(200, "{}");
  });
  ApiClient client({server.url(), kKey});
  const Answer answer = client.request("GET", "/api/v3/queue", {}, 1);
  over = true;
  over.notify_all();
  EXPECT_EQ(answer.exit_code, kExitFailed) << "it was reached: it may still do it";
  EXPECT_EQ(answer.problem.find(server.url() + " gave no answer within 1 s"), 0U) << answer.problem;
}

TEST(ApiClient, IsBrokenOffWhenAsked) {
  std::atomic<bool> asked = false;
  std::atomic<bool> over = false;
  LoopbackServer server([&](const SeenRequest&) {
    asked = true;
    over.wait(false);
    return http_answer(200, "{}");
  });
  ApiClient client({server.url(), kKey}, [&asked] { return asked.load(); });
  const Answer answer = client.request("GET", "/api/v3/queue");
  over = true;
  over.notify_all();
  EXPECT_EQ(answer.exit_code, kExitFailed);
  EXPECT_EQ(answer.problem.find("gave no answer"), std::string::npos)
      << "it did not wait for the end: " << answer.problem;
}

}  // namespace
}  // namespace quarry::cli
