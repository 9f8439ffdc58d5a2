// SPDX-License-Identifier: MIT
#include "plugins/http_policy.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include <arpa/inet.h>

namespace quarry::plugins {
namespace {

sockaddr_storage address(const char* text) {
  sockaddr_storage out{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    out.ss_family = AF_INET;
  } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
    out.ss_family = AF_INET6;
  }
  return out;
}
bool is_public(const char* text) {
  const auto a = address(text);
  return is_public_address(reinterpret_cast<const sockaddr&>(a));
}
bool allowed(const AllowList& list, const char* text) {
  const auto a = address(text);
  return list.allows(reinterpret_cast<const sockaddr&>(a));
}

TEST(HttpPolicy, PublicAddresses) {
  for (const char* text : {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1",
                           "172.15.0.1", "172.32.0.1", "192.167.1.1", "223.255.255.255", "2606:4700::1111",
                           "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

TEST(HttpPolicy, EverythingElse) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.255.254",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.250",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::7f00:1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:7f00:1::1",
                           "2002:a00:1::",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(local));
}

TEST(HttpPolicy, TheAllowList) {
  const AllowList list(
      {"Box.lan:8080", "[::1]:81", "10.0.0.0/8", "192.168.1.7", "fd00::/8", "0.0.0.0/33", "nonsense", "x:99999"});
  EXPECT_TRUE(list.allows(Origin{"http", "box.lan", 8080}));
  EXPECT_FALSE(list.allows(Origin{"http", "box.lan", 80}));
  EXPECT_TRUE(list.allows(Origin{"https", "::1", 81}));
  EXPECT_FALSE(list.allows(Origin{"http", "evil.box.lan", 8080}));
  EXPECT_TRUE(allowed(list, "10.1.2.3"));
  EXPECT_TRUE(allowed(list, "::ffff:10.1.2.3"));
  EXPECT_FALSE(allowed(list, "11.0.0.1"));
  EXPECT_TRUE(allowed(list, "192.168.1.7"));
  EXPECT_FALSE(allowed(list, "192.168.1.8"));
  EXPECT_TRUE(allowed(list, "fd12::1"));
  EXPECT_FALSE(allowed(AllowList(), "127.0.0.1"));
}

TEST(HttpPolicy, TargetsAreShownWithoutSecrets) {
  const auto target = parse_target("https://me:pw@Example.ORG:8443/a/b?passkey=x#frag");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->shown, "https://example.org:8443/a/b");
  EXPECT_EQ(target->origin, (Origin{"https", "example.org", 8443}));
  EXPECT_EQ(parse_target("http://host")->origin.port, 80);
  EXPECT_EQ(parse_target("http://host:80/")->shown, "http://host/");
  EXPECT_EQ(parse_target("http://[::1]:5/")->origin.host, "::1");
  EXPECT_EQ(parse_target("http://2130706433/")->origin.host, "127.0.0.1") << "odd forms are read as libcurl reads them";
  for (const char* bad :
       {"", "host", "ftp://host/", "file:///etc/passwd", "http://", "gopher://x", "http://a b/", "//host/"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(HttpPolicy, LocationsAreReadAsABrowserDoes) {
  EXPECT_EQ(*resolve_location("http://h:1/a/b?q", "c"), "http://h:1/a/c");
  EXPECT_EQ(*resolve_location("http://h:1/a/b", "/c"), "http://h:1/c");
  EXPECT_EQ(*resolve_location("http://h:1/a", "//other/x"), "http://other/x");
  EXPECT_EQ(*resolve_location("http://h:1/a", "https://z/"), "https://z/");
}

}  // namespace
}  // namespace quarry::plugins
