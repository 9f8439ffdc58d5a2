// SPDX-License-Identifier: MIT
// storage_admin/1 and the records beside the queue. Included by storage_admin_cases.hpp.
#pragma once

#include "storage_admin_contract.hpp"

#include <array>

namespace quarry::sdk::testing {

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

}  // namespace quarry::sdk::testing
