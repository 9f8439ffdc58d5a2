// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/keys.hpp"

#include <gtest/gtest.h>

namespace quarry::qbittorrent {
namespace {

const std::string kV1(40, 'a');
const std::string kV2 = std::string(40, 'b') + std::string(24, 'c');

sdk::ItemKey key(std::string_view id, std::string_view v1 = {}, std::string_view v2 = {}) {
  sdk::ItemKey k;
  k.id = id;
  k.infohash_v1 = v1;
  k.infohash_v2 = v2;
  return k;
}

TEST(KeySet, AsksForEveryIdAnItemMayHave) {
  const sdk::ItemKey k = key(kV1, kV1, kV2);
  const KeySet keys({&k, 1});
  EXPECT_EQ(keys.ids(), (std::vector<std::string>{kV1, std::string(40, 'b')}));
}

TEST(KeySet, NeverSendsWhatMeansEverything) {
  for (const std::string_view id : {"", "all", "a|b", "zz", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|"}) {
    const sdk::ItemKey k = key(id);
    const KeySet keys({&k, 1});
    EXPECT_TRUE(keys.ids().empty()) << id;
    EXPECT_TRUE(keys.chunks().empty()) << id;
  }
}

TEST(KeySet, LowersCase) {
  const std::string upper(40, 'A');
  const sdk::ItemKey k = key(upper);
  EXPECT_EQ(KeySet({&k, 1}).ids(), std::vector<std::string>{kV1});
}

TEST(KeySet, MatchesByIdAndByEitherHash) {
  const sdk::ItemKey k = key({}, kV1, kV2);
  const KeySet keys({&k, 1});
  sdk::ItemView item;
  item.id = std::string_view("ffffffffffffffffffffffffffffffffffffffff");
  EXPECT_FALSE(keys.matches(item));
  item.infohash_v1 = kV1;
  EXPECT_TRUE(keys.matches(item));
  item.infohash_v1 = {};
  item.infohash_v2 = kV2;
  EXPECT_TRUE(keys.matches(item));
}

TEST(KeySet, CutsIntoChunks) {
  std::vector<std::string> hashes;
  for (int i = 0; i < 201; ++i) {
    std::string hash = std::to_string(i);
    hashes.push_back(hash.insert(0, 40 - hash.size(), '0'));
  }
  std::vector<sdk::ItemKey> all;
  for (const std::string& hash : hashes) { all.push_back(key(hash)); }
  const std::vector<std::string> chunks = KeySet(all).chunks();
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[0].size(), 100U * 41 - 1);
  EXPECT_EQ(chunks[2], hashes[200]);
}

}  // namespace
}  // namespace quarry::qbittorrent
