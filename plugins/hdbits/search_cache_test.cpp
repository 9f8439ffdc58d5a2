// SPDX-License-Identifier: MIT
#include "search_cache.hpp"

#include <gtest/gtest.h>

namespace quarry::hdbits {
namespace {

std::vector<Release> some(std::size_t n) { return std::vector<Release>(n); }

TEST(SearchCache, AnEmptyAnswerLivesTwiceAsLong) {
  SearchCache cache(1000);
  cache.put("found", some(1), 0);
  cache.put("none", {}, 0);
  EXPECT_NE(cache.find("found", 999), nullptr);
  EXPECT_EQ(cache.find("found", 1000), nullptr);
  EXPECT_NE(cache.find("none", 1999), nullptr);
  EXPECT_EQ(cache.find("none", 2000), nullptr);
  EXPECT_EQ(cache.searches(), 0U);
}

TEST(SearchCache, TheOldestMakesRoom) {
  SearchCache cache(1'000'000, 3, 10);
  for (int i = 0; i < 5; ++i) { cache.put("key" + std::to_string(i), some(2), i); }
  EXPECT_EQ(cache.searches(), 3U);
  EXPECT_EQ(cache.releases(), 6U);
  EXPECT_EQ(cache.find("key1", 5), nullptr);
  EXPECT_NE(cache.find("key2", 5), nullptr);
  cache.put("big", some(9), 6);
  EXPECT_EQ(cache.searches(), 1U);
  EXPECT_NE(cache.find("big", 6), nullptr);
}

TEST(SearchCache, ReplacesUnderTheSameKeyAndKeepsNothingWhenOff) {
  SearchCache cache(1000);
  cache.put("k", some(3), 0);
  cache.put("k", some(1), 500);
  ASSERT_NE(cache.find("k", 1200), nullptr);
  EXPECT_EQ(cache.find("k", 1200)->size(), 1U);
  EXPECT_EQ(cache.releases(), 1U);
  SearchCache off(0);
  off.put("k", some(1), 0);
  EXPECT_EQ(off.find("k", 0), nullptr);
}

}  // namespace
}  // namespace quarry::hdbits
