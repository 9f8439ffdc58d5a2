// SPDX-License-Identifier: MIT
// The contract of find() and count(): which records match.
#include <quarry/sdk/testing/record_store_contract.hpp>

#include <limits>

namespace quarry::sdk::testing {

int link_record_contract_of_finding() { return 0; }

TEST_P(RecordStoreContract, EqualAndInFindByEveryType) {
  const std::int64_t a = movie("a", {{kMovieYear, integer(1)}, {kMovieRating, real(0.5)}, {kMovieKey, text("")}});
  const std::int64_t b = movie("b", {{kMovieYear, integer(2)}, {kMovieSeen, boolean(true)}});
  const std::int64_t c = movie("c", {{kMovieRating, real(0.5)}});
  const auto found = [&](Where where) { return call().find_ids({"movie", {std::move(where)}, {}, {}}); };
  using Ids = std::vector<std::int64_t>;
  EXPECT_EQ(found({kMovieTitle, Match::equal, {text("b")}}), Ids{b});
  EXPECT_EQ(found({kMovieTitle, Match::equal, {text("B")}}), Ids{});
  EXPECT_EQ(found({kMovieKey, Match::equal, {text("")}}), Ids{a});
  EXPECT_EQ(found({kMovieYear, Match::equal, {integer(2)}}), Ids{b});
  EXPECT_EQ(found({kMovieRating, Match::equal, {real(0.5)}}), (Ids{a, c}));
  EXPECT_EQ(found({kMovieSeen, Match::equal, {boolean(true)}}), Ids{b});
  EXPECT_EQ(found({kMovieSeen, Match::equal, {boolean(false)}}), (Ids{a, c}));
  EXPECT_EQ(found({kFieldId, Match::equal, {integer(c)}}), Ids{c});
  EXPECT_EQ(found({kMovieYear, Match::in, {integer(2), integer(1), integer(1), integer(9)}}), (Ids{a, b}));
  EXPECT_EQ(found({kMovieTitle, Match::in, {text("c"), text("a")}}), (Ids{a, c}));
  EXPECT_EQ(found({kMovieRating, Match::in, {real(0.5)}}), (Ids{a, c}));
  EXPECT_EQ(found({kMovieSeen, Match::in, {boolean(true), boolean(false)}}), (Ids{a, b, c}));
  EXPECT_EQ(found({kFieldId, Match::in, {integer(b), integer(a)}}), (Ids{a, b}));
}

TEST_P(RecordStoreContract, InTakes500Values) {
  Where where{kMovieYear, Match::in, {}};
  for (std::int64_t year = 0; year < 500; ++year) { where.values.push_back(integer(year)); }
  const std::int64_t id = movie("a", {{kMovieYear, integer(499)}});
  static_cast<void>(movie("b", {{kMovieYear, integer(500)}}));
  EXPECT_EQ(call().find_ids({"movie", {where, where}, {}, {}}), std::vector<std::int64_t>{id});
}

TEST_P(RecordStoreContract, RangesFollowTheOrderAndLeaveOutNull) {
  using Ids = std::vector<std::int64_t>;
  const std::int64_t lowest = movie("a", {{kMovieYear, integer(std::numeric_limits<std::int64_t>::min())}});
  const std::int64_t middle = movie("B", {{kMovieYear, integer(5)}, {kMovieRating, real(1.5)}});
  const std::int64_t highest = movie("\xC3\xA9", {{kMovieYear, integer(std::numeric_limits<std::int64_t>::max())}});
  const std::int64_t none = movie("");
  const auto found = [&](std::int32_t field, Match match, OwnedValue value) {
    return call().find_ids({"movie", {{field, match, {std::move(value)}}}, {}, {}});
  };
  EXPECT_EQ(found(kMovieYear, Match::at_least, integer(5)), (Ids{middle, highest}));
  EXPECT_EQ(found(kMovieYear, Match::below, integer(5)), Ids{lowest});
  EXPECT_EQ(found(kMovieYear, Match::at_least, integer(std::numeric_limits<std::int64_t>::min())),
            (Ids{lowest, middle, highest}));
  EXPECT_EQ(found(kMovieRating, Match::below, real(1.5)), Ids{});
  EXPECT_EQ(found(kMovieRating, Match::at_least, real(1.5)), Ids{middle});
  EXPECT_EQ(found(kMovieTitle, Match::at_least, text("a")), (Ids{lowest, highest})) << "by bytes: B comes before a";
  EXPECT_EQ(found(kMovieTitle, Match::below, text("a")), (Ids{middle, none}));
  EXPECT_EQ(found(kMovieSeen, Match::below, boolean(true)), (Ids{lowest, middle, highest, none}));
  EXPECT_EQ(found(kFieldVersion, Match::at_least, integer(2)), Ids{});
  EXPECT_EQ(found(kFieldCreatedAt, Match::at_least, integer(clock().wall_ms())), (Ids{lowest, middle, highest, none}));
  EXPECT_EQ(found(kFieldUpdatedAt, Match::below, integer(clock().wall_ms())), Ids{});
}

TEST_P(RecordStoreContract, NullIsFoundByItsOwnMatches) {
  using Ids = std::vector<std::int64_t>;
  const std::int64_t with = movie("a", {{kMovieKey, text("")}});
  const std::int64_t without = movie("b");
  EXPECT_EQ(call().find_ids({"movie", {{kMovieKey, Match::is_null, {}}}, {}, {}}), Ids{without});
  EXPECT_EQ(call().find_ids({"movie", {{kMovieKey, Match::not_null, {}}}, {}, {}}), Ids{with});
  EXPECT_EQ(call().find_ids({"movie", {{kFieldId, Match::is_null, {}}}, {}, {}}), Ids{});
  EXPECT_EQ(call().find_ids({"movie", {{kFieldId, Match::not_null, {}}}, {}, {}}), (Ids{with, without}));
}

TEST_P(RecordStoreContract, APrefixIsComparedByItsBytes) {
  const std::vector<std::string> texts = {"ab",
                                          "ab%",
                                          "ab_c",
                                          "abc",
                                          "Ab",
                                          "a",
                                          "a\\b",
                                          "a\\%",
                                          "\xC3\xBF",
                                          "\xC3\xBFx",
                                          "\xC4\x80",
                                          "\xF4\x8F\xBF\xBF",
                                          "\xF4\x8F\xBF\xBFx",
                                          "\x7F",
                                          "\x7Fx",
                                          "[a-b]",
                                          "*",
                                          "?",
                                          "%",
                                          "_",
                                          "'",
                                          "\xEF\xBF\xBF",
                                          "\xED\x9F\xBF",
                                          "\xEE\x80\x80"};
  const std::int64_t film = movie("film");
  for (const std::string& path : texts) {
    static_cast<void>(call().made(insertion("file", {{kFileMovie, integer(film)}, {kFilePath, text(path)}})));
    static_cast<void>(call().made(insertion("movie", {{kMovieTitle, text(path)}})));
  }
  static_cast<void>(file_of(film));
  for (const std::string& prefix : texts) {
    std::vector<std::string> expected;
    for (const std::string& one : texts) {
      if (one.starts_with(prefix)) { expected.push_back(one); }
    }
    const auto found = [&](const char* collection, std::int32_t field) {
      std::vector<std::string> all;
      for (const KeptRecord& record : call().find({collection, {{field, Match::prefix, {text(prefix)}}}, {}, {}})) {
        all.push_back(record.values.at(static_cast<std::size_t>(field)).text);
      }
      return all;
    };
    EXPECT_EQ(found("file", kFilePath), expected) << prefix;
    EXPECT_EQ(found("movie", kMovieTitle), expected) << prefix << ", with an index";
  }
}

TEST_P(RecordStoreContract, AllConditionsHoldTogether) {
  const std::int64_t a = movie("abc", {{kMovieYear, integer(5)}, {kMovieStatus, text("have")}});
  static_cast<void>(movie("abd", {{kMovieYear, integer(6)}, {kMovieStatus, text("have")}}));
  static_cast<void>(movie("abe", {{kMovieYear, integer(5)}}));
  const std::vector<Where> where = {
      {kMovieTitle, Match::prefix, {text("ab")}},   {kMovieYear, Match::at_least, {integer(5)}},
      {kMovieYear, Match::below, {integer(6)}},     {kMovieStatus, Match::in, {text("have"), text("gone")}},
      {kMovieSeen, Match::equal, {boolean(false)}}, {kMovieKey, Match::is_null, {}},
      {kMovieTitle, Match::not_null, {}},           {kFieldVersion, Match::equal, {integer(1)}},
  };
  EXPECT_EQ(call().find_ids({"movie", where, {}, {}}), std::vector<std::int64_t>{a});
  EXPECT_EQ(call().count("movie", where), 1);
  EXPECT_EQ(call().count("movie"), 3);
  EXPECT_EQ(call().count("studio"), 0);
  EXPECT_EQ(call().count("movie", {{kMovieYear, Match::equal, {integer(5)}}}), 2);
}

TEST_P(RecordStoreContract, ASinkThatHasEnoughGetsNoMore) {
  for (int i = 0; i < 5; ++i) { static_cast<void>(studio(std::to_string(i))); }
  class : public RecordSink {
   public:
    bool add(const RecordView&) noexcept override { return ++calls < 2; }
    int calls = 0;
  } sink;
  BasicContext ctx = call().context();
  FindRecords request;
  request.collection = "studio";
  EXPECT_TRUE(store().find(ctx, request, sink).ok()) << ctx.text();
  EXPECT_EQ(sink.calls, 2);
  class : public CollectionSink {
   public:
    bool add(const CollectionSpec&) noexcept override { return ++calls < 2; }
    int calls = 0;
  } specs;
  EXPECT_TRUE(store().collections(ctx, specs).ok()) << ctx.text();
  EXPECT_EQ(specs.calls, 2);
  EXPECT_EQ(call().count("studio"), 5) << "the store goes on as before";
}

}  // namespace quarry::sdk::testing
