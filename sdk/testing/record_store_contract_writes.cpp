// SPDX-License-Identifier: MIT
// The contract of write(): versions, upserts, and a batch that is one unit.
#include <quarry/sdk/testing/record_store_contract.hpp>

namespace quarry::sdk::testing {

int link_record_contract_of_writes() { return 0; }

TEST_P(RecordStoreContract, VersionsRiseByOneWithEachWrite) {
  const std::int64_t id = movie("film");
  for (std::int64_t version = 2; version <= 4; ++version) {
    const WriteOutcome outcome = call().write(update("movie", id, {{kMovieYear, integer(1)}}));
    EXPECT_EQ(outcome.result, WriteResult::applied);
    EXPECT_EQ(outcome.version, version) << "also where nothing becomes different";
    EXPECT_EQ(outcome.id, id);
    EXPECT_EQ(outcome.created, 0);
    EXPECT_EQ(call().get("movie", id).version, version);
  }
}

TEST_P(RecordStoreContract, AWriteOfAnotherVersionIsStale) {
  const std::int64_t id = movie("film");
  EXPECT_EQ(call().write(update("movie", id, {{kMovieYear, integer(1)}}, 1)).result, WriteResult::applied);
  const std::string before = everything();
  for (const std::int64_t wrong : {0, 1, 3}) {
    const WriteOutcome updated = call().write(update("movie", id, {{kMovieYear, integer(2)}}, wrong));
    EXPECT_EQ(updated.result, WriteResult::stale_version);
    EXPECT_EQ(updated.version, 2);
    const WriteOutcome removed = call().write(removal("movie", id, wrong));
    EXPECT_EQ(removed.result, WriteResult::stale_version);
    EXPECT_EQ(removed.version, 2);
  }
  EXPECT_EQ(everything(), before);
  const WriteOutcome removed = call().write(removal("movie", id, 2));
  EXPECT_EQ(removed.result, WriteResult::applied);
  EXPECT_EQ(removed.id, id);
}

TEST_P(RecordStoreContract, UpdateAndRemoveNeedTheRecord) {
  const std::int64_t id = movie("film");
  ASSERT_EQ(call().write(removal("movie", id)).result, WriteResult::applied);
  EXPECT_EQ(call().write(removal("movie", id)).result, WriteResult::not_found);
  EXPECT_EQ(call().write(removal("movie", id, 1)).result, WriteResult::not_found);
  EXPECT_EQ(call().write(update("movie", id, {{kMovieYear, integer(1)}})).result, WriteResult::not_found);
  EXPECT_EQ(call().write(update("movie", 0, {})).result, WriteResult::not_found);
  EXPECT_EQ(call().count("movie"), 0);
}

TEST_P(RecordStoreContract, UpsertMakesOrChanges) {
  const Write first = upsert("movie", kMovieKey, {{kMovieKey, text("k")}, {kMovieTitle, text("one")}});
  const WriteOutcome made = call().write(first);
  EXPECT_EQ(made.result, WriteResult::applied);
  EXPECT_EQ(made.created, 1);
  EXPECT_EQ(made.version, 1);
  EXPECT_EQ(call().get("movie", made.id).values.at(kMovieStatus), text("wanted"));
  ASSERT_EQ(call().write(update("movie", made.id, {{kMovieStatus, text("have")}})).result, WriteResult::applied);

  const WriteOutcome changed =
      call().write(upsert("movie", kMovieKey, {{kMovieTitle, text("two")}, {kMovieKey, text("k")}}));
  EXPECT_EQ(changed.result, WriteResult::applied);
  EXPECT_EQ(changed.created, 0);
  EXPECT_EQ(changed.id, made.id);
  EXPECT_EQ(changed.version, 3);
  const KeptRecord record = call().get("movie", made.id);
  EXPECT_EQ(record.values.at(kMovieTitle), text("two"));
  EXPECT_EQ(record.values.at(kMovieStatus), text("have")) << "fields that are not named stay";
  EXPECT_EQ(call().write(upsert("movie", kMovieKey, {{kMovieKey, text("k")}})).version, 4)
      << "a change need not name what is required";

  const Write by_number = upsert("movie", kMovieShelf, {{kMovieShelf, integer(-3)}, {kMovieTitle, text("three")}});
  EXPECT_EQ(call().write(by_number).created, 1);
  EXPECT_EQ(call().write(by_number).created, 0);
}

TEST_P(RecordStoreContract, UpsertMayExpectAVersionOrThatThereIsNone) {
  const auto write = [&](std::int64_t expected) {
    return call().write(upsert("movie", kMovieKey, {{kMovieKey, text("k")}, {kMovieTitle, text("one")}}, expected));
  };
  const WriteOutcome too_early = write(1);
  EXPECT_EQ(too_early.result, WriteResult::stale_version);
  EXPECT_EQ(too_early.version, 0);
  EXPECT_EQ(write(0).result, WriteResult::applied);
  const WriteOutcome there_is_one = write(0);
  EXPECT_EQ(there_is_one.result, WriteResult::stale_version);
  EXPECT_EQ(there_is_one.version, 1);
  EXPECT_EQ(write(1).version, 2);
  EXPECT_EQ(write(1).result, WriteResult::stale_version);
}

TEST_P(RecordStoreContract, UpsertKeepsTheOtherRules) {
  const std::int64_t taken = movie("taken", {{kMovieShelf, integer(1)}});
  const std::int64_t mine = movie("mine", {{kMovieKey, text("k")}});
  const WriteOutcome changed =
      call().write(upsert("movie", kMovieKey, {{kMovieKey, text("k")}, {kMovieShelf, integer(1)}}));
  EXPECT_EQ(changed.result, WriteResult::conflict);
  EXPECT_EQ(changed.existing_id, taken);
  EXPECT_EQ(changed.field, kMovieShelf);
  const WriteOutcome made = call().write(
      upsert("movie", kMovieKey, {{kMovieKey, text("new")}, {kMovieTitle, text("t")}, {kMovieShelf, integer(1)}}));
  EXPECT_EQ(made.result, WriteResult::conflict);
  EXPECT_EQ(made.existing_id, taken);
  EXPECT_EQ(call().get("movie", mine).version, 1);
  EXPECT_EQ(call().count("movie"), 2);
}

TEST_P(RecordStoreContract, ABatchSeesItsOwnWrites) {
  const std::int64_t id = movie("film", {{kMovieKey, text("a")}});
  const std::vector<WriteOutcome> outcomes = call().write({
      update("movie", id, {{kMovieKey, text("b")}}, 1),
      insertion("movie", {{kMovieTitle, text("second")}, {kMovieKey, text("a")}}),
      update("movie", id, {{kMovieYear, integer(5)}}, 2),
      upsert("movie", kMovieKey, {{kMovieKey, text("a")}, {kMovieYear, integer(6)}}, 1),
      insertion("file", {{kFileMovie, integer(id)}}),
      insertion("studio", {{kStudioName, text("s")}}),
  });
  for (const WriteOutcome& outcome : outcomes) { EXPECT_EQ(outcome.result, WriteResult::applied); }
  EXPECT_EQ(outcomes.at(2).version, 3);
  EXPECT_EQ(outcomes.at(3).id, outcomes.at(1).id);
  EXPECT_EQ(outcomes.at(3).version, 2);
  EXPECT_EQ(call().get("movie", id).values.at(kMovieKey), text("b"));
  EXPECT_EQ(call().get("movie", outcomes.at(1).id).values.at(kMovieYear), integer(6));
  EXPECT_EQ(call().count("file"), 1);
}

TEST_P(RecordStoreContract, ABatchIsAppliedWholeOrNotAtAll) {
  const std::int64_t film = movie("film", {{kMovieKey, text("k")}});
  const std::int64_t with_file = movie("with file");
  const std::int64_t file = file_of(with_file);
  static_cast<void>(call().made(insertion("note", {{kNoteFile, integer(file)}})));
  const std::string before = everything();
  const std::vector<std::pair<Write, WriteResult>> bad = {
      {update("movie", 999, {}), WriteResult::not_found},
      {removal("movie", film, 7), WriteResult::stale_version},
      {insertion("movie", {{kMovieTitle, text("x")}, {kMovieKey, text("k")}}), WriteResult::conflict},
      {insertion("movie", {}), WriteResult::missing},
      {update("movie", film, {{kMovieStatus, text("?")}}), WriteResult::not_allowed},
      {insertion("file", {{kFileMovie, integer(999)}}), WriteResult::dangling},
      {removal("movie", with_file), WriteResult::referred},
  };
  for (const auto& [write, reason] : bad) {
    const std::vector<WriteOutcome> outcomes = call().write({
        insertion("movie", {{kMovieTitle, text("new")}}),
        update("movie", with_file, {{kMovieYear, integer(3)}}),
        write,
        removal("file", 999),
        insertion("studio", {{kStudioName, text("s")}}),
    });
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      EXPECT_EQ(outcomes[i].result, i == 2 ? reason : WriteResult::not_applied) << i;
    }
    EXPECT_EQ(everything(), before) << "after a batch that failed with " << static_cast<int>(reason);
  }
}

TEST_P(RecordStoreContract, ABatchHasUpTo500Writes) {
  std::vector<Write> writes;
  for (int i = 0; i < 500; ++i) { writes.push_back(insertion("studio", {{kStudioName, text(std::to_string(i))}})); }
  std::int64_t last = 0;
  for (const WriteOutcome& outcome : call().write(writes)) {
    ASSERT_EQ(outcome.result, WriteResult::applied);
    EXPECT_GT(outcome.id, last);
    last = outcome.id;
  }
  EXPECT_EQ(call().count("studio"), 500);
}

}  // namespace quarry::sdk::testing
