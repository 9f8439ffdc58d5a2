// SPDX-License-Identifier: MIT
#include "ops/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace quarry::ops {
namespace {

TEST(RandomHex, HasTwoHexDigitsPerByte) {
  for (const std::size_t bytes : {0U, 1U, 16U, 32U, 1000U}) {
    const std::string hex = random_hex(bytes);
    EXPECT_EQ(hex.size(), 2 * bytes);
    EXPECT_TRUE(std::all_of(hex.begin(), hex.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    })) << hex;
  }
}

TEST(RandomHex, UsesEveryDigitAndNeverRepeats) {
  std::set<std::string> seen;
  std::set<char> digits;
  for (int i = 0; i < 200; ++i) {
    const std::string hex = random_hex(16);
    digits.insert(hex.begin(), hex.end());
    EXPECT_TRUE(seen.insert(hex).second) << hex;
  }
  EXPECT_EQ(digits.size(), 16U);
}

TEST(RandomSeed, DiffersEachTime) { EXPECT_NE(random_seed(), random_seed()); }

}  // namespace
}  // namespace quarry::ops
