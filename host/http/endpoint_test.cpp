// SPDX-License-Identifier: MIT
#include "http/endpoint.hpp"

#include <gtest/gtest.h>

namespace quarry::http {
namespace {

TEST(Endpoint, IsWrittenAsInAUrl) {
  EXPECT_EQ((Endpoint{"127.0.0.1", 7878}).to_string(), "127.0.0.1:7878");
  EXPECT_EQ((Endpoint{"::1", 80}).to_string(), "[::1]:80");
  EXPECT_TRUE((Endpoint{"::1", 1}).is_loopback());
  EXPECT_FALSE((Endpoint{"0.0.0.0", 65535}).is_loopback());
}

TEST(HostCheck, BelievesOnlyItsOwnNamesOnALoopbackAddress) {
  const HostCheck check({"127.0.0.1", 7878}, {"quarry.lan"});
  for (const char* good : {"localhost", "LOCALHOST:7878", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:7878",
                           "quarry.lan", "Quarry.LAN:443"}) {
    EXPECT_TRUE(check.admits(good)) << good;
  }
  for (const char* bad : {"",
                          "evil.example",
                          "evil.example:7878",
                          "localhost.evil.example",
                          "evil-localhost",
                          "localhost.",
                          "localhost:",
                          "localhost:port",
                          "localhost:99999",
                          "localhost:80:80",
                          "user@localhost",
                          "localhost@evil.example",
                          "127.0.0.1.",
                          "127.0.0.2",
                          "127.1",
                          "2130706433",
                          "0x7f000001",
                          "0.0.0.0",
                          "::1",
                          "[::1",
                          "[::1]x",
                          "[::]",
                          "[localhost]",
                          " localhost",
                          "localhost ",
                          "localhost,evil.example",
                          "quarry.lan.evil.example",
                          "xquarry.lan",
                          "/localhost"}) {
    EXPECT_FALSE(check.admits(bad)) << bad;
  }
}

TEST(HostCheck, ElsewhereChecksOnlyWhenNamesAreConfigured) {
  EXPECT_TRUE(HostCheck({"0.0.0.0", 7878}, {}).admits("anything.example:1"));
  const HostCheck named({"192.0.2.7", 7878}, {"quarry.lan"});
  EXPECT_TRUE(named.admits("quarry.lan"));
  EXPECT_TRUE(named.admits("192.0.2.7:7878"));
  EXPECT_FALSE(named.admits("evil.example"));
}

}  // namespace
}  // namespace quarry::http
