// SPDX-License-Identifier: MIT
#include "plugins/redactor.hpp"

#include <gtest/gtest.h>

namespace quarry::plugins {
namespace {

TEST(Redactor, ReplacesEverySecretEverywhere) {
  Redactor r;
  r.add("hunter2");
  r.add("");
  EXPECT_EQ(r.clean("hunter2 and hunter2hunter2."), "[secret] and [secret][secret].");
  EXPECT_EQ(r.clean("nothing here"), "nothing here");
}

TEST(Redactor, KnowsTheFormsASecretTakes) {
  Redactor r;
  r.add("a b&c\"d/e");
  EXPECT_EQ(r.clean("x=a%20b%26c%22d%2Fe;"), "x=[secret];");
  EXPECT_EQ(r.clean(R"({"k":"a b&c\"d/e"})"), R"({"k":"[secret]"})");
}

TEST(Redactor, AShortSecretIsAWholeWordOrNone) {
  Redactor r;
  r.add("p");
  EXPECT_EQ(r.clean("http://p:80/api?p=p, plugin"), "http://[secret]:80/api?[secret]=[secret], plugin");
}

TEST(Redactor, TheLongerSecretGoesFirst) {
  Redactor r;
  r.add("abc");
  r.add("abcdef");
  EXPECT_EQ(r.clean("abcdef abc"), "[secret] [secret]");
}

}  // namespace
}  // namespace quarry::plugins
