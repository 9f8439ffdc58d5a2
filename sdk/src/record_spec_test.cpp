// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/record_store_rules.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace quarry::sdk::record_rules {
namespace {

OwnedValue value_of(Value::Kind kind, std::int64_t integer, double real, std::string text) {
  OwnedValue value;
  value.kind = kind;
  value.integer = integer;
  value.real = real;
  value.text = std::move(text);
  return value;
}
OwnedCollection movie() {
  OwnedCollection movie;
  movie.name = "movie";
  movie.flags = kQueueRefersTo;
  movie.fields = {
      {"title",
       FieldType::text,
       kRequired,
       value_of(Value::Kind::text, 0, 0, "é \"'\\\n"),
       "",
       OnDelete::restrict_it,
       {}},
      {"year",
       FieldType::integer,
       kIndexed,
       value_of(Value::Kind::integer, std::numeric_limits<std::int64_t>::min(), 0, ""),
       "",
       OnDelete::restrict_it,
       {}},
      {"rating",
       FieldType::real,
       0,
       value_of(Value::Kind::real, 0, 1.84467440737095516156, ""),
       "",
       OnDelete::restrict_it,
       {}},
      {"seen", FieldType::boolean, 0, value_of(Value::Kind::boolean, 1, 0, ""), "", OnDelete::restrict_it, {}},
      {"status", FieldType::text, 0, {}, "", OnDelete::restrict_it, {"a", "", "b"}},
      {"parent", FieldType::integer, kUnique, {}, "movie", OnDelete::set_null, {}},
  };
  movie.indexes = {{"pair", {"year", "title"}, true}, {"other", {"seen", "rating"}, false}};
  return movie;
}
bool has_none(const OwnedCollection&) { return false; }

void expect_conflict(const OwnedCollection& held, const OwnedCollection& declared, const std::string& part) {
  try {
    static_cast<void>(difference({{held.name, held}}, {{declared.name, declared}}, has_none));
    ADD_FAILURE() << "no contradiction about " << part;
  } catch (const Error& e) {
    EXPECT_EQ(e.status().code, Code::conflict);
    EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
  }
}

TEST(RecordSpec, JsonHoldsTheWholeDeclaration) {
  const OwnedCollection read = collection_from_json(to_json(movie()));
  EXPECT_EQ(to_json(read), to_json(movie()));
  ASSERT_EQ(read.fields.size(), 6U);
  EXPECT_EQ(read.flags, std::uint32_t{kQueueRefersTo});
  for (std::size_t i = 0; i < read.fields.size(); ++i) {
    EXPECT_EQ(read.fields[i].name, movie().fields[i].name);
    EXPECT_EQ(read.fields[i].type, movie().fields[i].type);
    EXPECT_EQ(read.fields[i].flags, movie().fields[i].flags);
    EXPECT_EQ(read.fields[i].initial.kind, movie().fields[i].initial.kind) << i;
    EXPECT_EQ(read.fields[i].initial, movie().fields[i].initial) << i;
    EXPECT_EQ(read.fields[i].references, movie().fields[i].references);
    EXPECT_EQ(read.fields[i].on_delete, movie().fields[i].on_delete);
    EXPECT_EQ(read.fields[i].allowed, movie().fields[i].allowed);
  }
  ASSERT_EQ(read.indexes.size(), 2U);
  EXPECT_TRUE(read.indexes[0].unique);
  EXPECT_EQ(read.indexes[1].fields, movie().indexes[1].fields);
}

TEST(RecordSpec, DamagedJsonIsRefused) {
  EXPECT_THROW(static_cast<void>(collection_from_json("")), Error);
  EXPECT_THROW(static_cast<void>(collection_from_json("{}")), Error);
  EXPECT_THROW(static_cast<void>(collection_from_json(R"({"fields": [{"name": "a", "type": 9}]})")), Error);
}

TEST(RecordSpec, ASpecViewIsTheDeclarationAgain) {
  const OwnedCollection kept = movie();
  const SpecView view(kept);
  EXPECT_EQ(to_json(OwnedCollection(view.spec())), to_json(movie()));
  check_declaration(std::span(&view.spec(), 1));
}

TEST(RecordSpec, ADifferenceMadeIsNoDifferenceAnyMore) {
  Collections held;
  const Collections declared{{"movie", movie()}};
  for (const CollectionChange& change : difference(held, declared, has_none)) {
    EXPECT_TRUE(change.made);
    apply(change, held);
  }
  EXPECT_EQ(to_json(held.at("movie")), to_json(movie()));
  EXPECT_TRUE(difference(held, declared, has_none).empty());

  Collections more = declared;
  more.at("movie").fields[0].flags |= kIndexed;
  more.at("movie").fields[4].allowed = {"b", "c", "", "a"};
  more.at("movie").fields.insert(more.at("movie").fields.begin(), movie().fields[1]);
  more.at("movie").fields.front().name = "added";
  more.at("movie").indexes.push_back({"third", {"added", "title"}, false});
  const std::vector<CollectionChange> changes = difference(held, more, has_none);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_FALSE(changes[0].made);
  ASSERT_EQ(changes[0].fields.size(), 1U);
  EXPECT_EQ(changes[0].indexed, std::vector<std::string>{"title"});
  ASSERT_EQ(changes[0].allowed.size(), 1U);
  EXPECT_EQ(changes[0].allowed[0].name, "status");
  apply(changes[0], held);
  EXPECT_TRUE(difference(held, more, has_none).empty());
  EXPECT_EQ(held.at("movie").fields.back().name, "added") << "fields stay in the order they were made";
  EXPECT_EQ(held.at("movie").field("status")->allowed.size(), 4U);

  const std::vector<CollectionChange> older = difference(held,
                                                         {{"movie",
                                                           [] {
                                                             OwnedCollection some = movie();
                                                             some.fields[4].allowed = {"b", "c", "", "a"};
                                                             return some;
                                                           }()}},
                                                         has_none);
  EXPECT_TRUE(older.empty()) << "what an older host does not know stays";
}

TEST(RecordSpec, AContradictionNamesItsPlaceAndBothSides) {
  OwnedCollection other = movie();
  other.fields[1].type = FieldType::real;
  expect_conflict(movie(), other,
                  "collection \"movie\", field \"year\": this host declares real, the storage holds integer");
  other = movie();
  other.fields[0].flags = 0;
  expect_conflict(movie(), other, "it not required, the storage holds it required");
  other = movie();
  other.fields[5].on_delete = OnDelete::cascade;
  expect_conflict(movie(), other, "on_delete cascade, the storage holds set_null");
  other = movie();
  other.indexes[0].fields = {"title", "year"};
  expect_conflict(movie(), other, "index \"pair\"");
  other = movie();
  other.name = "film";
  expect_conflict(movie(), other, "that they refer to \"movie\"");
}

TEST(RecordSpec, ARequiredFieldAsksForRecordsOnlyWhereItMatters) {
  OwnedCollection more = movie();
  more.fields.push_back({"must", FieldType::text, kRequired, {}, "", OnDelete::restrict_it, {}});
  const Collections held{{"movie", movie()}};
  int asked = 0;
  const auto has_some = [&](const OwnedCollection&) {
    ++asked;
    return true;
  };
  EXPECT_TRUE(difference(held, held, has_some).empty());
  EXPECT_EQ(asked, 0);
  EXPECT_THROW(static_cast<void>(difference(held, {{"movie", more}}, has_some)), Error);
  EXPECT_EQ(difference(held, {{"movie", more}}, has_none).size(), 1U);
  EXPECT_EQ(difference({}, {{"movie", more}}, has_some).size(), 1U) << "a new collection has none";
}

TEST(RecordSpec, ValuesHaveAnOrder) {
  const auto text = [](std::string t) { return value_of(Value::Kind::text, 0, 0, std::move(t)); };
  const auto real = [](double d) { return value_of(Value::Kind::real, 0, d, ""); };
  EXPECT_TRUE(std::is_lt(compare({}, text(""))));
  EXPECT_TRUE(std::is_eq(compare({}, {})));
  EXPECT_TRUE(std::is_gt(compare(text("\xC3\xA9"), text("z"))));
  EXPECT_TRUE(std::is_lt(compare(text("a"), text("aa"))));
  EXPECT_TRUE(std::is_eq(compare(real(-0.0), real(0.0))));
  EXPECT_TRUE(std::is_lt(compare(real(-1), real(-0.5))));
}

TEST(RecordSpec, AStepThatThrowsLeavesWhatIsHeld) {
  Collections held{{"movie", movie()}};
  const SchemaStep bad{SchemaStepKind::rename_field, 0, "movie", "year", "title"};
  EXPECT_THROW(static_cast<void>(apply(bad, held)), Error);
  EXPECT_EQ(to_json(held.at("movie")), to_json(movie()));
  const SchemaStep good{SchemaStepKind::rename_field, 0, "movie", "year", "made_in"};
  EXPECT_TRUE(apply(good, held));
  EXPECT_FALSE(apply(good, held));
  EXPECT_EQ(held.at("movie").indexes[0].fields, (std::vector<std::string>{"made_in", "title"}));
}

}  // namespace
}  // namespace quarry::sdk::record_rules
