// SPDX-License-Identifier: MIT
#include "record_query.hpp"

#include "record_schema.hpp"
#include "record_session.hpp"

#include <gtest/gtest.h>

namespace quarry::storage_sql {
namespace {

using sdk::record_rules::OwnedCollection;
using sdk::record_rules::OwnedField;

OwnedCollection films() {
  OwnedCollection films;
  films.name = "film";
  OwnedField title;
  title.name = "title";
  title.flags = sdk::kRequired;
  OwnedField year;
  year.name = "year";
  year.type = sdk::FieldType::integer;
  films.fields = {title, year};
  return films;
}
std::string condition_of(const RecordStatement& statement) {
  const std::size_t begin = statement.text.find(" WHERE ");
  return begin == std::string::npos ? "" : statement.text.substr(begin, statement.text.find(" ORDER BY ") - begin);
}
std::vector<std::string> conditions(const std::vector<sdk::SortField>& order, const std::vector<sdk::Value>& after) {
  const OwnedCollection collection = films();
  sdk::FindRecords request;
  request.order = order;
  request.after = after;
  std::vector<std::string> all;
  for (const RecordStatement& piece : find_queries(collection, request, kSqliteRecords)) {
    all.push_back(condition_of(piece));
  }
  return all;
}

TEST(RecordQuery, APageIsCutIntoStretchesOfTheOrder) {
  EXPECT_EQ(conditions({}, {}), std::vector<std::string>{""});
  EXPECT_EQ(conditions({{0, 0}, {1, 0}}, {value_of("m"), value_of(2019), value_of(7)}),
            (std::vector<std::string>{R"( WHERE "title" = ?1 AND "year" = ?2 AND "id" > ?3)",
                                      R"( WHERE "title" = ?1 AND "year" > ?2)", R"( WHERE "title" > ?1)"}));
}
TEST(RecordQuery, NullComesFirstAndIsLastDownwards) {
  EXPECT_EQ(conditions({{1, 0}}, {sdk::Value(), value_of(7)}),
            (std::vector<std::string>{R"( WHERE "year" IS NULL AND "id" > ?1)", R"( WHERE "year" >= ?1)"}));
  EXPECT_EQ(conditions({{1, 1}}, {value_of(2019), value_of(7)}),
            (std::vector<std::string>{R"( WHERE "year" = ?1 AND "id" < ?2)", R"( WHERE "year" < ?1)",
                                      R"( WHERE "year" IS NULL)"}));
  EXPECT_EQ(conditions({{1, 1}}, {sdk::Value(), value_of(7)}),
            std::vector<std::string>{R"( WHERE "year" IS NULL AND "id" < ?1)"});
  EXPECT_EQ(conditions({{0, 1}}, {value_of("m"), value_of(7)}),
            (std::vector<std::string>{R"( WHERE "title" = ?1 AND "id" < ?2)", R"( WHERE "title" < ?1)"}))
      << "a required field is never null";
}
TEST(RecordQuery, NoValueStandsInTheText) {
  const OwnedCollection collection = films();
  const sdk::Value hostile = value_of("'; DROP TABLE rec_film; --");
  const sdk::Condition where{0, sdk::Match::prefix, std::span(&hostile, 1)};
  const RecordStatement count = count_query(collection, std::span(&where, 1), kPostgresRecords);
  EXPECT_EQ(count.text, R"(SELECT count(*) FROM "rec_film" WHERE "title" >= $1 AND "title" < $2)");
  ASSERT_EQ(count.parameters.size(), 2U);
  EXPECT_EQ(count.parameters[1].text, "'; DROP TABLE rec_film; -.");
}
TEST(RecordQuery, ThePiecesOfAPageKeepTheirTexts) {
  const OwnedCollection collection = films();
  const sdk::Value prefix = value_of("ab");
  const sdk::Condition where{0, sdk::Match::prefix, std::span(&prefix, 1)};
  const sdk::SortField order{1, 1};
  const sdk::Value after[] = {value_of(2019), value_of(7)};
  sdk::FindRecords request;
  request.where = std::span(&where, 1);
  request.order = std::span(&order, 1);
  request.after = after;
  const std::vector<RecordStatement> pieces = find_queries(collection, request, kPostgresRecords);
  ASSERT_EQ(pieces.size(), 3U);
  for (const RecordStatement& piece : pieces) { EXPECT_EQ(piece.parameters[1].text.data(), piece.texts[0]->data()); }
}
TEST(RecordQuery, APrefixEndsBeforeTheNextText) {
  EXPECT_EQ(after_prefix("abc"), "abd");
  EXPECT_EQ(after_prefix("\x7F"), "\xC2\x80");
  EXPECT_EQ(after_prefix("a\xC3\xBF"), "a\xC4\x80");
  EXPECT_EQ(after_prefix("\xED\x9F\xBF"), "\xEE\x80\x80") << "surrogates are no text";
  EXPECT_EQ(after_prefix("\xEF\xBF\xBF"), "\xF0\x90\x80\x80");
  EXPECT_EQ(after_prefix("a\xF4\x8F\xBF\xBF"), "b");
  EXPECT_EQ(after_prefix("\xF4\x8F\xBF\xBF"), "");
}

TEST(RecordSchema, ColumnsOfPostgresItselfAreOtherNames) {
  EXPECT_EQ(column_of("xmin"), "\"Xmin\"");
  EXPECT_EQ(column_of("select"), "\"select\"");
}
TEST(RecordSchema, AnInitialTextIsQuoted) {
  OwnedField field;
  field.name = "order";
  field.initial = sdk::record_rules::OwnedValue(value_of("it's '); --"));
  EXPECT_EQ(add_column("group", field, kSqliteRecords),
            R"(ALTER TABLE "rec_group" ADD COLUMN "order" TEXT DEFAULT 'it''s ''); --')");
}

}  // namespace
}  // namespace quarry::storage_sql
