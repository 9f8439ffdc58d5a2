// SPDX-License-Identifier: MIT
#include "http/auth.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace quarry::http {
namespace {

TEST(ApiKey, AdmitsTheKeyInAnyOfItsThreePlaces) {
  const ApiKey key("sesame");
  EXPECT_TRUE(key.admits({{"x-API-key", "sesame"}}, {}));
  EXPECT_TRUE(key.admits({{"Authorization", "bearer sesame"}}, {}));
  EXPECT_TRUE(key.admits({}, {{"apiKey", "sesame"}}));
  EXPECT_TRUE(key.admits({{"X-Api-Key", "old"}}, {{"apikey", "sesame"}}));
}

TEST(ApiKey, AdmitsNothingElse) {
  const ApiKey key("sesame");
  EXPECT_FALSE(key.admits({}, {}));
  for (const char* wrong : {"", "sesam", "sesame ", "Sesame", "sesamee", "\"sesame\""}) {
    EXPECT_FALSE(key.admits({{"X-Api-Key", wrong}}, {})) << wrong;
    EXPECT_FALSE(key.admits({}, {{"apikey", wrong}})) << wrong;
  }
  for (const char* wrong : {"sesame", "Basic sesame", "Bearer", "Bearersesame", "Bearer  sesame"}) {
    EXPECT_FALSE(key.admits({{"Authorization", wrong}}, {})) << wrong;
  }
  EXPECT_FALSE(key.admits({{"Cookie", "apikey=sesame"}}, {{"key", "sesame"}}));
}

TEST(ApiKey, DoesNotExistEmpty) { EXPECT_THROW(ApiKey(""), std::invalid_argument); }

}  // namespace
}  // namespace quarry::http
