// SPDX-License-Identifier: MIT
#include "http/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace quarry::http {
namespace {

Route route(std::string method, std::string pattern) {
  return {std::move(method), std::move(pattern), {}, [](const Request&) { return Response(); }};
}

std::string matched(const Router& router, std::string_view method, const std::vector<std::string>& segments) {
  const Match m = router.match(method, segments);
  return m.route == nullptr ? "allow:" + m.allow : m.route->method + " " + m.route->pattern;
}

const Router& table() {
  static const Router router({route("GET", "/api/v3/queue"), route("GET", "/api/v3/queue/{id}"),
                              route("DELETE", "/api/v3/queue/{id}"), route("DELETE", "/api/v3/queue/cleanup"),
                              route("GET", "/api/v3/queue/status"), route("PUT", "/api/v3/queue/{id}/pause"),
                              route("PUT", "/api/v3/queue/pause"), route("GET", "/x/{a}/y/{b}")});
  return router;
}

TEST(Router, LiteralsWinAndIgnoreCase) {
  EXPECT_EQ(matched(table(), "GET", {"api", "v3", "queue"}), "GET /api/v3/queue");
  EXPECT_EQ(matched(table(), "GET", {"API", "V3", "Queue", "Status"}), "GET /api/v3/queue/status");
  EXPECT_EQ(matched(table(), "DELETE", {"api", "v3", "queue", "cleanup"}), "DELETE /api/v3/queue/cleanup");
  EXPECT_EQ(matched(table(), "DELETE", {"api", "v3", "queue", "status"}), "DELETE /api/v3/queue/{id}");
}

TEST(Router, NamesWhatParametersTook) {
  const Match m = table().match("GET", {"x", "One/Two", "Y", "3"});
  ASSERT_NE(m.route, nullptr);
  EXPECT_EQ(m.path_params, (Fields{{"a", "One/Two"}, {"b", "3"}}));
  EXPECT_EQ(table().match("PUT", {"api", "v3", "queue", "7", "pause"}).path_params, (Fields{{"id", "7"}}));
}

TEST(Router, TellsUnknownPathsFromUnknownMethods) {
  EXPECT_EQ(matched(table(), "GET", {"api", "v3"}), "allow:");
  EXPECT_EQ(matched(table(), "GET", {}), "allow:");
  EXPECT_EQ(matched(table(), "GET", {"api", "v3", "queue", ""}), "allow:");
  EXPECT_EQ(matched(table(), "GET", {"api", "v3", "queue", "1", "2"}), "allow:");
  EXPECT_EQ(matched(table(), "POST", {"api", "v3", "queue"}), "allow:GET, HEAD");
  EXPECT_EQ(matched(table(), "PATCH", {"api", "v3", "queue", "cleanup"}), "allow:DELETE, GET, HEAD");
  EXPECT_EQ(matched(table(), "PUT", {"api", "v3", "queue", "pause"}), "PUT /api/v3/queue/pause");
}

TEST(Router, HeadComesWithGet) {
  EXPECT_EQ(matched(table(), "HEAD", {"api", "v3", "queue", "5"}), "GET /api/v3/queue/{id}");
  EXPECT_EQ(matched(table(), "HEAD", {"api", "v3", "queue", "pause"}), "GET /api/v3/queue/{id}");
}

TEST(Router, RefusesABrokenTable) {
  const auto build = [](std::vector<Route> routes) { const Router router(std::move(routes)); };
  for (const char* pattern : {"", "/", "api", "/a//b", "/a/", "/{", "/{}", "/{id", "/id}"}) {
    EXPECT_THROW(build({route("GET", pattern)}), std::invalid_argument) << pattern;
  }
  EXPECT_THROW(build({route("GET", "/a/{x}"), route("GET", "/A/{y}")}), std::invalid_argument);
  EXPECT_THROW(build({{"GET", "/a", {}, nullptr}}), std::invalid_argument);
}

}  // namespace
}  // namespace quarry::http
