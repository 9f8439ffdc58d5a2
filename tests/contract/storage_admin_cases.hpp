// SPDX-License-Identifier: MIT
// What every storage_admin/1 keeps to, by what can be seen through the interface alone. Instantiated once for each
// store.
#pragma once

#include "storage_admin_contract.hpp"
#include "storage_admin_copy_cases.hpp"
#include "storage_admin_record_cases.hpp"

namespace quarry::sdk::testing {

TEST_P(StorageAdminContract, StatusOfNothingAndOfSomething) {
  const StorageStatus nothing = status();
  EXPECT_EQ(nothing.schema_version, 0);
  EXPECT_GT(nothing.known_version, 0);
  EXPECT_EQ(nothing.downloads, 0);
  fill();
  const StorageStatus filled = status();
  EXPECT_EQ(filled.schema_version, filled.known_version);
  EXPECT_EQ(filled.downloads, 8);
  EXPECT_GE(filled.events, 10);
  EXPECT_EQ(filled.copy_unfinished, 0);
  EXPECT_GT(filled.bytes, 0);
}

TEST_P(StorageAdminContract, OpenMakesTheTables) {
  open_admin().reset();
  EXPECT_EQ(status().schema_version, status().known_version);
}

TEST_P(StorageAdminContract, TablesAndColumnsAreTheOnesOfTheFormat) {
  const Tables tables = everything(*open_admin());
  std::string shown;
  for (const auto& table : tables) {
    shown += table.name + ':';
    for (const std::string& column : table.columns) { shown += ' ' + column; }
    shown += '\n';
  }
  EXPECT_EQ(
      shown,
      "lane: name max_active hold\n"
      "duty: name owner epoch lease_until_ms\n"
      "download: id state flags epoch version rank due_at_ms lease_until_ms enqueued_at_ms updated_at_ms "
      "ended_at_ms attempts max_retries priority cleanup error_code movie_id size_bytes done_bytes down_bps up_bps "
      "eta_s progress_at_ms seeders leechers progress ratio lane lease_owner claim_command last_command created_by "
      "release_key infohash_v1 infohash_v2 client client_item_id client_state due_reason error output_path category "
      "title indexer guid download_url magnet\n"
      "metainfo: download_id bytes\n"
      "event: sequence download_id at_ms epoch from_state to_state actor command_id reason\n");
}

TEST_P(StorageAdminContract, WhatWasTakenOutComesBackEqual) {
  Tables tables = taken_out();
  ASSERT_EQ(named(tables, "download").rows.size(), 8U);
  ASSERT_EQ(named(tables, "metainfo").rows.size(), 1U);
  {
    auto admin = open_admin();
    begin(*admin);
    for (const auto& table : tables) {
      for (std::size_t i = 0; i < table.rows.size(); ++i) { write(*admin, table, std::span(table.rows).subspan(i, 1)); }
    }
    finish(*admin, tables);
    const Tables again = everything(*admin, 1000);
    ASSERT_EQ(again.size(), tables.size());
    for (std::size_t i = 0; i < again.size(); ++i) { EXPECT_TRUE(again[i].rows == tables[i].rows) << again[i].name; }
  }
  EXPECT_EQ(check(), std::vector<std::string>{});
}

TEST_P(StorageAdminContract, AHostGoesOnWithTheCopy) {
  Tables tables = taken_out();
  // Of a download that was there once.
  named(tables, "download").last_number = 100;
  {
    auto admin = open_admin();
    begin(*admin);
    for (const auto& table : tables) { write(*admin, table, table.rows); }
    finish(*admin, tables);
  }
  auto store = open_store();
  StoreCaller call(*store, world().host.clock);
  EXPECT_EQ(call.all().size(), 8U);
  const QueueRow taken = call.row(named(tables, "metainfo").rows.at(0).at(0).value.integer);
  EXPECT_EQ(call.metainfo(taken.data.id).size(), 14U);
  // A command that was carried out before the copy is known.
  const Outcome again = call.enqueue(download("film-3"));
  EXPECT_EQ(again.id, call.find(FindBy::command, "film-3").data.id);
  EXPECT_EQ(call.all().size(), 8U);
  EXPECT_GT(call.enqueue(download("new")).id, 100);
  // The limit of the lane counts the two that are leased; with more room the oldest comes next.
  EXPECT_TRUE(call.claim(claim_of("claim-2", 10)).empty());
  call.set_lane(9);
  const auto rows = call.claim(claim_of("claim-3", 10));
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows.front().title, "film-2");
  EXPECT_EQ(rows.back().title, "new");
}

}  // namespace quarry::sdk::testing
