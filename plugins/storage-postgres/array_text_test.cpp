// SPDX-License-Identifier: MIT
#include "array_text.hpp"

#include <gtest/gtest.h>

namespace quarry::storage_postgres {
namespace {

template <class... T>
std::string array_of(const T&... values) {
  std::string array;
  start(array);
  (add(array, values), ...);
  finish(array);
  return array;
}

TEST(ArrayText, WritesNumbers) {
  EXPECT_EQ(array_of(), "{}");
  EXPECT_EQ(array_of(std::int64_t{-1}, std::int32_t{7}, std::uint32_t{4294967295U}), "{-1,7,4294967295}");
  EXPECT_EQ(array_of(0.1, 1.0 / 3), "{0.1,0.3333333333333333}");
}

TEST(ArrayText, QuotesEveryText) {
  using namespace std::string_view_literals;
  EXPECT_EQ(array_of(""sv, "NULL"sv, "a,b"sv), R"({"","NULL","a,b"})");
  EXPECT_EQ(array_of(R"(say "x" \ {y})"sv), R"({"say \"x\" \\ {y}"})");
}

}  // namespace
}  // namespace quarry::storage_postgres
