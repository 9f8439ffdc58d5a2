// SPDX-License-Identifier: MIT
#include "http/admission.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <gtest/gtest.h>

namespace quarry::http {
namespace {

class GateTest : public ::testing::Test {
 protected:
  static Route route(std::string method, std::string pattern, RouteOptions options = {}) {
    return {std::move(method), std::move(pattern), options, [](const Request&) { return Response(); }};
  }
  Admission admit(Head head) { return gate_.admit(std::move(head), "own-1"); }
  int status(Head head) {
    const Admission a = admit(std::move(head));
    return a.refusal ? a.refusal->status : 0;
  }
  static Head head(std::string method, std::string target, Fields more = {}) {
    Head out;
    out.method = std::move(method);
    out.target = std::move(target);
    out.fields = {{"Host", "localhost"}, {"X-Api-Key", "sesame"}};
    for (auto& field : more) { out.fields.push_back(std::move(field)); }
    return out;
  }

  Router router_{{route("GET", "/ping", {false, false, 0}), route("GET", "/thing/{id}"),
                  route("POST", "/thing", {true, false, 100})}};
  ApiKey key_{"sesame"};
  HostCheck hosts_{{"127.0.0.1", 1}, {}};
  Gate gate_{router_, key_, hosts_};
};

TEST_F(GateTest, AdmitsAGoodRequest) {
  const Admission a = admit(head("GET", "/Thing/a%20b?x=1"));
  ASSERT_FALSE(a.refusal);
  EXPECT_EQ(a.route->pattern, "/thing/{id}");
  EXPECT_EQ(value_of(a.request.path_params, "id"), "a b");
  EXPECT_EQ(value_of(a.request.query, "x"), "1");
  EXPECT_EQ(a.request.request_id, "own-1");
  EXPECT_FALSE(a.wants_continue);
}

TEST_F(GateTest, RefusesAmbiguousFraming) {
  Head chunked = head("POST", "/thing", {{"Transfer-Encoding", "Chunked"}});
  chunked.chunked = true;
  EXPECT_EQ(status(chunked), 0);
  Head old = chunked;
  old.version = 10;
  EXPECT_EQ(status(old), 400);
  for (const char* encoding : {"gzip", "gzip, chunked", "chunked, chunked", "identity", ""}) {
    Head h = head("POST", "/thing", {{"Transfer-Encoding", encoding}});
    h.chunked = true;
    EXPECT_EQ(status(h), 400) << encoding;
  }
  chunked.fields.emplace_back("transfer-encoding", "chunked");
  EXPECT_EQ(status(chunked), 400);
  chunked.fields.back() = {"Content-Length", "3"};
  EXPECT_EQ(status(chunked), 400);
  EXPECT_EQ(status(head("GET", "/ping", {{"host", "localhost"}})), 400);
  Head hostless = head("GET", "/ping");
  hostless.fields.clear();
  EXPECT_EQ(status(hostless), 400);
  hostless.version = 10;
  EXPECT_EQ(status(hostless), 0);
}

TEST_F(GateTest, AsksForTheKeyBeforeItTellsWhatExists) {
  for (const auto& [method, target] :
       Fields{{"GET", "/thing/1"}, {"GET", "/nothing"}, {"PATCH", "/thing/1"}, {"POST", "/ping"}, {"GET", "/"}}) {
    Head h = head(method, target);
    h.fields.pop_back();
    EXPECT_EQ(status(h), 401) << method << target;
  }
  Head h = head("HEAD", "/ping");
  h.fields.pop_back();
  EXPECT_EQ(status(h), 0);
  EXPECT_EQ(status(head("GET", "/nothing")), 404);
  EXPECT_EQ(status(head("GET", "/")), 404);
}

TEST_F(GateTest, NamesTheMethodsThatAreTaken) {
  const Admission a = admit(head("BREW", "/thing/1"));
  ASSERT_TRUE(a.refusal);
  EXPECT_EQ(a.refusal->status, 405);
  EXPECT_EQ(value_of(a.refusal->headers, "Allow"), "GET, HEAD");
}

TEST_F(GateTest, RefusesTheRest) {
  EXPECT_EQ(status(head("GET", "http://localhost/ping")), 400);
  EXPECT_EQ(status(head("OPTIONS", "*")), 400);
  EXPECT_EQ(status(head("GET", "/thing/%ff")), 400);
  EXPECT_EQ(status(head("GET", "/thing/" + std::string(Gate::kMaxTarget, 'a'))), 414);
  EXPECT_EQ(status(head("GET", "/ping", Fields(Gate::kMaxFields, {"X-A", "b"}))), 431);
  EXPECT_EQ(status(head("POST", "/thing", {{"Expect", "200-ok"}})), 417);
  Head foreign = head("GET", "/ping");
  foreign.fields[0].second = "evil.example";
  EXPECT_EQ(status(foreign), 421);
  Head large = head("POST", "/thing");
  large.content_length = 101;
  EXPECT_EQ(status(large), 413);
  large.content_length = 100;
  EXPECT_EQ(status(large), 0);
}

TEST_F(GateTest, TakesTheCallersIdOnlyWhenItIsSensible) {
  EXPECT_EQ(admit(head("GET", "/ping", {{"X-Request-Id", "abc-1.2_3"}})).request.request_id, "abc-1.2_3");
  for (const std::string& bad : {std::string("a b"), std::string(65, 'a'), std::string(), std::string("a\"")}) {
    EXPECT_EQ(admit(head("GET", "/ping", {{"X-Request-Id", bad}})).request.request_id, "own-1");
  }
  const Admission refused = admit(head("GET", "/nothing", {{"X-Request-Id", "mine"}}));
  EXPECT_EQ((*sdk::JsonDocument::parse(refused.refusal->body))["requestId"].as_string(), "mine");
}

TEST_F(GateTest, SeesWhoWaitsForContinue) {
  EXPECT_TRUE(admit(head("POST", "/thing", {{"Expect", "100-Continue"}})).wants_continue);
  Head old = head("POST", "/thing", {{"Expect", "100-continue"}});
  old.version = 10;
  EXPECT_FALSE(admit(old).wants_continue);
}

}  // namespace
}  // namespace quarry::http
