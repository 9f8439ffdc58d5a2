// SPDX-License-Identifier: MIT
// The contract of what a declaration asks of records: required, allowed, unique, references.
#include <quarry/sdk/testing/record_store_contract.hpp>

namespace quarry::sdk::testing {

int link_record_contract_of_rules() { return 0; }

namespace {

/// A failure of one field changes nothing, and says which.
void expect_refused(const WriteOutcome& outcome, WriteResult result, std::int32_t field) {
  EXPECT_EQ(outcome.result, result);
  EXPECT_EQ(outcome.field, field);
  EXPECT_EQ(outcome.created, 0);
}

}  // namespace

TEST_P(RecordStoreContract, ARequiredFieldHasAValue) {
  expect_refused(call().write(insertion("movie", {})), WriteResult::missing, kMovieTitle);
  expect_refused(call().write(insertion("movie", {{kMovieTitle, null_value()}})), WriteResult::missing, kMovieTitle);
  const std::int64_t id = movie("film");
  const std::string before = everything();
  expect_refused(call().write(update("movie", id, {{kMovieSeen, null_value()}})), WriteResult::missing, kMovieSeen);
  const Write named = insertion("movie", {{kMovieTitle, text("x")}, {kMovieSeen, null_value()}});
  expect_refused(call().write(named), WriteResult::missing, kMovieSeen);
  expect_refused(call().write(upsert("movie", kMovieKey, {{kMovieKey, text("k")}})), WriteResult::missing, kMovieTitle);
  EXPECT_EQ(everything(), before);
}

TEST_P(RecordStoreContract, OnlyAllowedValuesAreTaken) {
  const Write bad = insertion("movie", {{kMovieTitle, text("x")}, {kMovieStatus, text("Wanted")}});
  expect_refused(call().write(bad), WriteResult::not_allowed, kMovieStatus);
  const std::int64_t id = movie("film");
  const std::string before = everything();
  expect_refused(call().write(update("movie", id, {{kMovieStatus, text("")}})), WriteResult::not_allowed, kMovieStatus);
  EXPECT_EQ(everything(), before);
  for (const char* good : {"have", "gone", "wanted"}) {
    EXPECT_EQ(call().write(update("movie", id, {{kMovieStatus, text(good)}})).result, WriteResult::applied);
  }
}

TEST_P(RecordStoreContract, AUniqueValueBelongsToOneRecord) {
  const std::int64_t id = movie("one", {{kMovieKey, text("k")}, {kMovieShelf, integer(7)}});
  const Write same_key = insertion("movie", {{kMovieTitle, text("two")}, {kMovieKey, text("k")}});
  WriteOutcome outcome = call().write(same_key);
  expect_refused(outcome, WriteResult::conflict, kMovieKey);
  EXPECT_EQ(outcome.existing_id, id);
  const std::int64_t other = movie("two", {{kMovieKey, text("K")}});
  outcome = call().write(update("movie", other, {{kMovieShelf, integer(7)}}));
  expect_refused(outcome, WriteResult::conflict, kMovieShelf);
  EXPECT_EQ(outcome.existing_id, id);
  EXPECT_EQ(call().write(update("movie", id, {{kMovieKey, text("k")}})).result, WriteResult::applied)
      << "a record does not stand in its own way";
  ASSERT_EQ(call().write(removal("movie", id)).result, WriteResult::applied);
  EXPECT_EQ(call().write(same_key).result, WriteResult::applied);
}

TEST_P(RecordStoreContract, UniqueNullsAndTextsThatOnlyLookAlikeDoNotConflict) {
  for (const char* key : {"a", "A", "a ", " a", "\xC3\xA1", "a\xCC\x81", ""}) {
    static_cast<void>(movie(std::string("of ") + key, {{kMovieKey, text(key)}}));
  }
  static_cast<void>(movie("no key"));
  static_cast<void>(movie("no key either"));
  EXPECT_EQ(call().count("movie"), 9);
}

TEST_P(RecordStoreContract, AUniqueIndexIsAboutAllItsFields) {
  const std::int64_t id = movie("film", {{kMovieYear, integer(1999)}});
  static_cast<void>(movie("film", {{kMovieYear, integer(2000)}}));
  static_cast<void>(movie("other", {{kMovieYear, integer(1999)}}));
  const std::int64_t first_without_year = movie("film");
  static_cast<void>(movie("film"));
  WriteOutcome outcome = call().write(insertion("movie", {{kMovieTitle, text("film")}, {kMovieYear, integer(1999)}}));
  expect_refused(outcome, WriteResult::conflict, kNoField);
  EXPECT_EQ(outcome.existing_id, id);
  outcome = call().write(update("movie", first_without_year, {{kMovieYear, integer(1999)}}));
  EXPECT_EQ(outcome.result, WriteResult::conflict);
  EXPECT_EQ(outcome.existing_id, id);
}

TEST_P(RecordStoreContract, AReferenceNamesARecord) {
  const Write dangling = insertion("movie", {{kMovieTitle, text("x")}, {kMovieStudio, integer(99)}});
  expect_refused(call().write(dangling), WriteResult::dangling, kMovieStudio);
  const std::int64_t id = movie("film");
  expect_refused(call().write(update("movie", id, {{kMovieParent, integer(id + 1)}})), WriteResult::dangling,
                 kMovieParent);
  EXPECT_EQ(call().write(update("movie", id, {{kMovieParent, integer(id)}})).result, WriteResult::applied)
      << "a record may refer to itself";
  EXPECT_EQ(call().write(removal("movie", id)).result, WriteResult::applied) << "and does not hold itself";
  expect_refused(call().write(insertion("file", {{kFileMovie, integer(id)}})), WriteResult::dangling, kFileMovie);
}

TEST_P(RecordStoreContract, TheFirstReasonIsTold) {
  static_cast<void>(movie("one", {{kMovieKey, text("k")}}));
  Write bad = insertion("movie", {{kMovieStatus, text("bad")}, {kMovieKey, text("k")}, {kMovieStudio, integer(99)}});
  expect_refused(call().write(bad), WriteResult::missing, kMovieTitle);
  bad.values.emplace_back(kMovieTitle, text("two"));
  expect_refused(call().write(bad), WriteResult::not_allowed, kMovieStatus);
  bad.values[0].second = text("have");
  expect_refused(call().write(bad), WriteResult::conflict, kMovieKey);
  bad.values[1].second = text("l");
  expect_refused(call().write(bad), WriteResult::dangling, kMovieStudio);
  bad.values[2].second = null_value();
  EXPECT_EQ(call().write(bad).result, WriteResult::applied);
}

TEST_P(RecordStoreContract, RestrictHoldsTheRecord) {
  const std::int64_t parent = movie("parent");
  const std::int64_t child = movie("child", {{kMovieParent, integer(parent)}});
  const std::string before = everything();
  EXPECT_EQ(call().write(removal("movie", parent)).result, WriteResult::referred);
  EXPECT_EQ(everything(), before);
  ASSERT_EQ(call().write(update("movie", child, {{kMovieParent, null_value()}})).result, WriteResult::applied);
  EXPECT_EQ(call().write(removal("movie", parent)).result, WriteResult::applied);
}

TEST_P(RecordStoreContract, CascadeTakesAlongUnlessSomethingHoldsWhatWouldGo) {
  const std::int64_t film = movie("film");
  const std::int64_t file = file_of(film);
  const std::int64_t second = file_of(film);
  const std::int64_t elsewhere = file_of(movie("other"));
  const std::int64_t note = call().made(insertion("note", {{kNoteFile, integer(file)}}));
  const std::string before = everything();
  EXPECT_EQ(call().write(removal("movie", film)).result, WriteResult::referred) << "the note holds the file";
  EXPECT_EQ(everything(), before);
  ASSERT_EQ(call().write(removal("note", note)).result, WriteResult::applied);
  const WriteOutcome outcome = call().write(removal("movie", film));
  EXPECT_EQ(outcome.result, WriteResult::applied);
  EXPECT_EQ(outcome.id, film);
  EXPECT_EQ(call().get("file", file).id, 0);
  EXPECT_EQ(call().get("file", second).id, 0);
  EXPECT_EQ(call().get("file", elsewhere).id, elsewhere);
}

TEST_P(RecordStoreContract, SetNullIsAWriteOfTheRecord) {
  const std::int64_t of = studio("one");
  const std::int64_t other = studio("two");
  const std::int64_t film = movie("film", {{kMovieStudio, integer(of)}});
  const std::int64_t untouched = movie("untouched", {{kMovieStudio, integer(other)}});
  const KeptRecord before = call().get("movie", untouched);
  clock().advance(1000);
  ASSERT_EQ(call().write(removal("studio", of)).result, WriteResult::applied);
  const KeptRecord after = call().get("movie", film);
  EXPECT_TRUE(after.values.at(kMovieStudio).is_null());
  EXPECT_EQ(after.version, 2);
  EXPECT_EQ(after.updated_at_ms, clock().wall_ms());
  EXPECT_EQ(call().get("movie", untouched), before);
  EXPECT_EQ(call().write(update("movie", film, {}, 1)).result, WriteResult::stale_version);
}

}  // namespace quarry::sdk::testing
