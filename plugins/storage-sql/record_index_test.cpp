// SPDX-License-Identifier: MIT
#include "record_index.hpp"

#include "record_query.hpp"
#include "record_session.hpp"

#include <gtest/gtest.h>

namespace quarry::storage_sql {
namespace {

using sdk::Match;
using sdk::record_rules::OwnedCollection;
using sdk::record_rules::OwnedField;
using By = IndexChoice::By;

enum Field : std::int32_t { kFilm, kEvent, kAt, kHash, kKey, kNote };

OwnedCollection entries() {
  OwnedCollection entries;
  entries.name = "entry";
  entries.fields.resize(kNote + 1);
  const auto field = [&](Field place, const char* name, sdk::FieldType type, std::uint32_t flags) -> OwnedField& {
    OwnedField& made = entries.fields[place];
    made.name = name;
    made.type = type;
    made.flags = flags;
    return made;
  };
  field(kFilm, "film", sdk::FieldType::integer, 0).references = "film";
  field(kEvent, "event", sdk::FieldType::text, sdk::kRequired).allowed = {"grabbed", "failed"};
  field(kAt, "at", sdk::FieldType::integer, sdk::kRequired | sdk::kIndexed);
  field(kHash, "hash", sdk::FieldType::text, sdk::kIndexed);
  field(kKey, "key", sdk::FieldType::text, sdk::kUnique);
  field(kNote, "note", sdk::FieldType::text, 0);
  entries.indexes = {{"by_film", {"film", "at"}, false}, {"by_event", {"event", "at"}, false}};
  return entries;
}

/// Fields whose value is asked for, and how.
using Where = std::vector<std::pair<std::int32_t, Match>>;
using Order = std::vector<sdk::SortField>;

class RecordIndex : public ::testing::Test {
 protected:
  sdk::FindRecords request(const Where& where, const Order& order) {
    conditions_.clear();
    for (const auto& [field, match] : where) {
      const bool is_number = field == kFilm || field == kAt || field == sdk::kFieldId;
      conditions_.push_back({field, match, std::span(is_number ? &number_ : &word_, 1)});
    }
    order_ = order;
    sdk::FindRecords request;
    request.where = conditions_;
    request.order = order_;
    return request;
  }
  IndexChoice choose(const Where& where, const Order& order) {
    return choose_index(collection_, request(where, order));
  }
  By by(const Where& where, const Order& order) { return choose(where, order).by; }
  /// From WHERE to LIMIT, of each piece of the page after one.
  std::vector<std::string> pieces(const Where& where, const Order& order, const std::vector<sdk::Value>& after,
                                  const RecordDialect& dialect) {
    sdk::FindRecords page = request(where, order);
    page.after = after;
    std::vector<std::string> texts;
    for (const RecordStatement& piece : find_queries(collection_, page, dialect)) {
      const std::size_t begin = piece.text.find(" WHERE ") + 1;
      texts.push_back(piece.text.substr(begin, piece.text.find(" LIMIT ") - begin));
    }
    return texts;
  }

 private:
  const OwnedCollection collection_ = entries();
  const sdk::Value number_ = value_of(7);
  const sdk::Value word_ = value_of("grabbed");
  std::vector<sdk::Condition> conditions_;
  Order order_;
};

TEST_F(RecordIndex, OneThatHasTheOrderBehindWhatIsAskedForIsReadAlong) {
  for (const int descending : {0, 1}) {
    const IndexChoice of_event = choose({{kEvent, Match::equal}}, {{kAt, descending}});
    EXPECT_EQ(of_event.by, By::order);
    EXPECT_EQ(of_event.field, kEvent);
    EXPECT_TRUE(of_event.passed.empty());
    const IndexChoice of_both = choose({{kEvent, Match::equal}, {kFilm, Match::equal}}, {{kAt, descending}});
    EXPECT_EQ(of_both.by, By::order);
    EXPECT_EQ(of_both.field, kFilm) << "a film has fewer entries than one of two words";
    EXPECT_EQ(of_both.passed, std::vector<std::int32_t>{kEvent});
    EXPECT_EQ(choose({{kHash, Match::equal}}, {{sdk::kFieldId, descending}}).field, kHash);
  }
  EXPECT_EQ(choose({{kFilm, Match::equal}}, {}).field, kFilm) << "its own index ends with the id";
}
TEST_F(RecordIndex, FewRowsInAnotherOrderAreSorted) {
  EXPECT_EQ(by({{kHash, Match::in}}, {}), By::conditions);
  EXPECT_EQ(by({{kKey, Match::in}}, {}), By::conditions);
  EXPECT_EQ(by({{kHash, Match::equal}}, {{kAt, 0}}), By::conditions);
  EXPECT_EQ(by({{kFilm, Match::equal}}, {{kNote, 0}}), By::conditions);
  EXPECT_EQ(by({{sdk::kFieldId, Match::in}}, {{kAt, 0}}), By::conditions);
}
TEST_F(RecordIndex, WhateverElseThePlannerMayDecide) {
  EXPECT_EQ(by({}, {{kAt, 0}}), By::planner);
  EXPECT_EQ(by({{kKey, Match::equal}}, {{kAt, 0}}), By::planner) << "it knows that there is one";
  EXPECT_EQ(by({{kNote, Match::equal}}, {{kAt, 0}}), By::planner);
  EXPECT_EQ(by({{kEvent, Match::equal}}, {}), By::planner);
  EXPECT_EQ(by({{kEvent, Match::in}}, {{kAt, 0}}), By::planner);
  EXPECT_EQ(by({{sdk::kFieldId, Match::in}}, {}), By::planner);
  EXPECT_EQ(by({{kEvent, Match::equal}}, {{kAt, 0}, {kHash, 1}}), By::planner);
  EXPECT_EQ(by({{kEvent, Match::equal}, {kAt, Match::below}}, {{kAt, 0}}), By::planner)
      << "an index that is forced would be read beyond the end";
}
TEST_F(RecordIndex, OnlyAPlannerThatPrefersTheOrderIsForced) {
  const Where where = {{kEvent, Match::equal}, {kFilm, Match::equal}};
  const std::vector<sdk::Value> after = {value_of(5), value_of(3)};
  EXPECT_EQ(pieces(where, {{kAt, 1}}, after, kPostgresRecords),
            (std::vector<std::string>{R"(WHERE "event" = $1 AND "film" = $2 AND "at" = $3 AND "id" < $4 )"
                                      R"(ORDER BY "at" DESC NULLS LAST, "id" DESC)",
                                      R"(WHERE "event" || '' = $1 AND "film" >= $2 AND "film" <= $3 AND "at" < $4 )"
                                      R"(ORDER BY "film" DESC NULLS LAST, "at" DESC NULLS LAST, "id" DESC)"}));
  EXPECT_EQ(pieces(where, {{kAt, 1}}, after, kSqliteRecords),
            (std::vector<std::string>{
                R"(WHERE "event" = ?1 AND "film" = ?2 AND "at" = ?3 AND "id" < ?4 ORDER BY "at" DESC, "id" DESC)",
                R"(WHERE "event" = ?1 AND "film" = ?2 AND "at" < ?3 ORDER BY "at" DESC, "id" DESC)"}));
  EXPECT_EQ(pieces({{kFilm, Match::equal}}, {{kFilm, 1}}, {value_of(7), value_of(3)}, kPostgresRecords).back(),
            R"(WHERE "film" = $1 AND "film" IS NULL ORDER BY "film" DESC NULLS LAST, "id" DESC)")
      << "a stretch of nulls ends before the order does";
  EXPECT_EQ(pieces({{kHash, Match::in}}, {}, {}, kPostgresRecords),
            std::vector<std::string>{R"(WHERE "hash" IN ($1) ORDER BY "id" * 0, "id")"});
  EXPECT_EQ(pieces({{kHash, Match::in}}, {}, {}, kSqliteRecords),
            std::vector<std::string>{R"(WHERE "hash" IN (?1) ORDER BY "id")"});
}

}  // namespace
}  // namespace quarry::storage_sql
