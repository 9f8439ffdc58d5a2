// SPDX-License-Identifier: MIT
// What no version could have written is shown to nobody, told of once, and goes on when it is mended.
#include "records/set_aside.hpp"

#include "records/collections.hpp"
#include "records/records_test_world.hpp"
#include "records/values.hpp"

#include <algorithm>

namespace quarry::records {
namespace {

using testing::Host;
using testing::RecordsTest;

/// A sound entry of the history, with one value another.
std::string fault_with(std::int32_t field, sdk::Value value) {
  std::vector<sdk::Value> values(history::kFields);
  values[history::kEventSequence] = integer(7);
  values[history::kDownloadId] = integer(1);
  values[history::kEventType] = text("failed");
  values[history::kAt] = integer(1'700'000'000'000);
  if (field >= 0) { values[static_cast<std::size_t>(field)] = value; }
  sdk::RecordView record;
  record.id = 1;
  record.version = 1;
  record.values = values;
  if (field == sdk::kFieldId) { record.id = value.integer; }
  if (field == sdk::kFieldVersion) { record.version = value.integer; }
  if (field == sdk::kFieldUpdatedAt) { record.updated_at_ms = value.integer; }
  return fault_of(history::kName, record);
}

TEST(RecordFault, NamesTheFieldAndWhatIsWrong) {
  using namespace std::string_view_literals;
  EXPECT_EQ(fault_with(sdk::kNoField, {}), "");
  EXPECT_EQ(fault_with(history::kTitle, text("Amélie")), "");
  EXPECT_EQ(fault_with(history::kTitle, text("")), "") << "it may be unknown";
  EXPECT_EQ(fault_with(history::kTitle, text("\xFF")), "its title is no UTF-8 text");
  EXPECT_EQ(fault_with(history::kTitle, text("a\0b"sv)), "its title is no UTF-8 text");
  EXPECT_EQ(fault_with(history::kTitle, integer(3)), "its title is of another type");
  EXPECT_EQ(fault_with(history::kEventType, text("exploded")), "its event_type is none of the words that it may be");
  EXPECT_EQ(fault_with(history::kEventType, {}), "its event_type is missing");
  EXPECT_EQ(fault_with(history::kSizeBytes, integer(-5)), "its size_bytes is -5, and it cannot be that small");
  EXPECT_EQ(fault_with(history::kSizeBytes, text("5")), "its size_bytes is of another type");
  EXPECT_EQ(fault_with(history::kAt, integer(253'402'300'799'999)), "");
  EXPECT_EQ(fault_with(history::kAt, integer(253'402'300'800'000)),
            "its at_ms is 253402300800000, and it cannot be that large");
  EXPECT_EQ(fault_with(sdk::kFieldId, integer(0)), "its id cannot be that small");
  EXPECT_EQ(fault_with(sdk::kFieldVersion, integer(0)), "its version cannot be that small");
  EXPECT_EQ(fault_with(sdk::kFieldUpdatedAt, integer(-1)), "its updated_at_ms cannot be that small");
}

TEST(RecordFault, OfATextThatMustBeThere) {
  const sdk::Value label = text("");
  sdk::RecordView tag;
  tag.id = 1;
  tag.version = 1;
  tag.values = {&label, 1};
  EXPECT_EQ(fault_of(tags::kName, tag), "its label is empty");
}

class SetAsideTest : public RecordsTest {
 protected:
  /// As somebody does who writes into the tables by hand.
  void set(std::string_view collection, std::int64_t id, std::int32_t field, sdk::Value value) {
    const sdk::Assignment one = assign(field, value);
    sdk::RecordWrite write;
    write.kind = sdk::WriteKind::update;
    write.collection = collection;
    write.id = id;
    write.values = {&one, 1};
    ASSERT_EQ(other.records.client().write_surely(write)->result, sdk::WriteResult::applied);
  }
  [[nodiscard]] std::vector<std::string> noted() const { return host.records.set_aside().sentences(); }
};

TEST_F(SetAsideTest, AFilmIsLeftOutAndAskingForItIsAConflict) {
  const std::int64_t alien = make(wish("Alien", 1979, 348)).id;
  const std::int64_t matrix = make(wish("The Matrix", 1999, 603)).id;
  const std::int64_t untold = make(wish("Brazil", 1985)).id;
  set(movies::kName, alien, movies::kYear, integer(-5));
  set(movies::kName, untold, movies::kAddedAt, integer(-1));
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(films().size(), 1U);
    EXPECT_EQ(films().front().id, matrix);
    const auto asked = host.records.movies().get(alien);
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().status.code, sdk::Code::conflict);
    EXPECT_EQ(asked.error().text,
              "record " + std::to_string(alien) +
                  " of movies is set aside, and the others go on: its year is -5, and it cannot be that small. Look at "
                  "the row with id = " +
                  std::to_string(alien) +
                  " of the table rec_movies in the storage, and mend it, restore a backup, or delete it");
    EXPECT_EQ(noted().at(0), asked.error().text);
  }
  EXPECT_EQ(host.set_aside.size(), 2U) << "each is told once";
  // No second one is made of it, neither by its id nor by its title.
  for (const MovieWish& again : {wish("Alien", 1979, 348), wish("Brazil", 1985)}) {
    const auto made = host.records.movies().find_or_make(again);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().status.code, sdk::Code::conflict) << made.error().text;
    EXPECT_NE(made.error().text.find("is set aside"), std::string::npos) << made.error().text;
  }
  const std::array ids = {alien, matrix};
  EXPECT_EQ(host.records.movies().existing(ids)->size(), 2U) << "what refers to it is not cut off";
  set(movies::kName, alien, movies::kYear, integer(1979));
  EXPECT_EQ(host.records.movies().get(alien)->year, 1979);
  EXPECT_EQ(noted().size(), 1U);
}

TEST_F(SetAsideTest, WhatIsMendedOrGoneIsForgottenWithoutBeingAskedFor) {
  const std::int64_t mended = host.records.tags().find_or_make("one")->id;
  const std::int64_t gone = host.records.tags().find_or_make("two")->id;
  set(tags::kName, mended, tags::kLabel, text(""));
  EXPECT_EQ(host.records.tags().all()->size(), 1U);
  set(tags::kName, mended, tags::kLabel, text("three"));
  set(tags::kName, gone, tags::kLabel, text(""));
  EXPECT_EQ(host.records.tags().all()->size(), 1U);
  EXPECT_EQ(noted().size(), 1U);
  ASSERT_TRUE(host.records.tags().remove(gone)) << "to delete it is one of the cures";
  set(tags::kName, mended, tags::kLabel, text(""));
  EXPECT_EQ(host.records.tags().get(mended).error().status.code, sdk::Code::conflict);
  EXPECT_EQ(noted().size(), 2U);
  set(tags::kName, mended, tags::kLabel, text("one"));
  host.records.client().look_again();
  EXPECT_TRUE(noted().empty());
}

TEST_F(SetAsideTest, ABlockedReleaseStaysBlocked) {
  BlocklistEntry entry;
  entry.release_key = "a";
  entry.at_ms = 5;
  ASSERT_TRUE(host.records.blocklist().add(entry));
  set(blocklist::kName, 1, blocklist::kAt, integer(-5));
  int shown = 0;
  ASSERT_TRUE(host.records.blocklist().list(false, {}, [&](const BlocklistEntry&) { ++shown; }));
  EXPECT_EQ(shown, 0);
  const std::array keys = {std::string("a")};
  EXPECT_EQ(host.records.blocklist().lookup(keys, {})->by_key.size(), 1U);
}

TEST_F(SetAsideTest, APageOfThemEndsNoListAndNoMoreThanAHundredAreRemembered) {
  constexpr int kDamaged = 501;  // more than a page
  for (int i = 0; i < kDamaged + 1; ++i) { static_cast<void>(make(wish("Film", 1900, i + 1))); }
  for (int i = 1; i <= kDamaged; ++i) { set(movies::kName, i, movies::kYear, integer(-1)); }
  ASSERT_EQ(films().size(), 1U);
  EXPECT_EQ(films().front().id, kDamaged + 1);
  EXPECT_EQ(noted().size(), SetAside::kMost);
  EXPECT_EQ(host.set_aside.size(), SetAside::kMost);
  EXPECT_NE(host.records.movies().get(kDamaged).error().text.find("is set aside"), std::string::npos);
}

TEST_F(SetAsideTest, TheHistoryGoesOnAfterAnEntryThatIsSetAside) {
  EXPECT_EQ(*host.records.history().last_sequence(), 0);
  HistoryEntry entry;
  entry.event_sequence = 7;
  entry.download_id = 1;
  const auto values = assignments_of(entry);
  sdk::RecordWrite write;
  write.collection = history::kName;
  write.values = values;
  ASSERT_EQ(host.records.client().write_surely(write)->result, sdk::WriteResult::applied);
  set(history::kName, 1, history::kSizeBytes, integer(-5));
  int shown = 0;
  ASSERT_TRUE(host.records.history().list({}, true, {}, [&](const HistoryEntry&) { ++shown; }));
  EXPECT_EQ(shown, 0);
  EXPECT_EQ(*host.records.history().last_sequence(), 7);
}

}  // namespace
}  // namespace quarry::records
