// SPDX-License-Identifier: MIT
// Copies into a storage: unfinished, refused, spoilt. Included by storage_admin_cases.hpp.
#pragma once

#include "storage_admin_contract.hpp"

namespace quarry::sdk::testing {

TEST_P(StorageAdminContract, AnUnfinishedCopyGoesOnAndNoHostUsesIt) {
  Tables tables = taken_out();
  const auto& downloads = named(tables, "download");
  {
    auto admin = open_admin();
    begin(*admin);
    write(*admin, downloads, std::span(downloads.rows).first(5));
  }
  EXPECT_EQ(status().copy_unfinished, 1);
  EXPECT_FALSE(check().empty());
  {
    auto store = world().store();
    const std::string why = run([&](CallContext& ctx) { return store->open(ctx); }, Code::conflict);
    EXPECT_NE(why.find("not finished"), std::string::npos) << why;
  }
  auto admin = open_admin();
  EXPECT_NE(begin(*admin, Code::conflict, "another place").find("elsewhere"), std::string::npos);
  begin(*admin);
  RowsKept key;
  run([&](CallContext& ctx) { return admin->last_key(ctx, "download", key); });
  EXPECT_TRUE(key.rows.at(0).at(0) == downloads.rows.at(4).front());
  RowsKept none;
  run([&](CallContext& ctx) { return admin->last_key(ctx, "event", none); });
  EXPECT_EQ(none.rows.at(0).at(0).value.kind, Value::Kind::null);
  write(*admin, downloads, std::span(downloads.rows).subspan(5));
  finish(*admin, tables);
  admin.reset();
  EXPECT_EQ(status().copy_unfinished, 0);
  open_store();
}

TEST_P(StorageAdminContract, ACopyNeedsAnEmptyStorage) {
  fill();
  const std::string why = begin(*open_admin(), Code::conflict);
  EXPECT_NE(why.find("is not empty"), std::string::npos) << why;
  EXPECT_NE(why.find("copy into a new"), std::string::npos) << why;
  EXPECT_EQ(status().copy_unfinished, 0);
  open_store();
}

TEST_P(StorageAdminContract, NobodyLooksAfterAStorageThatAHostUses) {
  auto store = open_store();
  StoreCaller(*store, world().host.clock).set_lane(2);
  open_admin(Code::conflict);
  EXPECT_EQ(status().downloads, 0);
  EXPECT_EQ(check(), std::vector<std::string>{});
  store.reset();
  auto admin = open_admin();
  open_admin(Code::conflict);
  auto late = world().store();
  BasicContext ctx = world().host.context();
  EXPECT_FALSE(late->open(ctx).ok());
}

TEST_P(StorageAdminContract, RowsOfAnotherVersionAreRefused) {
  Tables tables = taken_out();
  auto admin = open_admin();
  begin(*admin);
  TableKept::One less = named(tables, "lane");
  less.columns.pop_back();
  for (auto& row : less.rows) { row.pop_back(); }
  EXPECT_NE(write(*admin, less, less.rows, Code::invalid).find("\"hold\""), std::string::npos);
  TableKept::One other = named(tables, "lane");
  other.columns.back() = "colour";
  EXPECT_NE(write(*admin, other, other.rows, Code::invalid).find("\"colour\""), std::string::npos);
  TableKept::One text = named(tables, "lane");
  text.rows.front().back().value.kind = Value::Kind::text;
  EXPECT_NE(write(*admin, text, text.rows, Code::invalid).find("an integer belongs"), std::string::npos);
  TableKept::One unknown = named(tables, "lane");
  unknown.name = "street";
  write(*admin, unknown, unknown.rows, Code::not_found);
}

TEST_P(StorageAdminContract, ColumnsMayComeInAnotherOrder) {
  Tables tables = taken_out();
  auto admin = open_admin();
  begin(*admin);
  TableKept::One turned = named(tables, "download");
  std::reverse(turned.columns.begin(), turned.columns.end());
  for (auto& row : turned.rows) { std::reverse(row.begin(), row.end()); }
  write(*admin, turned, turned.rows);
  EXPECT_TRUE(rows_of(*admin, "download", 100) == named(tables, "download").rows);
}

TEST_P(StorageAdminContract, ABlockIsWrittenWholeOrNotAtAll) {
  Tables tables = taken_out();
  auto admin = open_admin();
  begin(*admin);
  TableKept::One twice = named(tables, "download");
  twice.rows.push_back(twice.rows.front());
  write(*admin, twice, twice.rows, Code::conflict);
  EXPECT_TRUE(rows_of(*admin, "download", 100).empty());
  write(*admin, named(tables, "download"), named(tables, "download").rows);
}

TEST_P(StorageAdminContract, RowsThatContradictEachOtherAreNotFinished) {
  Tables tables = taken_out();
  auto admin = open_admin();
  begin(*admin);
  field(named(tables, "download"), 1, "release_key").text = "film-0";
  write(*admin, named(tables, "download"), named(tables, "download").rows);
  finish(*admin, tables, Code::conflict);
  admin.reset();
  EXPECT_EQ(status().copy_unfinished, 1);
}

TEST_P(StorageAdminContract, NothingIsMovedBeforeOpen) {
  auto admin = world().admin();
  RowsKept rows;
  run([&](CallContext& ctx) { return admin->read_rows(ctx, "lane", {}, 1, rows); }, Code::invalid);
  begin(*admin, Code::invalid);
  finish(*admin, {}, Code::invalid);
  auto open = open_admin();
  finish(*open, {}, Code::invalid);
}

}  // namespace quarry::sdk::testing
