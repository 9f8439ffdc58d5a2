// SPDX-License-Identifier: MIT
#include "http/response_writer.hpp"

#include "http/error.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <gtest/gtest.h>

namespace quarry::http {
namespace {

TEST(ResponseHead, HoldsWhatEveryAnswerHolds) {
  Response r;
  r.status = 201;
  r.body = "{}";
  r.headers = {{"Location", "/api/v3/queue/7"}};
  EXPECT_EQ(response_head(r, {"id-1", "5.28.0", true, 11, 784111777}),
            "HTTP/1.1 201 Created\r\n"
            "Content-Type: application/json; charset=utf-8\r\n"
            "Content-Length: 2\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "X-Application-Version: 5.28.0\r\n"
            "X-Request-Id: id-1\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Cache-Control: no-store\r\n"
            "Location: /api/v3/queue/7\r\n"
            "\r\n");
}

TEST(ResponseHead, SaysWhetherTheConnectionGoesOn) {
  EXPECT_NE(response_head({}, {"i", "v", false, 11, 0}).find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(response_head({}, {"i", "v", true, 10, 0}).find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_EQ(response_head({}, {"i", "v", true, 11, 0}).find("Connection"), std::string::npos);
}

TEST(ResponseHead, NoValueStartsAnotherHeader) {
  Response r;
  r.headers = {{"X-A\r\nX-B", std::string("1\r\nX-C: 2\0\t", 11)}};
  const std::string head = response_head(r, {"i", "v", true, 11, 0});
  EXPECT_NE(head.find("X-A??X-B: 1??X-C: 2??\r\n"), std::string::npos) << head;
}

TEST(ErrorResponse, IsOneShapeAndEscapes) {
  const Response r = error_response(404, "not_found", "no \"x\"\n", "d", "id");
  EXPECT_EQ(r.status, 404);
  const auto json = sdk::JsonDocument::parse(r.body);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["message"].as_string(), "no \"x\"\n");
  EXPECT_EQ((*json)["description"].as_string(), "d");
  EXPECT_EQ((*json)["code"].as_string(), "not_found");
  EXPECT_EQ((*json)["requestId"].as_string(), "id");
}

}  // namespace
}  // namespace quarry::http
