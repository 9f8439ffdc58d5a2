// SPDX-License-Identifier: MIT
// What every storage_admin/1 keeps to, by what can be seen through the interface alone. Instantiated once for each
// store.
#pragma once

#include <quarry/sdk/abi/storage_admin.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace quarry::sdk::testing {

/// One storage, and the two ways to work on it.
class StorageUnderTest {
 public:
  virtual ~StorageUnderTest() = default;
  /// New instances, not opened.
  virtual std::shared_ptr<QueueStore> store() = 0;
  virtual std::shared_ptr<StorageAdmin> admin() = 0;
  /// The records beside an opened store; lives as long as that does.
  virtual std::shared_ptr<RecordStore> records(QueueStore& store) = 0;
  /// The storage is as it was before anybody used it.
  virtual void forget_everything() = 0;
  FakeHost host;
};

struct StorageMaker {
  std::string name;
  std::function<std::unique_ptr<StorageUnderTest>()> make;
  std::function<std::string()> missing = [] { return std::string(); };
};

/// For GoogleTest, which would print the bytes.
inline void PrintTo(const StorageMaker& maker, std::ostream* out) { *out << maker.name; }

struct OwnedValue {
  Value value;
  std::string text;
  bool operator==(const OwnedValue& other) const {
    return value.kind == other.value.kind && text == other.text && value.integer == other.value.integer &&
           value.real == other.value.real;
  }
  [[nodiscard]] Value view() const {
    Value made = value;
    made.text = text;
    return made;
  }
};
using OwnedValues = std::vector<OwnedValue>;

class RowsKept final : public RowSink {
 public:
  bool add(std::span<const Value> row) noexcept override {
    OwnedValues& kept = rows.emplace_back();
    for (const Value& value : row) {
      kept.push_back({value, std::string(value.text)});
      kept.back().value.text = {};
    }
    return true;
  }
  std::vector<OwnedValues> rows;
};

struct TableKept final : TableSink {
  struct One {
    std::string name;
    std::vector<std::string> columns;
    std::int64_t last_number = 0;
    std::vector<OwnedValues> rows;
  };
  bool add(const StorageTable& table) noexcept override {
    all.push_back({std::string(table.name), {table.columns.begin(), table.columns.end()}, table.last_number, {}});
    told.push_back(table.rows);
    return true;
  }
  std::vector<One> all;
  std::vector<std::int64_t> told;
};

struct NoProgress final : ProgressSink {
  bool step(std::int64_t, std::int64_t) noexcept override { return true; }
};
struct FindingsKept final : FindingSink {
  bool add(const Finding& finding) noexcept override {
    all.push_back(std::string(finding.where) + ": " + std::string(finding.text));
    return true;
  }
  std::vector<std::string> all;
};

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

/// Collections with every kind of value, and records that refer to later ones.
class Films {
 public:
  Films() {
    fields_[0].name = "title";
    fields_[0].flags = kRequired | kUnique;
    fields_[1].name = "rating";
    fields_[1].type = FieldType::real;
    fields_[2].name = "seen";
    fields_[2].type = FieldType::boolean;
    fields_[3].name = "sequel_of";
    fields_[3].type = FieldType::integer;
    fields_[3].references = "films";
    spec_.name = "films";
    spec_.flags = kQueueRefersTo;
    spec_.fields = fields_;
  }
  [[nodiscard]] std::span<const CollectionSpec> all() const { return {&spec_, 1}; }

 private:
  std::array<FieldSpec, 4> fields_;
  CollectionSpec spec_;
};
struct LastWrite final : WriteSink {
  void add(const WriteOutcome& one) noexcept override { outcome = one; }
  WriteOutcome outcome;
};
inline WriteOutcome put(RecordStore& records, CallContext& ctx, WriteKind kind, std::int64_t id,
                        std::vector<Assignment> values) {
  RecordWrite write;
  write.kind = kind;
  write.collection = "films";
  write.id = id;
  write.values = values;
  LastWrite last;
  EXPECT_TRUE(records.write(ctx, {&write, 1}, last).ok());
  return last.outcome;
}
inline Assignment to(std::int32_t field, Value::Kind kind, std::int64_t integer, std::string_view text = {}) {
  Assignment made;
  made.field = field;
  made.value.kind = kind;
  made.value.integer = integer;
  made.value.real = static_cast<double>(integer) / 7;
  made.value.text = text;
  return made;
}

TEST_P(StorageAdminContract, RecordsMoveWithTheirCollections) {
  using Kind = Value::Kind;
  const Films films;
  Tables tables;
  {
    auto store = open_store();
    auto records = world().records(*store);
    BasicContext ctx = world().host.context();
    ASSERT_TRUE(records->open(ctx).ok()) << ctx.text();
    ASSERT_TRUE(records->declare(ctx, films.all()).ok()) << ctx.text();
    put(*records, ctx, WriteKind::insert, 0, {to(0, Kind::text, 0, "Second"), to(1, Kind::real, 61)});
    put(*records, ctx, WriteKind::insert, 0, {to(0, Kind::text, 0, "First"), to(2, Kind::boolean, 1)});
    put(*records, ctx, WriteKind::update, 1, {to(3, Kind::integer, 2)});
    put(*records, ctx, WriteKind::insert, 0, {to(0, Kind::text, 0, "Gone")});
    put(*records, ctx, WriteKind::remove, 3, {});
    NewDownload item = download("with-film");
    item.movie_id = 2;
    EXPECT_EQ(StoreCaller(*store, world().host.clock).enqueue(item).result, CommandResult::applied);
  }
  tables = everything(*open_admin());
  ASSERT_EQ(named(tables, "record.films").rows.size(), 2U);
  EXPECT_GE(named(tables, "record.films").last_number, 3);
  EXPECT_EQ(tables.front().name, "record.films") << "downloads refer to it";
  world().forget_everything();
  {
    auto admin = open_admin();
    run([&](CallContext& ctx) { return admin->begin_copy(ctx, "elsewhere", 5, films.all()); });
    for (const auto& table : tables) { write(*admin, table, table.rows); }
    finish(*admin, tables);
    const Tables again = everything(*admin);
    for (std::size_t i = 0; i < again.size(); ++i) { EXPECT_TRUE(again[i].rows == tables[i].rows) << again[i].name; }
  }
  EXPECT_EQ(check(), std::vector<std::string>{});
  EXPECT_EQ(status().record_version, 5);
  auto store = open_store();
  auto records = world().records(*store);
  BasicContext ctx = world().host.context();
  ASSERT_TRUE(records->open(ctx).ok()) << ctx.text();
  ASSERT_TRUE(records->declare(ctx, films.all()).ok()) << ctx.text();
  // What makes the rules came along, too.
  EXPECT_EQ(put(*records, ctx, WriteKind::insert, 0, {to(0, Kind::text, 0, "First")}).result, WriteResult::conflict);
  EXPECT_EQ(put(*records, ctx, WriteKind::remove, 2, {}).result, WriteResult::referred);
  EXPECT_GT(put(*records, ctx, WriteKind::insert, 0, {to(0, Kind::text, 0, "Third")}).id, 3);
}

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
