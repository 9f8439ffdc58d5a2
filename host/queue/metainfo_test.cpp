// SPDX-License-Identifier: MIT
#include "queue/metainfo.hpp"

#include <gtest/gtest.h>

namespace quarry::queue {
namespace {

std::string str(std::string_view s) { return std::to_string(s.size()) + ":" + std::string(s); }
std::string num(std::int64_t n) { return "i" + std::to_string(n) + "e"; }

/// A v1 torrent of one file; the keys of "info" in order.
std::string single(std::string_view name, std::int64_t length = 1024) {
  return "d" + str("info") + "d" + str("length") + num(length) + str("name") + str(name) + str("piece length") +
         num(16384) + str("pieces") + str(std::string(20, 'p')) + "ee";
}
std::string with_path(const std::vector<std::string>& parts) {
  std::string path = "l";
  for (const auto& p : parts) { path += str(p); }
  path += "e";
  return "d" + str("info") + "d" + str("files") + "ld" + str("length") + num(1024) + str("path") + path + "ee" +
         str("name") + str("film") + str("piece length") + num(16384) + str("pieces") + str(std::string(20, 'p')) +
         "ee";
}

TEST(InspectTorrent, ComputesTheV1HashOfTheKnownVector) {
  // 1,024 times "a", piece length 16384: the SHA-1 of the content stands in "pieces".
  const std::string pieces = "\x8e\xca\x55\x46\x31\xdf\x9e\xad\x14\x51\x0e\x1a\x70\xae\x48\xc7\x0f\x9b\x93\x84";
  const std::string torrent = "d" + str("info") + "d" + str("length") + num(1024) + str("name") + str("t.bin") +
                              str("piece length") + num(16384) + str("pieces") + str(pieces) + "ee";
  const auto facts = inspect_torrent(torrent);
  ASSERT_TRUE(facts.ok()) << facts.error().text;
  EXPECT_EQ(facts->infohash_v1, "8afb31ebc9589b5830861777c6fba3e29f9df0c1");
  EXPECT_EQ(facts->infohash_v2, "");
  EXPECT_EQ(facts->size_bytes, 1024);
  EXPECT_EQ(facts->files, 1);
  EXPECT_EQ(facts->danger, "");
}

TEST(InspectTorrent, SaysWhatCameInPlaceOfATorrent) {
  const auto text = [](std::string_view bytes) { return inspect_torrent(bytes).error().text; };
  EXPECT_NE(text("<html>Log in</html>").find("web page"), std::string::npos);
  EXPECT_NE(text("  <!DOCTYPE html>").find("web page"), std::string::npos);
  EXPECT_NE(text("{\"error\":1}").find("JSON"), std::string::npos);
  EXPECT_NE(text("").find("empty"), std::string::npos);
  EXPECT_NE(text("garbage").find("not a .torrent"), std::string::npos);
  EXPECT_NE(text("de").find("no \"info\""), std::string::npos);
}

TEST(InspectTorrent, RefusesEveryTruncation) {
  const std::string whole = single("film.mkv");
  ASSERT_TRUE(inspect_torrent(whole).ok());
  for (std::size_t n = 0; n < whole.size(); ++n) { EXPECT_FALSE(inspect_torrent(whole.substr(0, n)).ok()) << n; }
}

TEST(InspectTorrent, RefusesWhatIsTooLargeOrTooDeep) {
  EXPECT_FALSE(inspect_torrent(std::string(kMaxMetainfoBytes + 1, 'd')).ok());
  const std::string deep = "d" + str("info") + std::string(10'000, 'l') + std::string(10'000, 'e') + "e";
  EXPECT_FALSE(inspect_torrent(deep).ok());
}

TEST(InspectTorrent, FindsDangerInNamesAsTheyStandInTheFile) {
  EXPECT_NE(inspect_torrent(with_path({"..", "etc", "passwd"}))->danger, "");
  EXPECT_NE(inspect_torrent(with_path({"", "etc", "passwd"}))->danger, "");
  EXPECT_NE(inspect_torrent(with_path({"/etc/passwd"}))->danger, "");
  EXPECT_NE(inspect_torrent(with_path({"a\\b.mkv"}))->danger, "");
  EXPECT_NE(inspect_torrent(with_path({std::string("a\0b.mkv", 7)}))->danger, "");
  EXPECT_NE(inspect_torrent(with_path({"film.mkv.lnk"}))->danger, "");
  EXPECT_NE(inspect_torrent(with_path({"C:", "film.mkv"}))->danger, "");
  EXPECT_NE(inspect_torrent(single(".."))->danger, "");
  EXPECT_EQ(inspect_torrent(with_path({"Sample", "film.mkv"}))->danger, "");
  EXPECT_EQ(inspect_torrent(with_path({"..film...mkv"}))->danger, "");
}

TEST(InspectTorrent, JudgesTheNameThatClientsPrefer) {
  const auto with_utf8 = [](std::string_view name) {
    return "d" + str("info") + "d" + str("length") + num(1024) + str("name") + str("film.mkv") + str("name.utf-8") +
           str(name) + str("piece length") + num(16384) + str("pieces") + str(std::string(20, 'p')) + "ee";
  };
  EXPECT_EQ(inspect_torrent(with_utf8("film.mkv"))->danger, "");
  EXPECT_NE(inspect_torrent(with_utf8("film.exe"))->danger, "");
  EXPECT_NE(inspect_torrent(with_utf8(".."))->danger, "");
}

TEST(InspectTorrent, AFolderMayEndLikeAProgram) {
  const std::string list = "ld" + str("length") + num(1024) + str("path") + "l" + str("www.site.com") + str("film.mkv");
  const auto in_folder = [&](std::string_view name) {
    return "d" + str("info") + "d" + str("files") + list + "eee" + str("name") + str(name) + str("piece length") +
           num(16384) + str("pieces") + str(std::string(20, 'p')) + "ee";
  };
  EXPECT_EQ(inspect_torrent(in_folder("Film 2019 1080p somesite.com"))->danger, "");
  EXPECT_NE(inspect_torrent(in_folder(".."))->danger, "") << "a folder's name is judged all the same";
  EXPECT_NE(inspect_torrent(single("somesite.com"))->danger, "") << "a file of that name is a program";
  EXPECT_NE(inspect_torrent(with_path({"somesite.com"}))->danger, "");
}

TEST(InspectTorrent, TellsFoldersFromFilesInATree) {
  const auto with_tree = [](std::string_view folder, std::string_view file) {
    const std::string leaf = "d0:d" + str("length") + num(1024) + str("pieces root") + str(std::string(32, 'r')) + "ee";
    const std::string tree = "d" + str(folder) + "d" + str(file) + leaf + "ee";
    return "d" + str("info") + "d" + str("file tree") + tree + str("meta version") + num(2) + str("name") +
           str("Film somesite.com") + str("piece length") + num(16384) + "ee";
  };
  const auto good = inspect_torrent(with_tree("www.site.com", "film.mkv"));
  ASSERT_TRUE(good.ok()) << good.error().text;
  EXPECT_EQ(good->danger, "");
  EXPECT_NE(inspect_torrent(with_tree("www.site.com", "film.exe"))->danger, "");
  EXPECT_NE(inspect_torrent(with_tree("..", "film.mkv"))->danger, "");
}

TEST(InspectMagnet, TakesItsSchemeInWhateverCase) {
  EXPECT_EQ(normal_magnet("MAGNET:?xt=1"), "magnet:?xt=1");
  const auto facts = inspect_magnet("MAGNET:?xt=urn:btih:8afb31ebc9589b5830861777c6fba3e29f9df0c1");
  ASSERT_TRUE(facts.ok()) << facts.error().text;
  EXPECT_EQ(facts->infohash_v1, "8afb31ebc9589b5830861777c6fba3e29f9df0c1");
}

TEST(InspectMagnet, TakesHexAndBase32) {
  const auto hex = inspect_magnet("magnet:?xt=urn:btih:8AFB31EBC9589B5830861777C6FBA3E29F9DF0C1&dn=t.bin");
  ASSERT_TRUE(hex.ok()) << hex.error().text;
  EXPECT_EQ(hex->infohash_v1, "8afb31ebc9589b5830861777c6fba3e29f9df0c1");
  EXPECT_EQ(hex->name, "t.bin");
  const auto base32 = inspect_magnet("magnet:?xt=urn:btih:RL5TD26JLCNVQMEGC534N65D4KPZ34GB");
  ASSERT_TRUE(base32.ok());
  EXPECT_EQ(base32->infohash_v1, hex->infohash_v1);
}

TEST(InspectMagnet, RefusesWhatNamesNothingOrTwoThings) {
  EXPECT_FALSE(inspect_magnet("magnet:?dn=nothing").ok());
  EXPECT_FALSE(inspect_magnet("magnet:?xt=urn:btih:1234").ok());
  EXPECT_FALSE(inspect_magnet("magnet:?xt=urn:btih:0000000000000000000000000000000000000000").ok());
  EXPECT_FALSE(inspect_magnet("http://example.org/").ok());
  EXPECT_FALSE(inspect_magnet("magnet:?xt=urn:btih:8afb31ebc9589b5830861777c6fba3e29f9df0c1"
                              "&xt=urn:btih:9afb31ebc9589b5830861777c6fba3e29f9df0c1")
                   .ok());
  EXPECT_FALSE(inspect_magnet("").ok());
}

}  // namespace
}  // namespace quarry::queue
