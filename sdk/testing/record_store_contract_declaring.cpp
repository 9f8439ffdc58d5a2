// SPDX-License-Identifier: MIT
// The contract of declare() and collections(): what is held grows, and nothing else happens to it.
#include <quarry/sdk/testing/record_store_contract.hpp>

#include <algorithm>

namespace quarry::sdk::testing {

int link_record_contract_of_declaring() { return 0; }

namespace {

OwnedField field(std::string name, FieldType type, std::uint32_t flags = 0, OwnedValue initial = {}) {
  OwnedField made;
  made.name = std::move(name);
  made.type = type;
  made.flags = flags;
  made.initial = std::move(initial);
  return made;
}
OwnedField reference(std::string name, std::string to, OnDelete on_delete) {
  OwnedField made = field(std::move(name), FieldType::integer);
  made.references = std::move(to);
  made.on_delete = on_delete;
  return made;
}
/// A thing with a name (0), a size (1) and a colour (2) of two.
OwnedCollection thing() {
  OwnedCollection made;
  made.name = "thing";
  made.fields = {field("name", FieldType::text, kRequired | kUnique), field("size", FieldType::integer, 0, integer(1)),
                 field("colour", FieldType::text, 0, text("red"))};
  made.fields[2].allowed = {"red", "blue"};
  made.indexes = {{"size_colour", {"size", "colour"}, false}};
  return made;
}
Write new_thing(std::string_view name) { return insertion("thing", {{0, text(name)}}); }

/// All that is held, as text.
std::string held(RecordCaller& call) {
  std::string all;
  for (const OwnedCollection& collection : call.collections()) { all += record_rules::to_json(collection) + "\n"; }
  return all;
}

}  // namespace

TEST_P(RecordStoreContract, CollectionsTellsWhatIsHeld) {
  std::vector<OwnedCollection> expected = contract_schema();
  std::sort(expected.begin(), expected.end(),
            [](const OwnedCollection& a, const OwnedCollection& b) { return a.name < b.name; });
  const std::vector<OwnedCollection> told = call().collections();
  ASSERT_EQ(told.size(), expected.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(record_rules::to_json(told[i]), record_rules::to_json(expected[i]));
  }
  if (!reopen()) { return; }
  EXPECT_EQ(call().collections().size(), expected.size()) << "also before this process has declared anything";
}

TEST_P(RecordStoreContract, TheSameDeclarationChangesNothing) {
  static_cast<void>(file_of(movie("film")));
  const std::string records = everything();
  const std::string declarations = held(call());
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  call().declare(contract_schema());
  EXPECT_EQ(everything(), records);
  EXPECT_EQ(held(call()), declarations);
}

TEST_P(RecordStoreContract, NothingIsAnsweredBeforeTheDeclaration) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  EXPECT_EQ(call().try_find({"movie", {}, {}, {}}).status.code, Code::invalid);
  EXPECT_EQ(call().try_count("movie", {}).status.code, Code::invalid);
  EXPECT_EQ(call().try_write({insertion("studio", {{kStudioName, text("s")}})}).status.code, Code::invalid);
  EXPECT_EQ(call().schema_version(), 0);
  call().declare(contract_schema());
  EXPECT_EQ(call().count("studio"), 0);
}

TEST_P(RecordStoreContract, ANewFieldIsAddedToTheRecordsThatAreThere) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  call().declare({thing()});
  const std::int64_t id = call().made(new_thing("one"));
  OwnedCollection more = thing();
  more.fields.push_back(field("note", FieldType::text));
  more.fields.push_back(field("rating", FieldType::real, kRequired, real(0.1)));
  more.fields.push_back(field("seen", FieldType::boolean, kRequired | kIndexed, boolean(true)));
  more.fields.push_back(field("key", FieldType::text, kUnique));
  more.fields.push_back(field("big", FieldType::integer, kRequired, integer(-9'000'000'000'000'000'000)));
  more.fields.push_back(field("tag", FieldType::text, kRequired, text("it's \"%s\" \\ é")));
  more.fields.push_back(reference("of", "thing", OnDelete::set_null));
  more.indexes.push_back({"name_key", {"name", "key"}, true});
  ASSERT_EQ(next_host({more}).text, "");
  const KeptRecord record = call().get("thing", id);
  EXPECT_EQ(record.version, 1) << "a declaration is no write of records";
  const std::vector<OwnedValue> expected = {text("one"),
                                            integer(1),
                                            text("red"),
                                            null_value(),
                                            real(0.1),
                                            boolean(true),
                                            null_value(),
                                            integer(-9'000'000'000'000'000'000),
                                            text("it's \"%s\" \\ é"),
                                            null_value()};
  EXPECT_EQ(record.values, expected);
  std::vector<OwnedValue> of_new = call().get("thing", call().made(new_thing("two"))).values;
  of_new[0] = text("one");
  EXPECT_EQ(of_new, expected);
  EXPECT_EQ(call().write(update("thing", id, {{6, text("k")}, {9, integer(id)}})).result, WriteResult::applied);
  EXPECT_EQ(call().write(insertion("thing", {{0, text("x")}, {6, text("k")}})).result, WriteResult::conflict);
  EXPECT_EQ(call().write(update("thing", id, {{9, integer(99)}})).result, WriteResult::dangling);
  EXPECT_EQ(call().write(update("thing", id, {{5, null_value()}})).result, WriteResult::missing);
}

TEST_P(RecordStoreContract, ARequiredFieldWithoutInitialValueNeedsAnEmptyCollection) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  call().declare({thing()});
  OwnedCollection more = thing();
  more.fields.push_back(field("must", FieldType::text, kRequired));
  ASSERT_EQ(next_host({more}).text, "");
  EXPECT_EQ(call().write(new_thing("one")).result, WriteResult::missing);
  const std::int64_t id = call().made(insertion("thing", {{0, text("one")}, {3, text("x")}}));
  more.fields.push_back(field("more", FieldType::integer, kRequired));
  const std::string before = held(call());
  const Failure refused = next_host({more});
  EXPECT_EQ(refused.status.code, Code::conflict);
  EXPECT_NE(refused.text.find("thing"), std::string::npos) << refused.text;
  EXPECT_NE(refused.text.find("more"), std::string::npos) << refused.text;
  EXPECT_EQ(held(call()), before);
  more.fields.pop_back();
  call().declare({more});
  EXPECT_EQ(call().get("thing", id).values.at(3), text("x"));
}

TEST_P(RecordStoreContract, IndexesAndAllowedValuesAreAdded) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  call().declare({thing()});
  const std::int64_t id = call().made(new_thing("one"));
  EXPECT_EQ(call().write(update("thing", id, {{2, text("green")}})).result, WriteResult::not_allowed);
  OwnedCollection more = thing();
  more.fields[1].flags |= kIndexed;
  more.fields[2].allowed = {"green", "red", "blue"};
  more.indexes.push_back({"unique_pair", {"colour", "size"}, true});
  ASSERT_EQ(next_host({more}).text, "");
  EXPECT_EQ(call().write(update("thing", id, {{2, text("green")}})).result, WriteResult::applied);
  EXPECT_GT(call().made(new_thing("two")), id);
  const WriteOutcome twin = call().write(insertion("thing", {{0, text("three")}, {2, text("green")}}));
  EXPECT_EQ(twin.result, WriteResult::conflict);
  EXPECT_EQ(twin.existing_id, id);
  EXPECT_EQ(call().find_ids({"thing", {{1, Match::equal, {integer(1)}}}, {}, {}}).size(), 2U);
  OwnedCollection any = more;
  any.fields[2].allowed.clear();
  ASSERT_EQ(next_host({any}).text, "");
  EXPECT_EQ(call().write(update("thing", id, {{2, text("pink")}})).result, WriteResult::applied);
  EXPECT_EQ(next_host({more}).status.code, Code::conflict) << "any value is more than three";
}

TEST_P(RecordStoreContract, AUniqueIndexIsNotAddedWhereRecordsAgree) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  call().declare({thing()});
  static_cast<void>(call().made(new_thing("one")));
  const std::int64_t second = call().made(new_thing("two"));
  OwnedCollection more = thing();
  more.fields.push_back(field("extra", FieldType::text));
  more.indexes.push_back({"unique_pair", {"size", "colour"}, true});
  const std::string before = held(call());
  const Failure refused = next_host({more});
  EXPECT_EQ(refused.status.code, Code::conflict);
  EXPECT_NE(refused.text.find("unique_pair"), std::string::npos) << refused.text;
  EXPECT_EQ(held(call()), before);
  call().declare({thing()});
  ASSERT_EQ(call().write(update("thing", second, {{1, null_value()}})).result, WriteResult::applied);
  EXPECT_EQ(next_host({more}).text, "") << "null agrees with nothing";
}

TEST_P(RecordStoreContract, WhatAnotherHostDeclaredIsLeftAloneAndUnseen) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  OwnedCollection newer = thing();
  // The new field stands in the middle: places are those of each process.
  newer.fields.insert(newer.fields.begin() + 1, field("extra", FieldType::text, kRequired, text("new")));
  OwnedCollection other = thing();
  other.name = "other";
  call().declare({newer, other});
  const std::int64_t id = call().made(insertion("thing", {{0, text("one")}, {1, text("kept")}, {2, integer(4)}}));
  const std::string before = held(call());
  ASSERT_EQ(next_host({thing()}).text, "");
  EXPECT_EQ(held(call()), before);
  const std::vector<OwnedValue> expected = {text("one"), integer(4), text("red")};
  EXPECT_EQ(call().get("thing", id).values, expected);
  EXPECT_EQ(call().find_ids({"thing", {{1, Match::equal, {integer(4)}}}, {{2, 1}}, {}}).size(), 1U);
  EXPECT_EQ(call().try_count("other", {}).status.code, Code::invalid);
  ASSERT_EQ(call().write(update("thing", id, {{1, integer(5)}})).result, WriteResult::applied);
  const std::int64_t second = call().made(new_thing("two"));
  ASSERT_EQ(next_host({newer}).text, "");
  EXPECT_EQ(call().get("thing", id).values.at(1), text("kept"));
  EXPECT_EQ(call().get("thing", id).values.at(2), integer(5));
  EXPECT_EQ(call().get("thing", second).values.at(1), text("new"));
}

TEST_P(RecordStoreContract, AContradictionIsRefusedWhole) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  OwnedCollection box;
  box.name = "box";
  box.fields = {reference("thing", "thing", OnDelete::cascade)};
  call().declare({thing(), box});
  static_cast<void>(call().made(new_thing("one")));
  using Change = std::function<void(OwnedCollection & thing, OwnedCollection & box)>;
  const std::vector<std::pair<std::string, Change>> changes = {
      {"size",
       [](auto& thing, auto&) {
         thing.fields[1].type = FieldType::real;
         thing.fields[1].initial = real(1);
       }},
      {"size", [](auto& thing, auto&) { thing.fields[1].flags |= kRequired; }},
      {"name", [](auto& thing, auto&) { thing.fields[0].flags &= ~std::uint32_t{kRequired}; }},
      {"name", [](auto& thing, auto&) { thing.fields[0].flags &= ~std::uint32_t{kUnique}; }},
      {"size", [](auto& thing, auto&) { thing.fields[1].initial = integer(2); }},
      {"size", [](auto& thing, auto&) { thing.fields[1].initial = null_value(); }},
      {"colour", [](auto& thing, auto&) { thing.fields[2].allowed = {"red"}; }},
      {"colour",
       [](auto& thing, auto&) {
         thing.fields[2].allowed = {"red", "green"};
       }},
      {"thing", [](auto&, auto& box) { box.fields[0].references = "box"; }},
      {"thing", [](auto&, auto& box) { box.fields[0].references = ""; }},
      {"thing", [](auto&, auto& box) { box.fields[0].on_delete = OnDelete::restrict_it; }},
      {"size_colour",
       [](auto& thing, auto&) {
         thing.indexes[0].fields = {"colour", "size"};
       }},
      {"size_colour", [](auto& thing, auto&) { thing.indexes[0].unique = true; }},
      {"box", [](auto&, auto& box) { box.flags = kQueueRefersTo; }},
  };
  const std::string before = held(call());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    OwnedCollection other_thing = thing();
    OwnedCollection other_box = box;
    OwnedCollection another = thing();
    another.name = "another";
    other_thing.fields.push_back(field("extra", FieldType::text));
    changes[i].second(other_thing, other_box);
    const Failure refused = next_host({another, other_box, other_thing});
    EXPECT_EQ(refused.status.code, Code::conflict) << i;
    EXPECT_NE(refused.text.find('"' + changes[i].first + '"'), std::string::npos) << i << ": " << refused.text;
    EXPECT_EQ(held(call()), before) << i;
  }
}

}  // namespace quarry::sdk::testing
