// SPDX-License-Identifier: MIT
#include "http/server.hpp"

#include "http/testing/raw_client.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <fcntl.h>

#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace quarry::http {
namespace {

using std::chrono::milliseconds;
using testing::Answer;
using testing::RawClient;
using testing::request;

/// A server with a few routes, and a gate that holds handlers of "/wait" until it is opened.
class ServerTest : public ::testing::Test {
 protected:
  static ServerOptions options() {
    ServerOptions out;
    out.listen = {"127.0.0.1", 0};
    out.api_key = "sesame";
    out.app_version = "5.28.0.1";
    out.allowed_hosts = {"quarry.lan"};
    return out;
  }
  void start(ServerOptions given = options()) {
    given.on_problem = [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      problems_ += std::string(line) + "\n";
      changed_.notify_all();
    };
    server_ = std::make_unique<Server>(std::move(given), routes());
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().text;
    port_ = server_->local_endpoint().port;
  }
  std::vector<Route> routes() {
    const auto echo = [](const Request& r) {
      Response out;
      out.status = r.method == "POST" ? 201 : 200;
      sdk::JsonWriter w;
      w.begin_object().member("method", r.method).member("path", r.path).member("body", r.body);
      for (const auto& [name, value] : r.path_params) { w.member(name, value); }
      for (const auto& [name, value] : r.query) { w.member("?" + name, value); }
      out.body = w.end_object().take();
      return out;
    };
    const auto wait = [this](const Request&) {
      ++waiting_;
      opened_.wait();
      return Response();
    };
    const auto boom = [](const Request&) -> Response { throw std::runtime_error("the floor gave way"); };
    const auto odd = [](const Request&) -> Response { throw 7; };
    return {{"GET",
             "/ping",
             {false, false, 0},
             [](const Request&) {
               return Response{200, "text/plain", "pong", {}};
             }},
            {"GET", "/thing/{id}", {}, echo},
            {"DELETE", "/thing/{id}", {}, echo},
            {"POST", "/thing", {true, false, 1000}, echo},
            {"GET", "/wait", {}, wait},
            {"GET", "/boom", {}, boom},
            {"GET", "/odd", {}, odd},
            {"GET", "/big", {}, [](const Request&) {
               return Response{200, "text/plain", std::string(3'000'000, 'x'), {}};
             }}};
  }
  Answer ask(std::string_view bytes) {
    RawClient client(port_);
    EXPECT_TRUE(client.send(bytes));
    return client.read();
  }
  void until_waiting(int n) {
    while (waiting_ < n) { std::this_thread::yield(); }
  }
  void until_problem(const std::string& text) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return problems_.find(text) != std::string::npos;
    })) << problems_;
  }
  static void expect_error(const Answer& answer, int status, std::string_view code) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/json; charset=utf-8");
    const auto json = sdk::JsonDocument::parse(answer.body);
    ASSERT_TRUE(json) << answer.body;
    EXPECT_EQ((*json)["code"].as_string(), code);
    EXPECT_FALSE((*json)["message"].as_string().empty());
    EXPECT_FALSE((*json)["description"].as_string().empty());
    EXPECT_EQ((*json)["requestId"].as_string(), answer.header("x-request-id"));
  }

  std::promise<void> open_;
  std::shared_future<void> opened_ = open_.get_future().share();
  std::atomic<int> waiting_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string problems_;
  std::unique_ptr<Server> server_;  // dies before what its handlers use
  std::uint16_t port_ = 0;
};

TEST_F(ServerTest, AnswersWithTheHeadersOfEveryAnswer) {
  start();
  const Answer a = ask(request("POST", "/Thing?x=a%20b", "hello", "X-Request-Id: mine\r\n"));
  EXPECT_EQ(a.status, 201);
  EXPECT_EQ(a.body, R"({"method":"POST","path":"/Thing","body":"hello","?x":"a b"})");
  EXPECT_EQ(a.header("x-application-version"), "5.28.0.1");
  EXPECT_EQ(a.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(a.header("cache-control"), "no-store");
  EXPECT_EQ(a.header("x-request-id"), "mine");
  EXPECT_EQ(a.header("access-control-allow-origin"), "");
  EXPECT_NE(a.header("date").find("GMT"), std::string::npos);
}

TEST_F(ServerTest, ServesSeveralRequestsOnOneConnection) {
  start();
  RawClient client(port_);
  for (int i = 0; i < 3; ++i) {
    client.send(request("GET", "/thing/" + std::to_string(i)));
    EXPECT_NE(client.read().body.find("\"id\":\"" + std::to_string(i) + "\""), std::string::npos);
  }
  client.send(request("GET", "/thing/9", {}, "Connection: close\r\n"));
  EXPECT_EQ(client.read().header("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(port_);
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += i % 5 == 0 ? request("POST", "/thing", "n" + std::to_string(i))
                      : request("GET", "/thing/n" + std::to_string(i));
  }
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 50; ++i) {
    EXPECT_NE(client.read().body.find("\"n" + std::to_string(i) + "\""), std::string::npos) << i;
  }
}

TEST_F(ServerTest, TakesARequestByteByByte) {
  start();
  RawClient client(port_);
  for (const char c : request("POST", "/thing", "body")) { client.send({&c, 1}); }
  EXPECT_EQ(client.read().status, 201);
}

TEST_F(ServerTest, TakesAChunkedBody) {
  start();
  const Answer a = ask(request("POST", "/thing", {}, "Transfer-Encoding: chunked\r\n") +
                       "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nX-Api-Key: other\r\n\r\n");
  EXPECT_EQ(a.status, 201);
  EXPECT_NE(a.body.find("hello!"), std::string::npos);
}

TEST_F(ServerTest, AnswersAfterTheClientFinishedSending) {
  start();
  RawClient client(port_);
  client.send(request("GET", "/thing/1"));
  client.finish();
  EXPECT_EQ(client.read().status, 200);
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, HeadIsGetWithoutTheBody) {
  start();
  RawClient client(port_);
  client.send(request("HEAD", "/ping") + request("GET", "/ping"));
  const Answer head = client.read(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "4");
  EXPECT_EQ(client.read().body, "pong");
}

TEST_F(ServerTest, OldClientsAreAnsweredAndCut) {
  start();
  RawClient client(port_);
  client.send("GET /ping HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read().body, "pong");
  EXPECT_TRUE(client.closed());
  RawClient kept(port_);
  kept.send("GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.read().header("connection"), "keep-alive");
}

TEST_F(ServerTest, InvitesABodyThatWaitsForIt) {
  start();
  RawClient client(port_);
  client.send(request("POST", "/thing", {}, "Content-Length: 2\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.read().status, 100);
  client.send("ok");
  EXPECT_EQ(client.read().status, 201);
  client.send(request("POST", "/thing", {}, "Content-Length: 2000\r\nExpect: 100-continue\r\n"));
  expect_error(client.read(), 413, "payload_too_large");
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, SendsALargeAnswerToASlowReader) {
  start();
  RawClient client(port_, 4096);
  client.send(request("GET", "/big"));
  EXPECT_EQ(client.read().body.size(), 3'000'000U);
}

/// Every route of the table and some that do not exist, under all methods, with and without the key.
TEST_F(ServerTest, EveryRouteAsksForTheKeyAndNamesItsMethods) {
  start();
  open_.set_value();
  RawClient client(port_);
  std::map<std::string, std::vector<std::string>> methods;
  for (const Route& r : routes()) { methods[r.pattern].push_back(r.method); }
  methods["/nothing"] = {};
  for (auto& [pattern, known] : methods) {
    std::string path = pattern;
    if (const auto at = path.find("{id}"); at != std::string::npos) { path.replace(at, 4, "1"); }
    for (const std::string method : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"}) {
      const bool exists = std::count(known.begin(), known.end(), method == "HEAD" ? "GET" : method) > 0;
      const std::string line = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n";
      const bool body = method != "HEAD";
      for (const char* key :
           {"", "X-Api-Key: wrong\r\n", "Authorization: Bearer wrong\r\n", "X-Forwarded-For: 127.0.0.1\r\n"}) {
        client.send(line + key + "\r\n");
        const Answer a = client.read(body);
        EXPECT_EQ(a.status, exists && pattern == "/ping" ? 200 : 401) << line << key;
      }
      client.send(line + "Authorization: Bearer sesame\r\n\r\n");
      const Answer a = client.read(body);
      const bool throws = pattern == "/boom" || pattern == "/odd";
      const int served = throws ? 500 : method == "POST" ? 201 : 200;
      EXPECT_EQ(a.status, exists ? served : known.empty() ? 404 : 405) << line;
      if (a.status == 405) { EXPECT_NE(a.header("allow").find(known.front()), std::string_view::npos) << line; }
    }
  }
}

TEST_F(ServerTest, TakesTheKeyFromTheQuery) {
  start();
  EXPECT_EQ(ask("GET /thing/1?apikey=sesame HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
  expect_error(ask("GET /thing/1?apikey=sesam HTTP/1.1\r\nHost: localhost\r\n\r\n"), 401, "unauthenticated");
}

TEST_F(ServerTest, AnswersOnlyForItsOwnNames) {
  start();
  for (const char* host : {"localhost:1", "127.0.0.1", "[::1]:9", "quarry.lan"}) {
    EXPECT_EQ(ask("GET /ping HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").status, 200) << host;
  }
  expect_error(ask("GET /ping HTTP/1.1\r\nHost: rebound.example\r\n\r\n"), 421, "misdirected");
}

TEST_F(ServerTest, AThrowingHandlerIsAnAnswerAndALine) {
  start();
  const Answer a = ask(request("GET", "/boom?apikey=secret-in-query", {}, "X-Request-Id: r-7\r\n"));
  expect_error(a, 500, "internal");
  EXPECT_EQ(a.body.find("floor"), std::string::npos);
  expect_error(ask(request("GET", "/odd")), 500, "internal");
  until_problem("request r-7: GET /boom threw: the floor gave way");
  EXPECT_EQ(problems_.find("secret"), std::string::npos);
  EXPECT_EQ(ask(request("GET", "/ping")).status, 200);
}

TEST_F(ServerTest, SaysWhenItHasTooMuchToDo) {
  auto o = options();
  o.worker_threads = 1;
  o.worker_queue = 1;
  start(o);
  RawClient first(port_);
  first.send(request("GET", "/wait"));
  until_waiting(1);
  RawClient second(port_);
  RawClient third(port_);
  second.send(request("GET", "/thing/2"));
  third.send(request("GET", "/thing/3"));
  // One of the two waits in the line, the other one finds it full: which one is the kernel's choice.
  auto from_second = std::async(std::launch::async, [&] { return second.read(); });
  auto from_third = std::async(std::launch::async, [&] { return third.read(); });
  const auto is_ready = [](const std::future<Answer>& f) {
    return f.wait_for(milliseconds(1)) == std::future_status::ready;
  };
  while (!is_ready(from_second) && !is_ready(from_third)) {}
  const bool second_refused = is_ready(from_second);
  open_.set_value();
  const Answer refused = second_refused ? from_second.get() : from_third.get();
  const Answer served = second_refused ? from_third.get() : from_second.get();
  expect_error(refused, 503, "unavailable");
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_EQ(served.status, 200);
  EXPECT_EQ(first.read().status, 200);
}

TEST_F(ServerTest, TurnsAwayConnectionsOverTheCap) {
  auto o = options();
  o.max_connections = 2;
  start(o);
  auto one = std::make_unique<RawClient>(port_);
  RawClient two(port_);
  one->send(request("GET", "/ping"));
  two.send(request("GET", "/ping"));
  EXPECT_EQ(one->read().status, 200);
  EXPECT_EQ(two.read().status, 200);
  RawClient three(port_);
  EXPECT_EQ(three.read().status, 503);
  EXPECT_TRUE(three.closed());
  one.reset();
  int status = 503;
  while (status == 503 || status == 0) { status = ask(request("GET", "/ping")).status; }
  EXPECT_EQ(status, 200);
}

TEST_F(ServerTest, SurvivesRunningOutOfDescriptors) {
  start();
  RawClient before(port_);
  before.send(request("GET", "/ping"));
  EXPECT_EQ(before.read().status, 200);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit low{256, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  std::vector<int> hoard;
  const int probe = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(probe);
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) { hoard.push_back(fd); }
  ASSERT_FALSE(hoard.empty());
  ::close(hoard.back());
  hoard.pop_back();
  {
    RawClient late(port_);  // takes the last descriptor; the kernel connects it, accept() fails
    until_problem("cannot accept a connection");
    before.send(request("GET", "/ping"));
    EXPECT_EQ(before.read().status, 200);
    for (const int fd : hoard) { ::close(fd); }
    late.send(request("GET", "/ping"));
    EXPECT_EQ(late.read().status, 200);
  }
  ::setrlimit(RLIMIT_NOFILE, &old);
}

TEST_F(ServerTest, StopLetsBegunRequestsEnd) {
  start();
  RawClient idle(port_);
  idle.send(request("GET", "/ping"));
  EXPECT_EQ(idle.read().status, 200);
  RawClient busy(port_);
  busy.send(request("GET", "/wait") + request("GET", "/ping"));
  until_waiting(1);
  std::thread stopper([&] { server_->stop(std::chrono::seconds(10)); });
  EXPECT_TRUE(idle.closed());
  open_.set_value();
  const Answer a = busy.read();
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.header("connection"), "close");
  EXPECT_TRUE(busy.closed());
  stopper.join();
  EXPECT_THROW(RawClient{port_}, std::runtime_error);
  server_->stop(milliseconds(0));
}

TEST_F(ServerTest, StopCutsWhatIsNotDoneInTime) {
  start();
  RawClient half(port_);
  half.send(
      "POST /thing HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: sesame\r\nContent-Length: 5\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(half.read().status, 100);
  server_->stop(milliseconds(1));
  server_.reset();
  EXPECT_EQ(half.read().status, 0);
}

TEST_F(ServerTest, SaysThatTheAddressIsTaken) {
  start();
  auto o = options();
  o.listen.port = port_;
  Server second(o, routes());
  const auto result = second.start();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().status.code, sdk::Code::conflict);
  EXPECT_NE(result.error().text.find("127.0.0.1:" + std::to_string(port_)), std::string::npos);
  EXPECT_NE(result.error().text.find("another program"), std::string::npos);
}

TEST_F(ServerTest, SaysThatTheAddressIsNoneOfItsOwn) {
  auto o = options();
  o.listen.address = "not-an-address";
  EXPECT_EQ(Server(o, routes()).start().error().status.code, sdk::Code::invalid);
  o.listen.address = "192.0.2.1";
  EXPECT_EQ(Server(o, routes()).start().error().status.code, sdk::Code::invalid);
}

TEST_F(ServerTest, DoesNotExistWithoutAKey) {
  auto o = options();
  o.api_key.clear();
  EXPECT_THROW(Server(o, routes()), std::invalid_argument);
}

TEST_F(ServerTest, ManyClientsAtOnceOnSeveralThreads) {
  auto o = options();
  o.io_threads = 2;
  start(o);
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      RawClient client(port_);
      for (int i = 0; i < 100; ++i) {
        const std::string body = std::to_string(c) + "-" + std::to_string(i);
        client.send(request("POST", "/thing", body));
        good += client.read().body.find("\"" + body + "\"") != std::string::npos ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) { client.join(); }
  EXPECT_EQ(good, 800);
}

}  // namespace
}  // namespace quarry::http
