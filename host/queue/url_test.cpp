// SPDX-License-Identifier: MIT
#include "queue/url.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace quarry::queue {
namespace {

TEST(ResolveLocation, KeepsToTheExamplesOfTheStandard) {
  // RFC 3986, sections 5.4.1 and 5.4.2, without fragments.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 30> kExamples = {{
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"g?y#s", "http://a/b/c/g?y"},
      {";x", "http://a/b/c/;x"},
      {"g;x?y", "http://a/b/c/g;x?y"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/../x", "http://a/b/c/g"},
  }};
  for (const auto& [reference, target] : kExamples) {
    EXPECT_EQ(resolve_location("http://a/b/c/d;p?q", reference), target) << reference;
  }
}

TEST(ResolveLocation, ReadsWhatSitesSend) {
  const std::string base = "https://site.example/a/b?id=1";
  EXPECT_EQ(resolve_location(base, "/login.php?returnto=https://site.example/x"),
            "https://site.example/login.php?returnto=https://site.example/x");
  EXPECT_EQ(resolve_location(base, "login.php?to=https://x/"), "https://site.example/a/login.php?to=https://x/");
  EXPECT_EQ(resolve_location(base, "file.torrent"), "https://site.example/a/file.torrent");
  EXPECT_EQ(resolve_location("https://site.example", "file.torrent"), "https://site.example/file.torrent");
  EXPECT_EQ(resolve_location(base, "MAGNET:?xt=urn:btih:1"), "MAGNET:?xt=urn:btih:1");
  EXPECT_EQ(resolve_location(base, "my film.torrent"), "https://site.example/a/my%20film.torrent");
}

TEST(HasScheme, ComparesWithoutCase) {
  EXPECT_TRUE(has_scheme("HTTPS://x", "https"));
  EXPECT_TRUE(has_scheme("Magnet:?xt", "magnet"));
  EXPECT_FALSE(has_scheme("https://x", "http"));
  EXPECT_FALSE(has_scheme("magnet", "magnet"));
}

TEST(HostOf, ShowsNeitherUserNorPortNorPath) {
  EXPECT_EQ(host_of("https://User:Pass@Site.Example:8443/key?x#y"), "site.example");
  EXPECT_EQ(host_of("http://[::1]:80/a"), "[::1]");
  EXPECT_EQ(host_of("http://"), "");
  EXPECT_EQ(origin_of("HTTPS://User:Pass@Site.Example:8443/key?x#y"), "https://site.example:8443");
}

TEST(WithoutPaths, CutsEveryUrlToItsOrigin) {
  EXPECT_EQ(without_paths("GET https://u:p@site.example/dl/1.key: timed out"), "GET https://site.example: timed out");
  EXPECT_EQ(without_paths("from http://a/1?k=2 to http://b:81/3 it went"), "from http://a to http://b:81 it went");
  EXPECT_EQ(without_paths("no address here: a/b"), "no address here: a/b");
  EXPECT_EQ(without_paths(""), "");
}

TEST(WithoutPaths, CutsWhatIsRepeatedOfTheUrl) {
  const std::string url = "https://site.example/dl/1.key?pass=word";
  EXPECT_EQ(without_paths("cannot read /dl/1.key?pass=word", url), "cannot read …");
  EXPECT_EQ(without_paths("/dl/1.key has no ?pass=word", url), "… has no …");
  EXPECT_EQ(without_paths("a/b", "https://site.example/"), "a/b");
}

}  // namespace
}  // namespace quarry::queue
