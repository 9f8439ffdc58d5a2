// SPDX-License-Identifier: MIT
#include "list_query.hpp"

#include <gtest/gtest.h>

namespace quarry::storage_sql {
namespace {

constexpr ListDialect kDialect = {"int:", "!", "text:", "!", " BY STATUS", " BY RANK", ""};

TEST(ListQuery, NumbersItsParametersInTheOrderOfTheirList) {
  sdk::ListRequest request;
  request.filter.client = "client-1";
  request.filter.movie_id = 7;
  request.limit = 20;
  request.offset = 40;
  const ListQuery query = list_query(request, {{0, 0}}, kDialect);
  ASSERT_EQ(query.page.parameters,
            (std::vector{ListParameter::movie_id, ListParameter::client, ListParameter::limit, ListParameter::offset}));
  EXPECT_NE(query.page.text.find("movie_id = int:1! AND client = text:2!"), std::string::npos) << query.page.text;
  EXPECT_NE(query.page.text.find("LIMIT int:3! OFFSET int:4!"), std::string::npos) << query.page.text;
  EXPECT_EQ(integer_of(request, ListParameter::offset), 40);
  EXPECT_EQ(query.count.parameters, (std::vector{ListParameter::movie_id, ListParameter::client}));
}

TEST(ListQuery, AParameterOfSeveralArmsHasOneNumber) {
  sdk::ListRequest request;
  request.filter.statuses = 3;
  request.filter.movie_id = 7;
  const ListQuery query = list_query(request, {{0, 0}, {3, 1}}, kDialect);
  EXPECT_EQ(query.page.parameters.size(), 3U);
  EXPECT_NE(query.page.text.find("download BY STATUS WHERE state = 3 AND status = 1 AND movie_id <> 0 AND movie_id = "
                                 "int:1!"),
            std::string::npos)
      << query.page.text;
}

TEST(ListQuery, ArmsReadTheHalfThatIsAskedForEachInOrder) {
  ListDialect halves = kDialect;
  halves.state_table = "half";
  sdk::ListRequest request;
  request.filter.statuses = 3;
  EXPECT_NE(
      list_query(request, {{0, 0}, {3, 1}}, halves)
          .page.text.find("((SELECT id FROM half BY STATUS WHERE state = 0 AND status = 0 ORDER BY id) UNION ALL "
                          "(SELECT id FROM half BY STATUS WHERE state = 3 AND status = 1 ORDER BY id) ORDER BY id"),
      std::string::npos);
  EXPECT_NE(list_query(request, {{3, 1}}, halves).page.text.find("IN (SELECT id FROM half BY STATUS"),
            std::string::npos);
  // A film is in the other half.
  request.filter.movie_id = 7;
  EXPECT_EQ(list_query(request, {{0, 0}, {3, 1}}, halves).page.text.find("half"), std::string::npos);
  EXPECT_NE(list_query(request, {{3, 1}, {3, 3}}, halves).count.text.find("state IN (3) AND (state, status)"),
            std::string::npos);
}

TEST(ListQuery, ByRankWhatIsQueuedIsMergedWithWhatIsAtWork) {
  sdk::ListRequest request;
  request.sort = sdk::SortKey::rank;
  request.filter.states = 31;
  const auto page = [&](const StatusPairs& pairs, const ListDialect& dialect) {
    return list_query(request, pairs, dialect).page.text;
  };
  EXPECT_NE(page({{0, 0}, {3, 1}}, kDialect)
                .find("(SELECT id FROM (SELECT id, rank FROM download BY RANK WHERE state = 0 AND status = 0 UNION ALL "
                      "SELECT id, rank FROM download BY STATUS WHERE state = 3 AND status = 1 ORDER BY rank, id LIMIT"),
            std::string::npos)
      << page({{0, 0}, {3, 1}}, kDialect);
  ListDialect halves = kDialect;
  halves.state_table = "half";
  EXPECT_NE(page({{0, 0}}, halves).find("SELECT id, claim_rank AS rank FROM half BY RANK WHERE"), std::string::npos);
  EXPECT_EQ(page({{0, 0}, {7, 6}}, kDialect).find("UNION"), std::string::npos) << "many have ended";
  EXPECT_EQ(page({{0, 0}, {6, 6}}, kDialect).find("UNION"), std::string::npos) << "many may wait for a person";
  request.filter.movie_id = 7;
  EXPECT_EQ(page({{0, 0}, {3, 1}}, kDialect).find("UNION"), std::string::npos) << "a film has few";
}

TEST(ListQuery, PairsAreThoseThatCanOccur) {
  sdk::ListFilter filter;
  filter.states = 1U << static_cast<unsigned>(sdk::DownloadState::downloading);
  EXPECT_EQ(pairs_of(filter), (StatusPairs{{3, 1}, {3, 2}, {3, 3}}));
  filter.statuses = 1U << static_cast<unsigned>(sdk::PublicStatus::failed);
  EXPECT_TRUE(pairs_of(filter).empty());
}

}  // namespace
}  // namespace quarry::storage_sql
