// SPDX-License-Identifier: MIT
#include "http/target.hpp"

#include <gtest/gtest.h>

namespace quarry::http {
namespace {

TEST(Target, TakesApartPathAndQuery) {
  const auto t = parse_target("/api/v3/queue/a%20b%2Fc/?status=paused&status=failed&term=Am%C3%A9lie+2001&flag&=x&&e=");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->path, "/api/v3/queue/a%20b%2Fc/");
  EXPECT_EQ(t->segments, (std::vector<std::string>{"api", "v3", "queue", "a b/c"}));
  const Fields query = {
      {"status", "paused"}, {"status", "failed"}, {"term", "Am\xC3\xA9lie 2001"}, {"flag", ""}, {"", "x"}, {"e", ""}};
  EXPECT_EQ(t->query, query);
}

TEST(Target, RootHasNoSegmentAndInnerEmptyOnesStay) {
  EXPECT_TRUE(parse_target("/")->segments.empty());
  EXPECT_EQ(parse_target("//a")->segments, (std::vector<std::string>{"", "a"}));
  EXPECT_EQ(parse_target("/a/../b")->segments, (std::vector<std::string>{"a", "..", "b"}));
  EXPECT_EQ(parse_target("/a+b")->segments, (std::vector<std::string>{"a+b"}));
}

TEST(Target, RefusesWhatCannotBeText) {
  for (const char* bad : {"", "*", "api", "http://x/", "/%", "/%4", "/%zz", "/a%00", "/a?b=%00", "/%ff", "/a?b=%C3%28",
                          "/a?%ED%A0%80", "/%C0%AF", "/\xFF"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(Utf8, KnowsWellFormedText) {
  for (const char* good :
       {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "a\xFF"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace quarry::http
