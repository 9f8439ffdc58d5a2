// SPDX-License-Identifier: MIT
#include "plugins/http_service.hpp"

#include "plugins/loopback_server.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/http_client.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace quarry::plugins {
namespace {

using sdk::Code;
using sdk::Status;
using ::testing::HasSubstr;
using testing::http_answer;
using testing::LoopbackServer;
using ::testing::Not;

struct Collected final : sdk::HttpSink {
  bool head(std::int32_t s, std::span<const sdk::HttpHeader> all) noexcept override {
    status = s;
    for (const auto& header : all) { headers += std::string(header.name) + "=" + std::string(header.value) + ";"; }
    ++heads;
    return take_head;
  }
  bool body(std::span<const std::byte> piece) noexcept override {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return take_body;
  }
  std::int32_t status = 0;
  int heads = 0;
  std::string headers;
  std::string text;
  bool take_head = true;
  bool take_body = true;
};

class HttpServiceTest : public ::testing::Test {
 protected:
  HttpService& service(const std::vector<std::string>& allow = {"127.0.0.1"}, bool follow_anywhere = false,
                       const sdk::Clock* clock = nullptr) {
    HttpOptions options;
    options.clock = clock == nullptr ? &clock_ : clock;
    options.allow = std::make_shared<AllowList>(allow);
    options.own_origins = own_;
    options.user_agent = "Quarry/test";
    options.follow_anywhere = follow_anywhere;
    service_ = std::make_unique<HttpService>(std::move(options));
    return *service_;
  }
  Status get(HttpService& http, const std::string& url, std::uint32_t flags = 0, std::int64_t timeout_ms = 10'000) {
    sdk::HttpRequest request;
    request.url = url;
    request.flags = flags;
    return send(http, request, timeout_ms);
  }
  Status send(HttpService& http, const sdk::HttpRequest& request, std::int64_t timeout_ms = 10'000) {
    sink_ = {};
    sdk::BasicContext ctx(clock_, timeout_ms, "test");
    const Status status = http.send(ctx, request, sink_);
    text_ = ctx.text();
    return status;
  }

  sdk::SystemClock clock_;
  std::vector<Origin> own_;
  std::unique_ptr<HttpService> service_;
  Collected sink_;
  std::string text_;
};

TEST_F(HttpServiceTest, GetsAnAnswer) {
  LoopbackServer server([](const std::string&) {
    return http_answer("418 Teapot", "short and stout", "X-Pot: yes\r\nSet-Cookie: a=b\r\n");
  });
  ASSERT_TRUE(get(service(), server.url("/pot?lid=1")).ok()) << text_;
  EXPECT_EQ(sink_.status, 418);
  EXPECT_EQ(sink_.text, "short and stout");
  EXPECT_THAT(sink_.headers, HasSubstr("X-Pot=yes;"));
  EXPECT_EQ(sink_.heads, 1);
  const std::string request = server.requests().at(0);
  EXPECT_THAT(request, ::testing::StartsWith("GET /pot?lid=1 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("User-Agent: Quarry/test\r\n"));
  EXPECT_THAT(request, Not(HasSubstr("Accept-Encoding")));
  ASSERT_TRUE(get(*service_, server.url()).ok());
  EXPECT_THAT(server.requests().at(1), Not(HasSubstr("Cookie"))) << "no cookie is kept";
  EXPECT_EQ(server.connections(), 1) << "the connection is";
}

TEST_F(HttpServiceTest, SendsMethodHeadersAndBody) {
  LoopbackServer server([](const std::string&) { return http_answer("200 OK", ""); });
  const sdk::HttpHeader headers[] = {{"X-One", "1"}, {"Content-Type", "application/json"}, {"X-Empty", ""}};
  sdk::HttpRequest request;
  const std::string url = server.url("/x");
  request.url = url;
  request.method = "POST";
  request.headers = headers;
  request.body = sdk::as_bytes("{\"a\":1}");
  HttpService& http = service();
  ASSERT_TRUE(send(http, request).ok()) << text_;
  std::string seen = server.requests().at(0);
  EXPECT_THAT(seen, ::testing::StartsWith("POST /x HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("X-One: 1\r\n"));
  EXPECT_THAT(seen, HasSubstr("X-Empty:"));
  EXPECT_THAT(seen, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(seen, ::testing::EndsWith("\r\n\r\n{\"a\":1}"));
  request.body = {};
  request.headers = {};
  request.method = "PUT";
  ASSERT_TRUE(send(http, request).ok());
  EXPECT_THAT(server.requests().at(1), HasSubstr("Content-Length: 0\r\n"));
  EXPECT_THAT(server.requests().at(1), Not(HasSubstr("Content-Type")));
  request.method = "DELETE";
  ASSERT_TRUE(send(http, request).ok());
  EXPECT_THAT(server.requests().at(2), ::testing::StartsWith("DELETE /x "));
}

TEST_F(HttpServiceTest, HeadHasNoBody) {
  LoopbackServer server(
      [](const std::string&) { return std::string("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"); });
  sdk::HttpRequest request;
  const std::string url = server.url();
  request.url = url;
  request.method = "HEAD";
  ASSERT_TRUE(send(service(), request).ok()) << text_;
  EXPECT_EQ(sink_.status, 200);
}

TEST_F(HttpServiceTest, RefusesWhatCannotBeSent) {
  HttpService& http = service();
  for (const char* url : {"", "ftp://127.0.0.1/", "file:///etc/passwd", "nonsense"}) {
    EXPECT_EQ(get(http, url).code, Code::invalid) << url;
  }
  const auto with_header = [&](std::string_view name, std::string_view value) {
    const sdk::HttpHeader header{name, value};
    sdk::HttpRequest request;
    request.url = "http://127.0.0.1:1/";
    request.headers = {&header, 1};
    return send(http, request).code;
  };
  EXPECT_EQ(with_header("Host", "evil"), Code::invalid);
  EXPECT_EQ(with_header("content-length", "5"), Code::invalid);
  EXPECT_EQ(with_header("Connection", "close"), Code::invalid);
  EXPECT_EQ(with_header("Transfer-Encoding", "chunked"), Code::invalid);
  EXPECT_EQ(with_header("X", "a\r\nY: b"), Code::invalid);
  EXPECT_EQ(with_header("X\nY", "b"), Code::invalid);
  sdk::HttpRequest request;
  request.url = "http://127.0.0.1:1/";
  request.method = "GET / HTTP/1.1\r\nX: y\r\n\r\n";
  EXPECT_EQ(send(http, request).code, Code::invalid);
}

TEST_F(HttpServiceTest, PrivateAddressesNeedAPermit) {
  LoopbackServer server([](const std::string&) { return http_answer("200 OK", "secret"); });
  const auto refused = get(service({}), server.url("/x?passkey=abc"));
  EXPECT_EQ(refused.code, Code::invalid);
  EXPECT_TRUE(refused.not_started());
  EXPECT_THAT(text_, HasSubstr("private address"));
  EXPECT_THAT(text_, HasSubstr("[http] allow"));
  EXPECT_THAT(text_, Not(HasSubstr("passkey")));
  EXPECT_EQ(get(service({}), "http://localhost:" + std::to_string(server.port()) + "/").code, Code::invalid)
      << "by name too";
  EXPECT_EQ(server.connections(), 0);
  EXPECT_TRUE(get(service({"127.0.0.1:" + std::to_string(server.port())}), server.url()).ok());
  own_ = {Origin{"http", "127.0.0.1", server.port()}};
  EXPECT_TRUE(get(service({}), server.url()).ok()) << "named in its own configuration";
  own_ = {Origin{"http", "127.0.0.1", 1}};
  EXPECT_EQ(get(service({}), server.url()).code, Code::invalid) << "another port is another origin";
}

TEST_F(HttpServiceTest, ARefusedConnectionWasNotBegun) {
  std::string url;
  {
    LoopbackServer gone([](const std::string&) { return std::nullopt; });
    url = gone.url("/path?key=abc");
  }
  const auto status = get(service(), url);
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_TRUE(status.not_started());
  EXPECT_TRUE(status.retryable());
  EXPECT_THAT(text_, HasSubstr("GET http://127.0.0.1:"));
  EXPECT_THAT(text_, HasSubstr("/path: "));
  EXPECT_THAT(text_, Not(HasSubstr("abc")));
}

TEST_F(HttpServiceTest, AnAnswerThatBreaksOffIsUnavailable) {
  LoopbackServer server(
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf"; });
  const auto status = get(service(), server.url());
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_FALSE(status.not_started()) << "the server has read it";
  LoopbackServer silent([](const std::string&) { return "Connection: close"; });
  EXPECT_EQ(get(service(), silent.url()).code, Code::unavailable);
}

TEST_F(HttpServiceTest, EndsAtTheDeadlineAndOnCancel) {
  LoopbackServer server([](const std::string&) { return std::nullopt; });
  const auto late = get(service(), server.url(), 0, 50);
  EXPECT_EQ(late.code, Code::deadline);
  EXPECT_FALSE(late.not_started());
  sdk::HttpRequest request;
  const std::string url = server.url();
  request.url = url;
  request.timeout_ms = 50;
  EXPECT_EQ(send(*service_, request, 60'000).code, Code::deadline) << "the request's own limit";
  EXPECT_EQ(get(*service_, url, 0, 0).code, Code::deadline);

  // The server takes one connection at a time: a new one, free of the two that wait.
  LoopbackServer other([](const std::string&) { return std::nullopt; });
  sdk::BasicContext ctx(clock_, 60'000, "test");
  auto sending = std::async(std::launch::async, [&] {
    sdk::HttpRequest waiting;
    const std::string where = other.url();
    waiting.url = where;
    Collected sink;
    return service_->send(ctx, waiting, sink);
  });
  while (other.requests().empty()) { std::this_thread::yield(); }
  ctx.cancel();
  EXPECT_EQ(sending.get().code, Code::cancelled);
}

TEST_F(HttpServiceTest, AClosedServiceCancelsWhatIsUnderWay) {
  std::promise<void> asked;
  LoopbackServer server([&](const std::string&) -> std::optional<std::string> {
    asked.set_value();
    return std::nullopt;
  });
  HttpService& http = service();
  auto running = std::async(std::launch::async, [&] { return get(http, server.url(), 0, 60'000); });
  asked.get_future().wait();
  http.close();
  const Status status = running.get();
  EXPECT_EQ(status.code, Code::cancelled);
  EXPECT_GT(status.retry_after_ms, 0U) << "it says nothing of the site: to be tried again";
}

TEST_F(HttpServiceTest, LimitsTheAnswer) {
  LoopbackServer server([](const std::string&) { return http_answer("200 OK", std::string(1001, 'x')); });
  sdk::HttpRequest request;
  const std::string url = server.url();
  request.url = url;
  request.max_response_bytes = 1001;
  EXPECT_TRUE(send(service(), request).ok()) << text_;
  request.max_response_bytes = 1000;
  EXPECT_EQ(send(*service_, request).code, Code::invalid);
  EXPECT_THAT(text_, HasSubstr("larger than 1000 bytes"));
  LoopbackServer endless([](const std::string&) {
    std::string headers;
    for (int i = 0; i < 300; ++i) { headers += "X-" + std::to_string(i) + ": y\r\n"; }
    return http_answer("200 OK", "", headers);
  });
  EXPECT_EQ(get(*service_, endless.url()).code, Code::invalid);
}

TEST_F(HttpServiceTest, TheSinkMayStop) {
  LoopbackServer server([](const std::string&) { return http_answer("200 OK", "body"); });
  HttpService& http = service();
  sdk::HttpRequest request;
  const std::string url = server.url();
  request.url = url;
  for (const bool at_head : {true, false}) {
    Collected sink;
    sink.take_head = !at_head;
    sink.take_body = false;
    sdk::BasicContext ctx(clock_, 10'000, "test");
    EXPECT_EQ(http.send(ctx, request, sink).code, Code::cancelled);
    EXPECT_EQ(sink.text, at_head ? "" : "body");
  }
}

TEST_F(HttpServiceTest, FollowsRedirectsToTheSameOriginOnly) {
  std::string elsewhere;
  LoopbackServer server([&](const std::string& request) -> std::optional<std::string> {
    if (request.starts_with("GET /a ")) { return http_answer("302 Found", "moved", "Location: /b\r\n"); }
    if (request.starts_with("GET /away ")) { return http_answer("302 Found", "", "Location: " + elsewhere + "\r\n"); }
    if (request.starts_with("GET /loop ")) { return http_answer("301 Moved", "", "Location: /loop\r\n"); }
    return http_answer("200 OK", "here");
  });
  LoopbackServer other([](const std::string&) { return http_answer("200 OK", "elsewhere"); });
  elsewhere = other.url("/");
  HttpService& http = service();
  EXPECT_TRUE(get(http, server.url("/a"), sdk::kFollowRedirects).ok()) << text_;
  EXPECT_EQ(sink_.text, "here");
  EXPECT_EQ(sink_.heads, 1) << "the redirect itself is not shown";
  EXPECT_TRUE(get(http, server.url("/a")).ok());
  EXPECT_EQ(sink_.status, 302) << "not asked to follow";
  EXPECT_EQ(sink_.text, "moved");
  EXPECT_TRUE(get(http, server.url("/away"), sdk::kFollowRedirects).ok());
  EXPECT_EQ(sink_.status, 302) << "another port is another origin";
  EXPECT_EQ(other.connections(), 0);
  EXPECT_EQ(get(http, server.url("/loop"), sdk::kFollowRedirects).code, Code::unavailable);
  EXPECT_THAT(text_, HasSubstr("redirected more than 5 times"));
}

TEST_F(HttpServiceTest, TheHostsOwnClientFollowsAnywhereButChecksAgain) {
  LoopbackServer private_one([](const std::string&) { return http_answer("200 OK", "private"); });
  LoopbackServer server(
      [&](const std::string&) { return http_answer("302 Found", "", "Location: " + private_one.url("/x") + "\r\n"); });
  const std::string permit = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(get(service({permit}, true), server.url(), sdk::kFollowRedirects).code, Code::invalid);
  EXPECT_EQ(private_one.connections(), 0);

  const sdk::HttpHeader headers[] = {{"Authorization", "Bearer x"}, {"X-Api-Key", "y"}, {"Accept", "z"}};
  sdk::HttpRequest request;
  const std::string url = server.url();
  request.url = url;
  request.flags = sdk::kFollowRedirects;
  request.headers = headers;
  EXPECT_TRUE(send(service({"127.0.0.1"}, true), request).ok()) << text_;
  EXPECT_EQ(sink_.text, "private");
  const std::string seen = private_one.requests().at(0);
  EXPECT_THAT(seen, HasSubstr("Accept: z"));
  EXPECT_THAT(seen, Not(HasSubstr("Bearer")));
  EXPECT_THAT(seen, Not(HasSubstr("X-Api-Key")));
}

TEST_F(HttpServiceTest, APostIsRepeatedAsGetAfterSeeOther) {
  LoopbackServer server([](const std::string& request) {
    return request.starts_with("POST") ? http_answer("303 See Other", "", "Location: /done\r\n")
                                       : http_answer("200 OK", "done");
  });
  const sdk::HttpHeader type{"Content-Type", "text/plain"};
  sdk::HttpRequest request;
  const std::string url = server.url("/form");
  request.url = url;
  request.method = "POST";
  request.flags = sdk::kFollowRedirects;
  request.headers = {&type, 1};
  request.body = sdk::as_bytes("data");
  ASSERT_TRUE(send(service(), request).ok()) << text_;
  const std::string second = server.requests().at(1);
  EXPECT_THAT(second, ::testing::StartsWith("GET /done "));
  EXPECT_THAT(second, Not(HasSubstr("Content-Type")));
}

TEST_F(HttpServiceTest, KeepsThePaceOfAHost) {
  LoopbackServer server([](const std::string&) { return http_answer("200 OK", ""); });
  sdk::testing::ManualClock clock;
  HttpService& http = service({"127.0.0.1"}, false, &clock);
  sdk::HttpRequest request;
  const std::string url = server.url();
  request.url = url;
  request.min_interval_ms = 5000;
  const auto one = [&](std::int64_t timeout_ms) {
    sdk::BasicContext ctx(clock, timeout_ms, "test");
    Collected sink;
    return http.send(ctx, request, sink);
  };
  EXPECT_TRUE(one(1000).ok());
  const auto refused = one(1000);
  EXPECT_EQ(refused.code, Code::deadline) << "its turn comes after the call's end";
  EXPECT_TRUE(refused.not_started());
  EXPECT_EQ(refused.retry_after_ms, 5000U);
  auto waiting = std::async(std::launch::async, [&] { return one(10'000); });
  EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(server.requests().size(), 1U);
  clock.advance(5000);
  EXPECT_TRUE(waiting.get().ok());
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(HttpServiceTest, CompressedAnswersAreHandedOverAsTheyCame) {
  LoopbackServer server(
      [](const std::string&) { return http_answer("200 OK", "not gzip at all", "Content-Encoding: gzip\r\n"); });
  ASSERT_TRUE(get(service(), server.url()).ok()) << text_;
  EXPECT_EQ(sink_.text, "not gzip at all");
}

TEST_F(HttpServiceTest, ACertificateNobodySignedIsRefused) {
  // Speaks no TLS at all: whatever the handshake meets, it must not end in an answer.
  LoopbackServer server([](const std::string&) { return http_answer("200 OK", "plain"); });
  const auto status = get(service(), "https://127.0.0.1:" + std::to_string(server.port()) + "/", 0, 300);
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(status.not_started()) << text_;
}

TEST_F(HttpServiceTest, ManyThreadsAtOnce) {
  LoopbackServer server([](const std::string&) { return http_answer("200 OK", "x", "Connection: close\r\n"); });
  HttpService& http = service();
  std::vector<std::future<bool>> all;
  for (int i = 0; i < 8; ++i) {
    all.push_back(std::async(std::launch::async, [&] {
      sdk::BasicContext ctx(clock_, 20'000, "test");
      sdk::HttpRequest request;
      const std::string url = server.url();
      request.url = url;
      Collected sink;
      return http.send(ctx, request, sink).ok() && sink.text == "x";
    }));
  }
  for (auto& one : all) { EXPECT_TRUE(one.get()); }
}

}  // namespace
}  // namespace quarry::plugins
