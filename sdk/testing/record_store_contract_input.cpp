// SPDX-License-Identifier: MIT
// The contract of requests that are not well-formed: `invalid`, a sentence that says where, and nothing happens.
#include <quarry/sdk/testing/record_store_contract.hpp>

#include <cmath>
#include <functional>
#include <limits>

namespace quarry::sdk::testing {

int link_record_contract_of_input() { return 0; }

namespace {

void expect_invalid(const Failure& answer, const std::string& what) {
  EXPECT_EQ(answer.status.code, Code::invalid) << what << ": " << answer.text;
  EXPECT_NE(answer.text, "") << what;
}

const std::string kNotUtf8[] = {"\x80", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "a\xFFz"};

}  // namespace

TEST_P(RecordStoreContract, BadDeclarationsAreRefused) {
  if (!reopen()) { GTEST_SKIP() << "keeps nothing"; }
  using Change = std::function<void(OwnedCollection&)>;
  const auto each_field = [](std::size_t n) {
    return [n](OwnedCollection& c) {
      c.fields.resize(n);
      for (std::size_t i = 0; i < n; ++i) { c.fields[i].name = "f" + std::to_string(i); }
      c.indexes.clear();
    };
  };
  const std::vector<std::pair<std::string, Change>> changes = {
      {"name", [](auto& c) { c.name = ""; }},
      {"name", [](auto& c) { c.name = "Thing"; }},
      {"name", [](auto& c) { c.name = "1thing"; }},
      {"name", [](auto& c) { c.name = "thing\"; --"; }},
      {"name", [](auto& c) { c.name = std::string(41, 'a'); }},
      {"flag", [](auto& c) { c.flags = 1U << 20; }},
      {"no fields", each_field(0)},
      {"101 fields", each_field(101)},
      {"field name", [](auto& c) { c.fields[0].name = "a-b"; }},
      {"field id", [](auto& c) { c.fields[2].name = "id"; }},
      {"field version", [](auto& c) { c.fields[2].name = "version"; }},
      {"field created", [](auto& c) { c.fields[2].name = "created_at_ms"; }},
      {"field updated", [](auto& c) { c.fields[2].name = "updated_at_ms"; }},
      {"field twice", [](auto& c) { c.fields[2].name = "name"; }},
      {"field type", [](auto& c) { c.fields[0].type = static_cast<FieldType>(9); }},
      {"field flag", [](auto& c) { c.fields[0].flags |= 1U << 9; }},
      {"initial kind", [](auto& c) { c.fields[1].initial = text("1"); }},
      {"initial of unique", [](auto& c) { c.fields[0].initial = text("1"); }},
      {"initial not allowed", [](auto& c) { c.fields[2].initial = text("green"); }},
      {"allowed of integer", [](auto& c) { c.fields[1].allowed = {"1"}; }},
      {"allowed twice",
       [](auto& c) {
         c.fields[2].allowed = {"red", "red"};
       }},
      {"unknown reference", [](auto& c) { c.fields[3].references = "nowhere"; }},
      {"reference of text", [](auto& c) { c.fields[2].references = "thing"; }},
      {"reference with initial", [](auto& c) { c.fields[3].initial = integer(1); }},
      {"required set_null", [](auto& c) { c.fields[3].flags = kRequired; }},
      {"on_delete", [](auto& c) { c.fields[3].on_delete = static_cast<OnDelete>(7); }},
      {"index name", [](auto& c) { c.indexes[0].name = "Bad"; }},
      {"index of one", [](auto& c) { c.indexes[0].fields = {"name"}; }},
      {"index of five",
       [](auto& c) {
         c.indexes[0].fields = {"name", "size", "colour", "of", "name"};
       }},
      {"index field twice",
       [](auto& c) {
         c.indexes[0].fields = {"name", "name"};
       }},
      {"index of nothing",
       [](auto& c) {
         c.indexes[0].fields = {"name", "nothing"};
       }},
      {"index twice", [](auto& c) { c.indexes.push_back(c.indexes[0]); }},
      {"21 indexes",
       [](auto& c) {
         c.indexes.resize(21, c.indexes[0]);
         for (std::size_t i = 0; i < 21; ++i) { c.indexes[i].name = "i" + std::to_string(i); }
       }},
  };
  OwnedCollection good;
  good.name = "thing";
  good.fields.resize(4);
  good.fields[0] = {"name", FieldType::text, kUnique, {}, "", OnDelete::restrict_it, {}};
  good.fields[1] = {"size", FieldType::integer, 0, integer(1), "", OnDelete::restrict_it, {}};
  good.fields[2] = {"colour", FieldType::text, 0, text("red"), "", OnDelete::restrict_it, {"red", "blue"}};
  good.fields[3] = {"of", FieldType::integer, 0, {}, "thing", OnDelete::set_null, {}};
  good.indexes = {{"pair", {"name", "size"}, false}};
  for (const auto& [what, change] : changes) {
    OwnedCollection bad = good;
    change(bad);
    expect_invalid(next_host({bad}), what);
  }
  expect_invalid(next_host({good, good}), "collection twice");
  OwnedCollection first = good;
  first.flags = kQueueRefersTo;
  OwnedCollection second = first;
  second.name = "second";
  expect_invalid(next_host({first, second}), "two for the queue");
  EXPECT_EQ(call().collections().size(), contract_schema().size()) << "nothing was made";
  ASSERT_EQ(next_host({good}).text, "");
}

TEST_P(RecordStoreContract, BadReadsAreRefused) {
  static_cast<void>(movie("film"));
  const auto where = [](std::int32_t field, Match match, std::vector<OwnedValue> values) {
    return Query{"movie", {{field, match, std::move(values)}}, {}, {}};
  };
  const Where any{kMovieTitle, Match::not_null, {}};
  const std::vector<std::pair<std::string, Query>> bad = {
      {"collection", {"films", {}, {}, {}}},
      {"limit 0", {"movie", {}, {}, {}, 0}},
      {"limit 1001", {"movie", {}, {}, {}, 1001}},
      {"9 conditions", {"movie", std::vector<Where>(9, any), {}, {}}},
      {"place 9", where(9, Match::not_null, {})},
      {"place -5", where(-5, Match::not_null, {})},
      {"no field", where(kNoField, Match::not_null, {})},
      {"match", where(0, static_cast<Match>(7), {text("a")})},
      {"equal null", where(kMovieYear, Match::equal, {null_value()})},
      {"equal nothing", where(kMovieYear, Match::equal, {})},
      {"equal two", where(kMovieYear, Match::equal, {integer(1), integer(2)})},
      {"kind", where(kMovieYear, Match::equal, {text("1")})},
      {"real kind", where(kMovieRating, Match::equal, {integer(1)})},
      {"boolean kind", where(kMovieSeen, Match::equal, {integer(1)})},
      {"id kind", where(kFieldId, Match::equal, {text("1")})},
      {"in nothing", where(kMovieYear, Match::in, {})},
      {"in 501", where(kMovieYear, Match::in, std::vector<OwnedValue>(501, integer(1)))},
      {"in with null", where(kMovieYear, Match::in, {integer(1), null_value()})},
      {"below null", where(kMovieYear, Match::below, {null_value()})},
      {"prefix of number", where(kMovieYear, Match::prefix, {integer(1)})},
      {"empty prefix", where(kMovieTitle, Match::prefix, {text("")})},
      {"is_null value", where(kMovieTitle, Match::is_null, {text("")})},
      {"not finite", where(kMovieRating, Match::below, {real(std::nan(""))})},
      {"bad text", where(kMovieTitle, Match::equal, {text("\xFF")})},
      {"text with NUL", where(kMovieTitle, Match::equal, {text(std::string_view("a\0b", 3))})},
      {"5 in order", {"movie", {}, {{0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}}, {}}},
      {"order twice", {"movie", {}, {{0, 0}, {0, 1}}, {}}},
      {"order place", {"movie", {}, {{9, 0}}, {}}},
      {"direction", {"movie", {}, {{0, 2}}, {}}},
      {"short after", {"movie", {}, {{0, 0}}, {text("a")}}},
      {"long after", {"movie", {}, {}, {integer(1), integer(1)}}},
      {"kind of after", {"movie", {}, {{0, 0}}, {integer(1), integer(1)}}},
      {"after without id", {"movie", {}, {{0, 0}}, {text("a"), null_value()}}},
  };
  for (const auto& [what, query] : bad) { expect_invalid(call().try_find(query), what); }
  expect_invalid(call().try_count("films", {}), "count of no collection");
  expect_invalid(call().try_count("movie", std::vector<Where>(9, any)), "count with 9 conditions");
  expect_invalid(call().try_count("movie", {{9, Match::is_null, {}}}), "count at place 9");
}

TEST_P(RecordStoreContract, BadWritesAreRefused) {
  const std::int64_t id = movie("film");
  const std::string before = everything();
  const auto year = [&](OwnedValue value) { return update("movie", id, {{kMovieYear, std::move(value)}}); };
  OwnedValue strange = integer(7);
  strange.kind = Value::Kind::boolean;
  OwnedValue bytes = text("x");
  bytes.kind = Value::Kind::bytes;
  Write unknown_kind = update("movie", id, {});
  unknown_kind.kind = static_cast<WriteKind>(9);
  Write removal_with_values = removal("movie", id);
  removal_with_values.values = {{kMovieYear, integer(1)}};
  const std::vector<std::pair<std::string, Write>> bad = {
      {"collection", insertion("films", {{0, text("x")}})},
      {"kind of write", unknown_kind},
      {"place 9", update("movie", id, {{9, integer(1)}})},
      {"place of id", update("movie", id, {{kFieldId, integer(1)}})},
      {"place of version", update("movie", id, {{kFieldVersion, integer(1)}})},
      {"twice", update("movie", id, {{kMovieYear, integer(1)}, {kMovieYear, integer(2)}})},
      {"text for integer", year(text("1"))},
      {"real for integer", year(real(1))},
      {"boolean for integer", year(boolean(true))},
      {"integer for real", update("movie", id, {{kMovieRating, integer(1)}})},
      {"integer for boolean", update("movie", id, {{kMovieSeen, integer(1)}})},
      {"integer for text", update("movie", id, {{kMovieTitle, integer(1)}})},
      {"bytes", update("movie", id, {{kMovieTitle, bytes}})},
      {"boolean 7", update("movie", id, {{kMovieSeen, strange}})},
      {"nan", update("movie", id, {{kMovieRating, real(std::nan(""))}})},
      {"infinity", update("movie", id, {{kMovieRating, real(std::numeric_limits<double>::infinity())}})},
      {"NUL", update("movie", id, {{kMovieTitle, text(std::string_view("a\0b", 3))}})},
      {"long", update("movie", id, {{kMovieTitle, text(std::string((std::size_t{1} << 20U) + 1, 'x'))}})},
      {"expected -2", update("movie", id, {}, -2)},
      {"no key", upsert("movie", kNoField, {{kMovieKey, text("k")}})},
      {"key of no field", upsert("movie", 9, {{kMovieKey, text("k")}})},
      {"key not unique", upsert("movie", kMovieYear, {{kMovieYear, integer(1)}})},
      {"key not assigned", upsert("movie", kMovieKey, {{kMovieTitle, text("k")}})},
      {"key null", upsert("movie", kMovieKey, {{kMovieKey, null_value()}, {kMovieTitle, text("k")}})},
      {"removal with values", removal_with_values},
  };
  for (const auto& [what, write] : bad) {
    expect_invalid(call().try_write({insertion("studio", {{kStudioName, text("s")}}), write}), what);
  }
  for (const std::string& broken : kNotUtf8) {
    expect_invalid(call().try_write({update("movie", id, {{kMovieTitle, text(broken)}})}), "bad UTF-8");
  }
  expect_invalid(call().try_write({}), "an empty batch");
  expect_invalid(call().try_write(std::vector<Write>(501, update("movie", id, {}))), "501 writes");
  EXPECT_EQ(everything(), before);
}

}  // namespace quarry::sdk::testing
