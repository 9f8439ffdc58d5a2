// SPDX-License-Identifier: MIT
#include "app/row_block.hpp"

#include <gtest/gtest.h>

#include <array>

namespace quarry::app {
namespace {

using Kind = sdk::Value::Kind;

sdk::Value integer(std::int64_t number) {
  sdk::Value value;
  value.kind = Kind::integer;
  value.integer = number;
  return value;
}
sdk::Value text(std::string_view words, Kind kind = Kind::text) {
  sdk::Value value;
  value.kind = kind;
  value.text = words;
  return value;
}
sdk::Value real(double number) {
  sdk::Value value;
  value.kind = Kind::real;
  value.real = number;
  return value;
}
std::uint64_t sum_of(std::initializer_list<sdk::Value> row) {
  RowSum sum;
  sum.add({row.begin(), row.size()});
  return sum.value();
}

TEST(RowSum, SameRowsSameSum) {
  EXPECT_EQ(sum_of({integer(1), text("film")}), sum_of({integer(1), text("film")}));
  EXPECT_EQ(sum_of({real(0.0)}), sum_of({real(-0.0)}));
}

TEST(RowSum, EveryDifferenceCounts) {
  const std::uint64_t sum = sum_of({integer(1), text("film")});
  EXPECT_NE(sum, sum_of({integer(2), text("film")}));
  EXPECT_NE(sum, sum_of({integer(1), text("fiml")}));
  EXPECT_NE(sum, sum_of({text("film"), integer(1)}));
  EXPECT_NE(sum, sum_of({integer(1), text("film", Kind::bytes)}));
  EXPECT_NE(sum_of({text("ab"), text("c")}), sum_of({text("a"), text("bc")}));
  EXPECT_NE(sum_of({text(std::string_view("\0", 1))}), sum_of({text("")}));
  EXPECT_NE(sum_of({sdk::Value{}}), sum_of({integer(0)}));
}

TEST(RowSum, OrderOfRowsCounts) {
  const std::array one = {integer(1)};
  const std::array two = {integer(2)};
  RowSum forth;
  forth.add(one);
  forth.add(two);
  RowSum back;
  back.add(two);
  back.add(one);
  EXPECT_NE(forth.value(), back.value());
  EXPECT_EQ(forth.text().size(), 16U);
}

TEST(RowKey, ComesInTheOrderOfRows) {
  EXPECT_LT(RowKey(integer(9)), RowKey(integer(10)));
  EXPECT_LT(RowKey(text("Z")), RowKey(text("a")));
  EXPECT_LT(RowKey(), RowKey(integer(-5)));
  EXPECT_FALSE(RowKey(integer(1)) < RowKey());
  EXPECT_EQ(RowKey(text("lane")).text(), "\"lane\"");
}

TEST(RowBlock, KeepsTextsOfItsOwn) {
  RowBlock block(2);
  std::string words = "some film";
  const std::array row = {integer(1), text(words)};
  EXPECT_TRUE(block.add(row));
  words = "*********";
  EXPECT_EQ(block.row(0)[1].text, "some film");
  block.clear();
  EXPECT_EQ(block.rows(), 0U);
  EXPECT_TRUE(block.add(row));
  EXPECT_EQ(block.row(0)[1].text, "*********");
}

TEST(RowBlock, HasEnoughAfterSomeMegabytes) {
  RowBlock block(1);
  const std::string large(RowBlock::kBytes / 2, 'x');
  const std::array row = {text(large)};
  EXPECT_TRUE(block.add(row));
  EXPECT_FALSE(block.add(row));
  EXPECT_EQ(block.rows(), 2U) << "the row that made it enough is there";
}

TEST(RowBlock, ARowOfAnotherLengthIsABug) {
  RowBlock block(2);
  const std::array row = {integer(1)};
  EXPECT_FALSE(block.add(row));
  EXPECT_TRUE(block.misfit());
}

}  // namespace
}  // namespace quarry::app
