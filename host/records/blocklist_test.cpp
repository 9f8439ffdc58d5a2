// SPDX-License-Identifier: MIT
// The blocklist, tags, and what all lists share.
#include "records/blocklist.hpp"

#include "records/records_test_world.hpp"

namespace quarry::records {
namespace {

using testing::RecordsTest;
using testing::Trouble;

class BlocklistTest : public RecordsTest {
 protected:
  void add(std::string key, std::string infohash = "", std::string reason = "bad", std::int64_t movie_id = 0) {
    BlocklistEntry entry;
    entry.release_key = std::move(key);
    entry.infohash = std::move(infohash);
    entry.reason = std::move(reason);
    entry.movie_id = movie_id;
    entry.at_ms = clock.wall_ms();
    const auto done = host.records.blocklist().add(entry);
    EXPECT_TRUE(done) << done.error().text;
    clock.advance(1000);
  }
  std::vector<BlocklistEntry> entries(bool descending = false, Slice slice = {0, 1000}) {
    std::vector<BlocklistEntry> out;
    const auto done =
        host.records.blocklist().list(descending, slice, [&](const BlocklistEntry& e) { out.push_back(e); });
    EXPECT_TRUE(done) << done.error().text;
    return out;
  }
  std::vector<std::string> keys(bool descending, Slice slice) {
    std::vector<std::string> out;
    for (const BlocklistEntry& entry : entries(descending, slice)) { out.push_back(entry.release_key); }
    return out;
  }
};

TEST_F(BlocklistTest, AReleaseStandsThereOnceWithWhatWasSaidLast) {
  add("btih:aa", "aa", "first");
  add("btih:aa", "aa", "second");
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries().front().reason, "second");
  EXPECT_TRUE(host.records.blocklist().remove(entries().front().id));
  EXPECT_TRUE(entries().empty());
  const auto again = host.records.blocklist().remove(1);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().status.code, sdk::Code::not_found);
}

TEST_F(BlocklistTest, AFilmThatIsGoneIsLeftOut) {
  const std::int64_t film = make(wish("Alien", 1979)).id;
  add("btih:aa", "", "", film);
  add("btih:bb", "", "", 99);
  EXPECT_EQ(entries().at(0).movie_id, film);
  EXPECT_EQ(entries().at(1).movie_id, 0);
}

TEST_F(BlocklistTest, ManyReleasesAreAskedForAtOnce) {
  add("guid:site:1", "aa", "no film");
  add("guid:site:999", "bb", "gone");
  std::vector<std::string> asked;
  for (int i = 0; i < 1200; ++i) { asked.push_back("guid:site:" + std::to_string(i)); }
  const std::vector<std::string> hashes = {"bb", "cc"};
  const auto blocked = host.records.blocklist().lookup(asked, hashes);
  ASSERT_TRUE(blocked) << blocked.error().text;
  EXPECT_EQ(blocked->by_key.size(), 2U);
  EXPECT_EQ(blocked->by_key.at("guid:site:999"), "gone");
  EXPECT_EQ(blocked->by_infohash, (std::map<std::string, std::string, std::less<>>{{"bb", "gone"}}));
}

TEST_F(BlocklistTest, PagesFollowOneAnotherInBothDirections) {
  using Keys = std::vector<std::string>;
  for (const char* key : {"a", "b", "c", "d", "e"}) { add(key); }
  EXPECT_EQ(keys(false, {0, 2}), (Keys{"a", "b"}));
  EXPECT_EQ(keys(false, {2, 2}), (Keys{"c", "d"}));
  EXPECT_EQ(keys(false, {4, 2}), (Keys{"e"}));
  EXPECT_EQ(keys(false, {6, 2}), (Keys{}));
  EXPECT_EQ(keys(true, {1, 3}), (Keys{"d", "c", "b"}));
  EXPECT_EQ(*host.records.blocklist().count(), 5);
}

TEST_F(BlocklistTest, APageFarDownIsReadInPieces) {
  for (int batch = 0; batch < 2; ++batch) {
    std::vector<BlocklistEntry> entries(260);
    std::vector<std::vector<sdk::Assignment>> values;
    std::vector<sdk::RecordWrite> writes;
    for (BlocklistEntry& entry : entries) {
      entry.release_key = "key " + std::to_string(batch * 260 + static_cast<int>(values.size()));
      entry.at_ms = 1;  // ties: by id
      values.push_back(assignments_of(entry));
    }
    for (const auto& one : values) { writes.push_back(upsert_of(one)); }
    ASSERT_TRUE(host.records.client().write(writes));
  }
  EXPECT_EQ(keys(false, {517, 50}), (std::vector<std::string>{"key 517", "key 518", "key 519"}));
  const auto far = host.records.blocklist().list(false, {kMostReachable, 1}, [](const BlocklistEntry&) {});
  ASSERT_FALSE(far);
  EXPECT_EQ(far.error().status.code, sdk::Code::invalid);
}

TEST_F(BlocklistTest, AnAnswerThatWasLostIsAskedForAgain) {
  host.store.next_writes = {Trouble::lost_after, Trouble::lost_before};
  add("a");
  EXPECT_EQ(entries().size(), 1U);
  host.store.next_writes = {Trouble::lost_before, Trouble::lost_before, Trouble::lost_before, Trouble::lost_before,
                            Trouble::lost_before};
  const auto done = host.records.blocklist().add({0, 0, "b", "", "", "", "", 1});
  ASSERT_FALSE(done);
  EXPECT_TRUE(maybe_applied(done.error()));
}

class TagsTest : public RecordsTest {};

TEST_F(TagsTest, ALabelIsOneTagHoweverItIsWritten) {
  const Tags& tags = host.records.tags();
  const auto one = tags.find_or_make("Classics");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->label, "classics");
  EXPECT_EQ(tags.find_or_make("CLASSICS")->id, one->id);
  EXPECT_EQ(tags.find_or_make("new")->id, one->id + 1);
  EXPECT_EQ(tags.all()->size(), 2U);
  EXPECT_EQ(tags.get(one->id)->label, "classics");
  EXPECT_TRUE(tags.remove(one->id));
  EXPECT_EQ(tags.get(one->id).error().status.code, sdk::Code::not_found);
  EXPECT_EQ(tags.remove(one->id).error().status.code, sdk::Code::not_found);
}

}  // namespace
}  // namespace quarry::records
