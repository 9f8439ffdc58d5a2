// SPDX-License-Identifier: MIT
// The contract of schema_version() and change_schema().
#include <quarry/sdk/testing/record_store_contract.hpp>

namespace quarry::sdk::testing {

int link_record_contract_of_schema() { return 0; }

namespace {

SchemaStep rename_of(std::string_view collection, std::string_view field, std::string_view to) {
  return {SchemaStepKind::rename_field, 0, collection, field, to};
}
SchemaStep drop(std::string_view collection, std::string_view field) {
  return {SchemaStepKind::drop_field, 0, collection, field, ""};
}
SchemaStep drop(std::string_view collection) { return {SchemaStepKind::drop_collection, 0, collection, "", ""}; }

/// A part of contract_schema(), by its name.
OwnedCollection part(std::string_view name) {
  const std::vector<OwnedCollection> schema = contract_schema();
  for (const OwnedCollection& collection : schema) {
    if (collection.name == name) { return collection; }
  }
  ADD_FAILURE() << "no collection " << name;
  return {};
}

std::string held(RecordCaller& call) {
  std::string all;
  for (const OwnedCollection& collection : call.collections()) { all += record_rules::to_json(collection) + "\n"; }
  return all;
}

}  // namespace

TEST_P(RecordStoreContract, ARenamedFieldKeepsItsValuesIndexesAndReferences) {
  const std::int64_t of = studio("s");
  const std::int64_t id = movie("film", {{kMovieYear, integer(1999)}, {kMovieStudio, integer(of)}});
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  call().change_schema(1, {rename_of("movie", "year", "made_in"), rename_of("movie", "studio", "made_by"),
                           rename_of("movie", "title", "name"), rename_of("studio", "name", "title")});
  EXPECT_EQ(call().schema_version(), 1);
  std::vector<OwnedCollection> schema = {part("movie"), part("studio")};
  schema[0].fields[kMovieYear].name = "made_in";
  schema[0].fields[kMovieStudio].name = "made_by";
  schema[0].fields[kMovieTitle].name = "name";
  schema[0].indexes[0].fields = {"name", "made_in"};
  schema[0].indexes[1].fields = {"status", "made_in"};
  schema[1].fields[0].name = "title";
  call().declare(schema);
  const KeptRecord record = call().get("movie", id);
  EXPECT_EQ(record.version, 1);
  EXPECT_EQ(record.values.at(kMovieTitle), text("film"));
  EXPECT_EQ(record.values.at(kMovieYear), integer(1999));
  EXPECT_EQ(record.values.at(kMovieStudio), integer(of));
  const WriteOutcome twin =
      call().write(insertion("movie", {{kMovieTitle, text("film")}, {kMovieYear, integer(1999)}}));
  EXPECT_EQ(twin.result, WriteResult::conflict);
  EXPECT_EQ(call().write(insertion("studio", {{0, text("s")}})).result, WriteResult::conflict);
  EXPECT_EQ(call().write(update("movie", id, {{kMovieStudio, integer(of + 9)}})).result, WriteResult::dangling);
  ASSERT_EQ(call().write(removal("studio", of)).result, WriteResult::applied);
  EXPECT_TRUE(call().get("movie", id).values.at(kMovieStudio).is_null());
}

TEST_P(RecordStoreContract, ADroppedFieldTakesItsIndexesAndRulesAlong) {
  const std::int64_t of = studio("s");
  const std::int64_t id =
      movie("film", {{kMovieYear, integer(1)}, {kMovieKey, text("k")}, {kMovieStudio, integer(of)}});
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  call().change_schema(1, {drop("movie", "year"), drop("movie", "key"), drop("movie", "studio"),
                           drop("movie", "status"), drop("movie", "parent")});
  for (const OwnedCollection& collection : call().collections()) {
    if (collection.name != "movie") { continue; }
    EXPECT_EQ(collection.fields.size(), 4U);
    EXPECT_TRUE(collection.indexes.empty());
  }
  OwnedCollection less = part("movie");
  less.fields = {part("movie").fields[kMovieTitle], part("movie").fields[kMovieShelf]};
  less.indexes.clear();
  call().declare({less, part("studio")});
  EXPECT_EQ(call().get("movie", id).values, (std::vector<OwnedValue>{text("film"), null_value()}));
  EXPECT_GT(call().made(insertion("movie", {{0, text("film")}})), id);
  EXPECT_EQ(call().write(removal("studio", of)).result, WriteResult::applied);
  // The name may come back as something else.
  OwnedCollection anew = less;
  anew.fields.push_back(part("movie").fields[kMovieTitle]);
  anew.fields.back().name = "year";
  anew.fields.back().flags = 0;
  ASSERT_EQ(next_host({anew}).text, "");
  EXPECT_EQ(call().get("movie", id).values, (std::vector<OwnedValue>{text("film"), null_value(), null_value()}));
}

TEST_P(RecordStoreContract, ACollectionIsDroppedUnlessAnotherRefersToIt) {
  static_cast<void>(call().made(insertion("note", {{kNoteFile, integer(file_of(movie("film")))}})));
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  const std::string before = held(call());
  const Failure refused = call().try_change_schema(1, {drop("studio", "name"), drop("file")});
  EXPECT_EQ(refused.status.code, Code::conflict);
  const Failure referred = call().try_change_schema(1, {rename_of("movie", "year", "made_in"), drop("file")});
  EXPECT_EQ(referred.status.code, Code::conflict);
  EXPECT_NE(referred.text.find("file"), std::string::npos) << referred.text;
  EXPECT_EQ(held(call()), before) << "all of the steps or none";
  EXPECT_EQ(call().schema_version(), 0);
  call().change_schema(1, {drop("note"), drop("file")});
  EXPECT_EQ(call().collections().size(), 2U);
  call().declare(contract_schema());
  EXPECT_EQ(call().count("note"), 0);
  EXPECT_EQ(call().count("file"), 0);
  EXPECT_EQ(call().count("movie"), 1);
}

TEST_P(RecordStoreContract, AChangeHappensOnceAndLeavesNoneOut) {
  static_cast<void>(movie("film", {{kMovieYear, integer(7)}}));
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  EXPECT_EQ(call().schema_version(), 0);
  EXPECT_EQ(call().try_change_schema(2, {drop("movie", "year")}).status.code, Code::conflict);
  call().change_schema(1, {rename_of("movie", "year", "first")});
  call().change_schema(1, {rename_of("movie", "first", "again")});
  const std::string after = held(call());
  EXPECT_NE(after.find("\"first\""), std::string::npos);
  EXPECT_EQ(after.find("\"again\""), std::string::npos) << "a version that is reached is not made again";
  EXPECT_EQ(call().try_change_schema(3, {}).status.code, Code::conflict);
  call().change_schema(2, {});
  EXPECT_EQ(call().schema_version(), 2);
  call().change_schema(1, {drop("movie", "first")});
  EXPECT_EQ(call().schema_version(), 2);
  EXPECT_EQ(held(call()), after);
  ASSERT_TRUE(reopen());
  EXPECT_EQ(call().schema_version(), 2);
}

TEST_P(RecordStoreContract, AStepThatNamesNothingIsSkipped) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  const std::string before = held(call());
  call().change_schema(1, {rename_of("movie", "nothing", "something"), rename_of("nowhere", "a", "b"),
                           drop("movie", "nothing"), drop("nowhere", "a"), drop("nowhere")});
  EXPECT_EQ(call().schema_version(), 1);
  EXPECT_EQ(held(call()), before);
}

TEST_P(RecordStoreContract, AStepThatCannotBeMadeIsRefused) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  const std::string before = held(call());
  EXPECT_EQ(call().try_change_schema(1, {rename_of("movie", "year", "title")}).status.code, Code::conflict);
  EXPECT_EQ(call().try_change_schema(1, {drop("studio", "name")}).status.code, Code::conflict) << "its last field";
  EXPECT_EQ(call().try_change_schema(0, {}).status.code, Code::invalid);
  EXPECT_EQ(call().try_change_schema(1, {rename_of("movie", "year", "Bad Name")}).status.code, Code::invalid);
  EXPECT_EQ(call().try_change_schema(1, {rename_of("movie", "year", "version")}).status.code, Code::invalid);
  EXPECT_EQ(call().try_change_schema(1, {rename_of("movie; --", "year", "b")}).status.code, Code::invalid);
  EXPECT_EQ(call().try_change_schema(1, {{static_cast<SchemaStepKind>(9), 0, "movie", "year", "b"}}).status.code,
            Code::invalid);
  EXPECT_EQ(held(call()), before);
  EXPECT_EQ(call().schema_version(), 0);
}

}  // namespace quarry::sdk::testing
