// SPDX-License-Identifier: MIT
#include "plugins/plugin_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quarry::plugins {
namespace {

using testing::ElementsAre;

constexpr const char* kSchema = R"({
  "type": "object",
  "definitions": {"port": {"type": "integer"}, "hidden": {"type": "string", "secret": true}, "loop": {"$ref": "#/definitions/loop"}},
  "properties": {
    "port": {"$ref": "#/definitions/port"}, "ratio": {"type": "number"}, "on": {"type": "boolean"},
    "name": {"type": "string"}, "either": {"type": ["string", "integer"]}, "round": {"$ref": "#/definitions/loop"},
    "list": {"type": "array", "items": {"type": "integer"}},
    "a/b": {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": {"type": "boolean"}},
    "password": {"$ref": "#/definitions/hidden"},
    "keys": {"type": "array", "items": {"$ref": "#/definitions/hidden"}},
    "tokens": {"type": "array", "secret": true}
  }
})";

std::string coerced(const std::string& json, const std::vector<std::string>& expanded) {
  return coerce_config(json, kSchema, expanded);
}

TEST(CoerceConfig, TurnsExpandedTextsIntoWhatTheSchemaAsksFor) {
  EXPECT_EQ(coerced(R"({"port":"80","ratio":"1.5","on":"true","name":"80"})", {"/port", "/ratio", "/on", "/name"}),
            R"({"port":80,"ratio":1.5,"on":true,"name":"80"})");
  EXPECT_EQ(coerced(R"({"ratio":"2"})", {"/ratio"}), R"({"ratio":2})");
  EXPECT_EQ(coerced(R"({"list":["1","2"],"a/b":{"n":"3","x":"false"}})", {"/list/1", "/a~1b/n", "/a~1b/x"}),
            R"({"list":["1",2],"a/b":{"n":3,"x":false}})");
}

TEST(CoerceConfig, LeavesEverythingElseAlone) {
  EXPECT_EQ(coerced(R"({"port":"80"})", {}), R"({"port":"80"})") << "written as a text on purpose";
  EXPECT_EQ(coerced(R"({"port":"80x","on":"yes","either":"7","round":"1","other":"1"})",
                    {"/port", "/on", "/either", "/round", "/other"}),
            R"({"port":"80x","on":"yes","either":"7","round":"1","other":"1"})");
}

TEST(SecretValues, FindsWhatTheSchemaMarks) {
  EXPECT_THAT(secret_values(R"({"name":"n","password":"p","keys":["k1","k2"],"tokens":["t"],"port":1})", kSchema),
              ElementsAre("p", "k1", "k2", "t"));
}

TEST(UrlsOf, FindsUrlsAtAnyDepth) {
  EXPECT_THAT(urls_of(R"({"a":"http://x:1/p","b":{"c":["https://y","ftp://z","text http://no"]}})"),
              ElementsAre("http://x:1/p", "https://y"));
}

}  // namespace
}  // namespace quarry::plugins
