// SPDX-License-Identifier: MIT
// Bytes that are not what they should be, and clients that are too slow.
#include "http/server.hpp"

#include "http/testing/raw_client.hpp"

#include <gtest/gtest.h>

#include <random>

namespace quarry::http {
namespace {

using std::chrono::milliseconds;
using testing::Answer;
using testing::RawClient;
using testing::request;

class HostileTest : public ::testing::Test {
 protected:
  static ServerOptions options() {
    ServerOptions out;
    out.listen = {"127.0.0.1", 0};
    out.api_key = "sesame";
    out.app_version = "5.28.0.1";
    return out;
  }
  void start(ServerOptions given = options()) {
    given.on_problem = [this](std::string_view) { ++problems_; };
    const auto count = [this](const Request&) {
      ++handled_;
      return Response();
    };
    const auto big = [](const Request&) { return Response{200, "text/plain", std::string(32'000'000, 'x'), {}}; };
    server_ =
        std::make_unique<Server>(std::move(given), std::vector<Route>{{"GET", "/ping", {false, false, 0}, count},
                                                                      {"POST", "/thing", {true, false, 1000}, count},
                                                                      {"GET", "/big", {}, big}});
    ASSERT_TRUE(server_->start());
    port_ = server_->local_endpoint().port;
  }
  /// The first answer to these bytes, after which the client sends no more.
  Answer ask(std::string_view bytes) {
    RawClient client(port_);
    client.send(bytes);
    client.finish();
    return client.read();
  }

  std::atomic<int> handled_{0};
  std::atomic<int> problems_{0};
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

/// Each is answered with this status, never handled, and followed by nothing: what stands behind the
/// bad request must not be taken for a second one.
TEST_F(HostileTest, BadFramingIsRefusedAndEndsTheConnection) {
  start();
  const std::string head = "POST /thing HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: sesame\r\n";
  const std::string smuggled = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::vector<std::pair<std::string, int>> corpus = {
      {head + "Transfer-Encoding: gzip\r\n\r\n", 400},
      {head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
      {head + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400},
      {head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
      {head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400},
      {head + "Content-Length: 5, 6\r\n\r\nhello!", 400},
      {head + "Content-Length: -1\r\n\r\n", 400},
      {head + "Content-Length: +5\r\n\r\nhello", 400},
      {head + "Content-Length: 0x5\r\n\r\nhello", 400},
      {head + "Content-Length: 5 5\r\n\r\nhello", 400},
      {head + "Content-Length:\r\n\r\n", 400},
      {head + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {head + "Content-Length: 18446744073709551615\r\n\r\n", 413},
      {head + "Content-Length: 1001\r\n\r\n", 413},
      {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", 400},
      {head + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413},
      {head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413},
      {head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400},
      {head + " folded: yes\r\n\r\n", 400},
      {head + "X-A: b\n\r\n", 400},
      {head + "X-A: b\rc\r\n\r\n", 400},
      {head + "No colon\r\n\r\n", 400},
      {head + ": no name\r\n\r\n", 400},
      {head + std::string("X-A: \0\r\n\r\n", 11), 400},
      {head + "Host: localhost\r\n\r\n", 400},
      {"POST /thing HTTP/1.1\r\nX-Api-Key: sesame\r\n\r\n", 400},
      {"POST /thing HTTP/1.0\r\nX-Api-Key: sesame\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"GET /ping HTTP/1.1\nHost: localhost\n\n", 400},
      {"GET http://localhost/ping HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET ping HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET  /ping HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /pi ng HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /ping\r\n\r\n", 400},
      {"GET /ping HTTP/1.1 \r\nHost: localhost\r\n\r\n", 400},
      {"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /ping HTTP/2.0\r\nHost: localhost\r\n\r\n", 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400},
      {"SSH-2.0-OpenSSH_9.2\r\n", 400},
      {"{\"jsonrpc\":\"2.0\"}\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : corpus) {
    RawClient client(port_);
    client.send(bytes + smuggled);
    client.finish();
    const Answer a = client.read();
    EXPECT_EQ(a.status, status) << bytes << "\n" << a.body;
    EXPECT_EQ(a.header("connection"), "close") << bytes;
    EXPECT_TRUE(client.closed()) << bytes;
  }
  EXPECT_EQ(handled_, 0);
  EXPECT_EQ(problems_, 0);
  EXPECT_EQ(ask(smuggled).status, 200);
}

TEST_F(HostileTest, TooMuchHeadIsRefused) {
  start();
  EXPECT_EQ(ask(request("GET", "/ping?" + std::string(8 * 1024, 'a'))).status, 414);
  EXPECT_EQ(ask(request("GET", "/ping?" + std::string(40 * 1024, 'a'))).status, 431);
  EXPECT_EQ(ask(request("GET", "/ping", {}, "X-A: " + std::string(17 * 1024, 'a') + "\r\n")).status, 431);
  EXPECT_EQ(ask("GET /ping HTTP/1.1\r\nHost: localhost\r\nX-A: " + std::string(2'000'000, 'a')).status, 431);
  std::string many;
  for (int i = 0; i < 101; ++i) { many += "X-" + std::to_string(i) + ": b\r\n"; }
  EXPECT_EQ(ask(request("GET", "/ping", {}, many)).status, 431);
  EXPECT_EQ(ask(request("GET", "/ping", {}, "X-A: " + std::string(15 * 1024, 'a') + "\r\n")).status, 200);
}

TEST_F(HostileTest, TooMuchBodyIsRefusedAndTheAnswerArrives) {
  start();
  EXPECT_EQ(ask(request("POST", "/thing", std::string(1000, 'a'))).status, 201 - 1);
  // The client sends all of it before it looks: a reset would take the answer away.
  EXPECT_EQ(ask(request("POST", "/thing", std::string(1'500'000, 'a'))).status, 413);
  std::string chunks = request("POST", "/thing", {}, "Transfer-Encoding: chunked\r\n");
  for (int i = 0; i < 300; ++i) { chunks += "a\r\n0123456789\r\n"; }
  EXPECT_EQ(ask(chunks + "0\r\n\r\n").status, 413);
  const std::string endless =
      request("POST", "/thing", {}, "Transfer-Encoding: chunked\r\n") + "1;" + std::string(100'000, 'x');
  const int status = ask(endless).status;
  EXPECT_TRUE(status == 400 || status == 413 || status == 431) << status;
  EXPECT_EQ(handled_, 1);
}

TEST_F(HostileTest, AbortedRequestsDisturbNobody) {
  start();
  const std::string whole = request("POST", "/thing", "0123456789");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    RawClient client(port_);
    client.send(std::string_view(whole).substr(0, cut));
  }
  EXPECT_EQ(ask(whole).status, 200);
  EXPECT_EQ(handled_, 1);
  EXPECT_EQ(problems_, 0);
}

/// Damaged requests: whatever comes, an answer below 500 or a closed connection, and the server lives.
TEST_F(HostileTest, DamagedRequestsNeverBreakTheServer) {
  start();
  const std::vector<std::string> seeds = {
      request("POST", "/thing", "hello", "Expect: 100-continue\r\n"),
      request("POST", "/thing", {}, "Transfer-Encoding: chunked\r\n") + "5;a=b\r\nhello\r\n0\r\nX-T: y\r\n\r\n",
      request("GET", "/ping?a=%20&b=c") + request("HEAD", "/ping")};
  std::mt19937 random(20'261'121);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  static constexpr std::string_view kSpice = "\r\n\0 :;%/?,=0f\xFF\x80\t";
  for (int round = 0; round < 1500; ++round) {
    std::string bytes = seeds[below(seeds.size())];
    for (std::size_t n = 1 + below(4); n > 0; --n) {
      const std::size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.insert(at, 1, kSpice[below(kSpice.size())]);
          break;
        case 2:
          bytes.erase(at, 1 + below(5));
          break;
        default:
          bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
          break;
      }
    }
    RawClient client(port_);
    client.send(bytes);
    client.finish();
    const int status = client.read(false).status;
    ASSERT_TRUE(status < 500) << status << " for round " << round << ":\n" << bytes;
  }
  EXPECT_EQ(ask(request("GET", "/ping")).status, 200);
  EXPECT_EQ(problems_, 0);
}

TEST_F(HostileTest, CutsWhoNeverFinishesAHead) {
  auto o = options();
  o.head_timeout = milliseconds(50);
  start(o);
  RawClient silent(port_);
  EXPECT_TRUE(silent.wait_until_cut());
  RawClient slow(port_);
  // Each byte comes in time, but the whole head does not.
  std::string_view drip =
      "GET /ping HTTP/1.1\r\nHost: localhost\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  const auto begin = std::chrono::steady_clock::now();
  while (!drip.empty() && slow.send(drip.substr(0, 1))) {
    drip.remove_prefix(1);
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_FALSE(drip.empty());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(50));
  EXPECT_EQ(ask(request("GET", "/ping")).status, 200);
}

TEST_F(HostileTest, CutsWhoNeverFinishesABody) {
  auto o = options();
  o.body_timeout = milliseconds(50);
  start(o);
  RawClient slow(port_);
  slow.send(request("POST", "/thing", {}, "Content-Length: 10\r\n") + "half");
  EXPECT_TRUE(slow.wait_until_cut());
  EXPECT_EQ(handled_, 0);
}

TEST_F(HostileTest, CutsWhoIsIdleButNotWhoWaitsForAHandler) {
  auto o = options();
  o.idle_timeout = milliseconds(50);
  start(o);
  RawClient idle(port_);
  idle.send(request("GET", "/ping"));
  EXPECT_EQ(idle.read().status, 200);
  EXPECT_TRUE(idle.closed());
}

TEST_F(HostileTest, CutsWhoDoesNotRead) {
  auto o = options();
  o.write_timeout = milliseconds(50);
  o.max_connections = 1;
  start(o);
  {
    RawClient deaf(port_, 4096);
    deaf.send(request("GET", "/big"));
    // The place of the only connection becomes free although the client still holds its end.
    int status = 503;
    while (status == 503 || status == 0) { status = ask(request("GET", "/ping")).status; }
    EXPECT_EQ(status, 200);
  }
}

}  // namespace
}  // namespace quarry::http
