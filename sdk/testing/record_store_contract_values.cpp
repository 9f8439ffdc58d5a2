// SPDX-License-Identifier: MIT
// The contract of records and their values: what is written is read.
#include <quarry/sdk/testing/record_store_contract.hpp>

#include <limits>

namespace quarry::sdk::testing {

int link_record_contract_of_values() { return 0; }

TEST_P(RecordStoreContract, ARecordHasWhatWasWritten) {
  const std::int64_t of = studio("Ghibli");
  const std::int64_t parent = movie("Parent");
  const std::int64_t id = movie("Spirited Away", {{kMovieYear, integer(2001)},
                                                  {kMovieRating, real(8.6)},
                                                  {kMovieSeen, boolean(true)},
                                                  {kMovieStatus, text("have")},
                                                  {kMovieKey, text("tt0245429")},
                                                  {kMovieStudio, integer(of)},
                                                  {kMovieParent, integer(parent)},
                                                  {kMovieShelf, integer(4)}});
  KeptRecord expected;
  expected.id = id;
  expected.version = 1;
  expected.created_at_ms = clock().wall_ms();
  expected.updated_at_ms = clock().wall_ms();
  expected.values = {text("Spirited Away"), integer(2001), real(8.6),       boolean(true), text("have"),
                     text("tt0245429"),     integer(of),   integer(parent), integer(4)};
  EXPECT_EQ(call().get("movie", id), expected);
  if (reopen()) {
    call().declare(contract_schema());
    EXPECT_EQ(call().get("movie", id), expected);
  }
}

TEST_P(RecordStoreContract, EveryTextComesBack) {
  const std::string long_text(std::size_t{1} << 20U, 'x');
  const std::vector<std::string> texts = {"",
                                          " ",
                                          "null",
                                          "NULL",
                                          "0",
                                          "'; DROP TABLE file; --",
                                          "a\nb\r\n\tc",
                                          "Amélie 字幕 \xF0\x9F\x8E\xAC",
                                          "\xF4\x8F\xBF\xBF",
                                          "\x01\x7F",
                                          R"(back\slash \N \x41 %s ?1 $1 :name "quoted" {a,b})",
                                          long_text};
  const std::int64_t film = movie("film");
  for (const std::string& path : texts) {
    const Write write = insertion("file", {{kFileMovie, integer(film)}, {kFilePath, text(path)}});
    const KeptRecord record = call().get("file", call().made(write));
    ASSERT_EQ(record.values.size(), 3U);
    EXPECT_EQ(record.values[kFilePath].kind, Value::Kind::text);
    EXPECT_TRUE(record.values[kFilePath].text == path) << record;
  }
}

TEST_P(RecordStoreContract, EveryNumberComesBack) {
  using Integer = std::numeric_limits<std::int64_t>;
  using Real = std::numeric_limits<double>;
  const std::int64_t id = movie("film");
  for (const std::int64_t number : {Integer::min(), Integer::max(), std::int64_t{0}, std::int64_t{-1},
                                    (std::int64_t{1} << 53) + 1, std::int64_t{1} << 31}) {
    ASSERT_EQ(call().write(update("movie", id, {{kMovieYear, integer(number)}})).result, WriteResult::applied);
    EXPECT_EQ(call().get("movie", id).values.at(kMovieYear), integer(number));
  }
  for (const double number :
       {0.0, 0.1, -1.0 / 3, 1e300, Real::max(), Real::lowest(), Real::min(), Real::denorm_min(), 3.0, 1e15 + 0.3}) {
    ASSERT_EQ(call().write(update("movie", id, {{kMovieRating, real(number)}})).result, WriteResult::applied);
    EXPECT_EQ(call().get("movie", id).values.at(kMovieRating), real(number)) << number;
  }
}

TEST_P(RecordStoreContract, NullIsNoValue) {
  const std::int64_t id = movie("film", {{kMovieStatus, null_value()}, {kMovieKey, text("")}});
  const KeptRecord record = call().get("movie", id);
  EXPECT_TRUE(record.values.at(kMovieStatus).is_null()) << "a null that is named is not the initial value";
  EXPECT_EQ(record.values.at(kMovieKey), text("")) << "empty text is not null";
  EXPECT_TRUE(record.values.at(kMovieYear).is_null());
  EXPECT_TRUE(record.values.at(kMovieRating).is_null());
  ASSERT_EQ(call().write(update("movie", id, {{kMovieKey, null_value()}})).result, WriteResult::applied);
  EXPECT_TRUE(call().get("movie", id).values.at(kMovieKey).is_null());
}

TEST_P(RecordStoreContract, AnInsertTakesInitialValuesAnUpdateDoesNot) {
  const std::int64_t id = movie("film");
  EXPECT_EQ(call().get("movie", id).values.at(kMovieSeen), boolean(false));
  EXPECT_EQ(call().get("movie", id).values.at(kMovieStatus), text("wanted"));
  const Write changed = update("movie", id, {{kMovieSeen, boolean(true)}, {kMovieStatus, text("gone")}});
  ASSERT_EQ(call().write(changed).result, WriteResult::applied);
  ASSERT_EQ(call().write(update("movie", id, {{kMovieYear, integer(1)}})).result, WriteResult::applied);
  EXPECT_EQ(call().get("movie", id).values.at(kMovieSeen), boolean(true));
  EXPECT_EQ(call().get("movie", id).values.at(kMovieStatus), text("gone"));
  EXPECT_EQ(call().get("movie", id).values.at(kMovieTitle), text("film"));
}

TEST_P(RecordStoreContract, IdsRiseAndAreNeverUsedTwice) {
  const std::int64_t first = movie("one");
  const std::int64_t second = movie("two");
  EXPECT_GT(second, first);
  ASSERT_EQ(call().write(removal("movie", second)).result, WriteResult::applied);
  const std::int64_t third = movie("three");
  EXPECT_GT(third, second);
  ASSERT_EQ(call().write(removal("movie", third)).result, WriteResult::applied);
  if (!reopen()) { return; }
  call().declare(contract_schema());
  EXPECT_GT(movie("four"), third) << "also after the last record was removed and the store opened anew";
}

TEST_P(RecordStoreContract, WritesFollowTheClockOfTheStore) {
  const std::int64_t made = clock().wall_ms();
  const std::int64_t id = movie("film");
  clock().advance(5000);
  ASSERT_EQ(call().write(update("movie", id, {{kMovieYear, integer(1)}})).result, WriteResult::applied);
  const KeptRecord record = call().get("movie", id);
  EXPECT_EQ(record.created_at_ms, made);
  EXPECT_EQ(record.updated_at_ms, made + 5000);
  EXPECT_EQ(record.version, 2);
}

TEST_P(RecordStoreContract, AnAbsentRecordIsNotFound) {
  BasicContext ctx = call().context();
  class : public RecordSink {
   public:
    bool add(const RecordView&) noexcept override {
      ++calls;
      return true;
    }
    int calls = 0;
  } sink;
  EXPECT_EQ(store().get(ctx, "movie", 12, sink).code, Code::not_found);
  EXPECT_NE(ctx.text(), "");
  EXPECT_EQ(sink.calls, 0);
}

}  // namespace quarry::sdk::testing
