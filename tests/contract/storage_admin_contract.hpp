// SPDX-License-Identifier: MIT
// What the cases of storage_admin/1 have in common: how a storage is filled, read, copied and compared.
#pragma once

#include "storage_admin_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace quarry::sdk::testing {

class StorageAdminContract : public ::testing::TestWithParam<StorageMaker> {
 protected:
  using Tables = std::vector<TableKept::One>;

  void SetUp() override {
    if (const std::string why = GetParam().missing(); !why.empty()) { GTEST_SKIP() << why; }
    world_ = GetParam().make();
  }
  StorageUnderTest& world() { return *world_; }

  /// Runs a call; fails the test unless it answers `expected`. The sentence of a failure.
  template <class Call>
  std::string run(const Call& call, Code expected = Code::ok) {
    BasicContext ctx = world().host.context();
    const Status status = call(ctx);
    EXPECT_EQ(status.code, expected) << ctx.text();
    return ctx.text();
  }
  std::shared_ptr<QueueStore> open_store(Code expected = Code::ok) {
    auto store = world().store();
    run([&](CallContext& ctx) { return store->open(ctx); }, expected);
    return store;
  }
  std::shared_ptr<StorageAdmin> open_admin(Code expected = Code::ok) {
    auto admin = world().admin();
    run([&](CallContext& ctx) { return admin->open(ctx); }, expected);
    return admin;
  }
  StorageStatus status() {
    StorageStatus found;
    auto admin = world().admin();
    run([&](CallContext& ctx) { return admin->status(ctx, found); });
    return found;
  }
  std::vector<std::string> check() {
    FindingsKept findings;
    NoProgress progress;
    auto admin = world().admin();
    run([&](CallContext& ctx) { return admin->check(ctx, findings, progress); });
    return findings.all;
  }

  static NewDownload download(const std::string& name) {
    // Texts live as long as the program: a test is short.
    static std::vector<std::unique_ptr<std::string>> kept;
    const std::string& text = *kept.emplace_back(std::make_unique<std::string>(name));
    NewDownload item;
    item.command_id = text;
    item.lane = "downloads";
    item.release_key = text;
    item.title = text;
    item.guid = "tab\there, line\nthere, back\\slash, ü";
    return item;
  }
  static ClaimRequest claim_of(std::string_view command, std::int32_t limit) {
    ClaimRequest request;
    request.command_id = command;
    request.lane = "downloads";
    request.owner = "host-1";
    request.limit = limit;
    request.lease_ms = 30'000;
    return request;
  }

  /// A queue in which much has happened.
  void fill() {
    auto store = open_store();
    StoreCaller call(*store, world().host.clock);
    call.set_lane(2);
    for (int i = 0; i < 7; ++i) { call.enqueue(download("film-" + std::to_string(i))); }
    NewDownload later = download("later");
    later.due_at_ms = 4'102'444'800'000;  // in the year 2100, by whatever clock
    call.enqueue(later);
    const auto rows = call.claim(claim_of("claim-1", 2));
    ASSERT_EQ(rows.size(), 2U);
    Intent intent;
    intent.command_id = "intent-1";
    intent.id = rows[0].data.id;
    intent.epoch = rows[0].data.epoch;
    intent.client = "box";
    intent.infohash_v1 = "0123456789012345678901234567890123456789";
    const std::string bytes(
        "d4:info\0\\\t\n\xff\x80"
        "e",
        14);
    intent.metainfo = std::as_bytes(std::span(bytes));
    call.record_intent(intent);
    DutyRequest duty;
    duty.name = "client:box";
    duty.owner = "host-1";
    duty.lease_ms = 30'000;
    call.take_duty(duty);
  }
  Tables everything(StorageAdmin& admin, std::int32_t limit = 3) {
    TableKept tables;
    run([&](CallContext& ctx) { return admin.tables(ctx, tables); });
    for (std::size_t i = 0; i < tables.all.size(); ++i) {
      tables.all[i].rows = rows_of(admin, tables.all[i].name, limit);
      EXPECT_EQ(tables.told[i], static_cast<std::int64_t>(tables.all[i].rows.size())) << tables.all[i].name;
    }
    return tables.all;
  }
  std::vector<OwnedValues> rows_of(StorageAdmin& admin, const std::string& table, std::int32_t limit) {
    RowsKept kept;
    Value after;
    std::string text;
    for (std::size_t before = 1; before != kept.rows.size();) {
      before = kept.rows.size();
      run([&](CallContext& ctx) { return admin.read_rows(ctx, table, after, limit, kept); });
      EXPECT_LE(kept.rows.size(), before + static_cast<std::size_t>(limit));
      if (kept.rows.empty()) { break; }
      text = kept.rows.back().front().text;
      after = kept.rows.back().front().value;
      after.text = text;
    }
    return kept.rows;
  }

  std::string begin(StorageAdmin& admin, Code expected = Code::ok, std::string_view source = "elsewhere") {
    return run([&](CallContext& ctx) { return admin.begin_copy(ctx, source, 0, {}); }, expected);
  }
  std::string write(StorageAdmin& admin, const TableKept::One& table, std::span<const OwnedValues> rows,
                    Code expected = Code::ok) {
    const std::vector<std::string_view> columns(table.columns.begin(), table.columns.end());
    std::vector<Value> values;
    for (const OwnedValues& row : rows) {
      for (const OwnedValue& value : row) { values.push_back(value.view()); }
    }
    return run([&](CallContext& ctx) { return admin.write_rows(ctx, table.name, columns, values); }, expected);
  }
  std::string finish(StorageAdmin& admin, const Tables& tables, Code expected = Code::ok) {
    std::vector<UsedNumbers> used;
    for (const auto& table : tables) {
      if (table.last_number > 0) { used.push_back({table.name, table.last_number}); }
    }
    return run([&](CallContext& ctx) { return admin.finish_copy(ctx, used); }, expected);
  }
  static TableKept::One& named(Tables& tables, std::string_view name) {
    return *std::find_if(tables.begin(), tables.end(), [&](const auto& t) { return t.name == name; });
  }
  static OwnedValue& field(TableKept::One& table, std::size_t row, std::string_view column) {
    const auto it = std::find(table.columns.begin(), table.columns.end(), column);
    return table.rows.at(row).at(static_cast<std::size_t>(it - table.columns.begin()));
  }
  /// What fill() made, read, and forgotten by the storage.
  Tables taken_out() {
    fill();
    Tables tables = everything(*open_admin());
    world().forget_everything();
    return tables;
  }

 private:
  std::unique_ptr<StorageUnderTest> world_;
};

}  // namespace quarry::sdk::testing
