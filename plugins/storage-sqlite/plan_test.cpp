// SPDX-License-Identifier: MIT
// What SQLite plans for the hot statements: along an index, never over the whole table, never a sort.
#include "connection.hpp"
#include "statements.hpp"
#include "test_support.hpp"

#include <storage-sql/statement_names.hpp>

namespace quarry::storage_sqlite {
namespace {

/// Of a database where every pair has rows: the widest statement.
constexpr storage_sql::ListDialect kDialect = {
    "?", "", "?", "", " INDEXED BY download_status", " INDEXED BY download_next", ""};

struct Texts {
  std::string page, count;
};
Texts list_query(const sdk::ListRequest& request, const storage_sql::StatusPairs& pairs) {
  const storage_sql::ListQuery query = storage_sql::list_query(request, pairs, kDialect);
  return {query.page.text, query.count.text};
}
Texts query_of(const sdk::ListRequest& request) { return list_query(request, storage_sql::pairs_of(request.filter)); }

class Plans : public ::testing::Test {
 protected:
  Plans() : connection_(folder_.file(), Access::writer, Synchronous::normal) { migrate(connection_, folder_.file()); }

  std::string plan(const std::string& sql) {
    RawStatement explain(connection_.raw(), "EXPLAIN QUERY PLAN " + sql);
    std::string text;
    while (explain.step()) { text.append(explain.text(3)).append("\n"); }
    return text;
  }
  void expect_lean(const std::string& sql) {
    const std::string text = plan(sql);
    EXPECT_FALSE(text.empty()) << sql;
    EXPECT_EQ(text.find("SCAN download"), std::string::npos) << sql << "\n" << text;
    EXPECT_EQ(text.find("TEMP B-TREE"), std::string::npos) << sql << "\n" << text;
  }
  void expect_index(const std::string& sql, const std::string& index) {
    expect_lean(sql);
    EXPECT_NE(plan(sql).find(index), std::string::npos) << sql << "\n" << plan(sql);
  }

 private:
  TestFolder folder_;
  Connection connection_;
};

#define QUARRY_ASKED(NAME) #NAME, sql::NAME

struct AskedStatement {
  const char* name;
  const char* text;
  const char* reads;     ///< in the plan; the name of an index, mostly
  bool is_head = false;  ///< one row at the head of the index, which the plan calls a scan
};
constexpr char kByRow[] = "INTEGER PRIMARY KEY (rowid=?)";
constexpr AskedStatement kAsked[] = {
    {QUARRY_ASKED(kFindCreatedBy), "download_created_by"},
    {QUARRY_ASKED(kFindHolder), "download_release"},
    {QUARRY_ASKED(kLane), "PRIMARY KEY (name=?)"},
    {QUARRY_ASKED(kDuty), "PRIMARY KEY (name=?)"},
    {QUARRY_ASKED(kClaimedBefore), "download_slot"},
    {QUARRY_ASKED(kSlotCount), "COVERING INDEX download_slot"},
    {QUARRY_ASKED(kPromote), "download_due"},
    {QUARRY_ASKED(kClaim), "download_claim"},
    {QUARRY_ASKED(kFacts), kByRow},
    {QUARRY_ASKED(kTransition), kByRow},
    {QUARRY_ASKED(kTransitionLive), kByRow},
    {QUARRY_ASKED(kHeartbeat), kByRow},
    {QUARRY_ASKED(kIntent), kByRow},
    {QUARRY_ASKED(kEdit), kByRow},
    {QUARRY_ASKED(kLostLeases), "download_lease"},
    {QUARRY_ASKED(kProgress), kByRow},
    {QUARRY_ASKED(kProgressSameFlags), kByRow},
    {QUARRY_ASKED(kPrune), "download_ended"},
    {QUARRY_ASKED(kRowById), kByRow},
    {QUARRY_ASKED(kRowByHash1), "download_v1"},
    {QUARRY_ASKED(kRowByHash2), "download_v2"},
    {QUARRY_ASKED(kRowByRelease), "download_release"},
    {QUARRY_ASKED(kRowByCommand), "download_created_by"},
    {QUARRY_ASKED(kMetainfo), "PRIMARY KEY"},
    {QUARRY_ASKED(kNextDue), "download_due"},
    {QUARRY_ASKED(kLastEvent), "SEARCH event"},
    {QUARRY_ASKED(kEventsSince), "SEARCH event USING INTEGER PRIMARY KEY"},
    // A row for each pair of state and status.
    {QUARRY_ASKED(kStatusCounts), "SCAN status_count"},
    {QUARRY_ASKED(kLeastRank), "download_rank", true},
};

TEST_F(Plans, CommandsGoAlongTheirIndex) {
  for (const AskedStatement& asked : kAsked) {
    if (!asked.is_head) { expect_lean(asked.text); }
    EXPECT_NE(plan(asked.text).find(asked.reads), std::string::npos) << asked.name << "\n" << plan(asked.text);
  }
}

TEST(AskedStatements, AreAllThatReadATable) {
  // Those of a transaction, and those that write one row without looking for any.
  std::set<std::string> names = {"kBegin",       "kBeginRead",      "kCommit",
                                 "kRollback",    "kSavepoint",      "kReleaseSavepoint",
                                 "kAppendEvent", "kInsertDownload", "kRollbackToSavepoint",
                                 "kSetLane",     "kSetDuty",        "kPutMetainfo"};
  for (const AskedStatement& asked : kAsked) { names.insert(asked.name); }
  EXPECT_EQ(storage_sql::testing::statement_names(QUARRY_STATEMENTS, "kBegin"), names) << "before it: the tables";
}

TEST_F(Plans, TheLeastRankIsTheHeadOfAnIndex) {
  EXPECT_EQ(plan(sql::kLeastRank), "SCAN download USING INDEX download_rank\n");
}

/// Walked in order of its key and cut by LIMIT, so "SCAN" is right where it is along an index; a sort never is.
TEST_F(Plans, PagesByIdAndRankAreNotSorted) {
  for (const int descending : {0, 1}) {
    sdk::ListRequest request;
    request.descending = descending;
    EXPECT_EQ(plan(query_of(request).page), "SCAN download\n") << "in order of its rows";
    request.sort = sdk::SortKey::rank;
    EXPECT_EQ(plan(query_of(request).page), "SCAN download USING INDEX download_rank\n");
    request.sort = sdk::SortKey::id;
    for (const std::uint32_t states : {0U, 1U, 3U, 30U, 511U}) {
      for (const std::uint32_t statuses : {0U, 1U, 6U, 255U}) {
        if (states == 0 && statuses == 0) { continue; }
        request.filter.states = states;
        request.filter.statuses = statuses;
        if (!storage_sql::pairs_of(request.filter).empty()) { expect_index(query_of(request).page, "download_status"); }
      }
    }
  }
}

/// Rows that have ended lie before most that are queued: a walk by rank would pass all of them.
TEST_F(Plans, WhatComesNextIsListedWithoutWhatHasEnded) {
  for (const int descending : {0, 1}) {
    sdk::ListRequest request;
    request.sort = sdk::SortKey::rank;
    request.descending = descending;
    request.filter.states = 1;
    expect_index(list_query(request, {{0, 0}}).page, "download_next (status=?)");
    EXPECT_NE(plan(list_query(request, {{0, 0}, {0, 2}}).page).find("download_next (status=?)"), std::string::npos);
    request.filter.states = 31;
    const std::string both = plan(list_query(request, {{0, 0}, {3, 1}}).page);
    EXPECT_NE(both.find("download_next (status=?)"), std::string::npos) << both;
    EXPECT_NE(both.find("download_status (state=? AND status=?)"), std::string::npos) << both;
    EXPECT_EQ(both.find("SCAN download"), std::string::npos) << both;
    request.filter.states = 511;
    const std::string ended = plan(list_query(request, {{0, 0}, {7, 6}}).page);
    EXPECT_TRUE(ended.starts_with("SCAN download USING INDEX download_rank\n")) << ended;
  }
}

TEST_F(Plans, AKeysetPageStartsAtItsKey) {
  sdk::ListRequest request;
  request.filter.after_id = 5;
  expect_index(query_of(request).page, "INTEGER PRIMARY KEY (rowid>?)");
  request.filter.states = 1;
  expect_index(query_of(request).page, "rowid>?");
}

TEST_F(Plans, SmallFiltersHaveTheirOwnIndex) {
  sdk::ListRequest request;
  request.filter.movie_id = 7;
  expect_index(query_of(request).page, "download_movie");
  expect_index(query_of(request).count, "download_movie");
  request.filter.movie_id = 0;
  request.filter.cleanup = 1;
  request.filter.client = "x";
  EXPECT_NE(plan(query_of(request).page).find("download_cleanup"), std::string::npos);
}

TEST(ListQuery, TotalsOfStatesAndStatusesAreNotCounted) {
  sdk::ListRequest request;
  EXPECT_EQ(query_of(request).count, "");
  request.filter.statuses = 3;
  EXPECT_EQ(query_of(request).count, "");
  request.filter.states = 3;
  EXPECT_EQ(query_of(request).count, "");
  request.filter.movie_id = 1;
  EXPECT_NE(query_of(request).count, "");
}

TEST_F(Plans, OnePairIsReadAlongItsStretchAndNoPairReadsNothing) {
  sdk::ListRequest request;
  request.filter.statuses = 255;
  expect_index(list_query(request, {{0, 0}}).page, "download_status (state=? AND status=?)");
  EXPECT_EQ(list_query(request, {{0, 0}}).page.find("UNION"), std::string::npos);
  EXPECT_NE(list_query(request, {{0, 0}, {3, 1}}).page.find("UNION"), std::string::npos);
  EXPECT_NE(list_query(request, {}).page.find("WHERE 1 = 0"), std::string::npos);
}

}  // namespace
}  // namespace quarry::storage_sqlite
