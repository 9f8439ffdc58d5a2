// SPDX-License-Identifier: MIT
#include "app/storage_mover.hpp"

#include <quarry/sdk/helpers/record_spec.hpp>

#include <algorithm>
#include <deque>

namespace quarry::app {
namespace {

using sdk::CallContext;
using sdk::Code;
using sdk::Error;
using sdk::StorageAdmin;

void call(const StorageCall& storage, const std::function<sdk::Status(StorageAdmin&, CallContext&)>& what) {
  if (const auto done = storage(what); !done) { throw Error(done.error()); }
}

[[noreturn]] void differs(const std::string& table, const std::string& what) {
  throw Error(Code::internal,
              "the copy of \"" + table + "\" is not what was read from the source: " + what +
                  "; nothing uses the copy: delete it and copy again, while no host works on the source, and check the "
                  "source and the disks if it happens again");
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

}  // namespace

class StorageMover::Tables final : public sdk::TableSink {
 public:
  bool add(const sdk::StorageTable& table) noexcept override {
    Table& copy = all.emplace_back();
    copy.name = table.name;
    copy.columns.assign(table.columns.begin(), table.columns.end());
    copy.rows = table.rows;
    copy.last_number = table.last_number;
    return true;
  }
  std::vector<Table> all;
};

/// What the source holds, kept beyond the call that told it.
class StorageMover::Collections final : public sdk::CollectionSink {
 public:
  bool add(const sdk::CollectionSpec& collection) noexcept override {
    kept_.emplace_back(collection);
    return true;
  }
  /// Call once, after the last add().
  [[nodiscard]] std::span<const sdk::CollectionSpec> all() {
    for (const auto& collection : kept_) { specs_.push_back(views_.emplace_back(collection).spec()); }
    return specs_;
  }

 private:
  std::deque<sdk::record_rules::OwnedCollection> kept_;
  std::deque<sdk::record_rules::SpecView> views_;
  std::vector<sdk::CollectionSpec> specs_;
};

class StorageMover::OneKey final : public sdk::RowSink {
 public:
  bool add(std::span<const sdk::Value> row) noexcept override {
    if (!row.empty()) { key = RowKey(row.front()); }
    return false;
  }
  RowKey key;
};

std::vector<StorageMover::Table> StorageMover::tables_of(const StorageCall& storage) {
  Tables tables;
  call(storage, [&](StorageAdmin& admin, CallContext& ctx) { return admin.tables(ctx, tables); });
  return std::move(tables.all);
}

RowKey StorageMover::last_key(const std::string& table) {
  OneKey last;
  call(to_, [&](StorageAdmin& admin, CallContext& ctx) { return admin.last_key(ctx, table, last); });
  return last.key;
}

void StorageMover::read_block(const StorageCall& storage, const std::string& table, const RowKey& after,
                              RowBlock& block) {
  block.clear();
  call(storage, [&](StorageAdmin& admin, CallContext& ctx) {
    return admin.read_rows(ctx, table, after.value(), RowBlock::kRows, block);
  });
  if (block.misfit()) { throw Error(Code::internal, "the storage gave a row of \"" + table + "\" of another length"); }
  const bool forward = block.rows() == 0 || after < RowKey(block.row(0).front());
  if (!forward) { throw Error(Code::internal, "the storage gave rows of \"" + table + "\" twice"); }
}

void StorageMover::step(std::size_t rows) {
  done_ += static_cast<std::int64_t>(rows);
  if (!progress_.step(done_, total_)) { throw Error(Code::cancelled, "cancelled; run the same command to go on"); }
}

void StorageMover::write_new(const Table& table, const RowBlock& block, const RowKey& arrived) {
  std::size_t first = 0;
  while (first < block.rows() && !(arrived < RowKey(block.row(first).front()))) { ++first; }
  if (first == block.rows()) { return; }
  const std::vector<std::string_view> columns = views(table.columns);
  call(to_, [&](StorageAdmin& admin, CallContext& ctx) {
    return admin.write_rows(ctx, table.name, columns, block.from(first));
  });
}

/// Also what has arrived before is read again: its sums are needed.
void StorageMover::copy(Table& table) {
  const RowKey arrived = last_key(table.name);
  RowBlock block(table.columns.size());
  RowKey last;
  table.rows = 0;
  while (true) {
    read_block(from_, table.name, last, block);
    if (block.rows() == 0) { return; }
    last = RowKey(block.row(block.rows() - 1).front());
    RowSum sum;
    for (std::size_t i = 0; i < block.rows(); ++i) {
      sum.add(block.row(i));
      table.sum.add(block.row(i));
    }
    table.parts.push_back({RowKey(block.row(0).front()), last, block.rows(), sum.value()});
    table.rows += static_cast<std::int64_t>(block.rows());
    // All of it has arrived when its last row has.
    if (arrived < last) { write_new(table, block, arrived); }
    step(block.rows());
  }
}

void StorageMover::compare(const Table& table, const Table& there) {
  std::vector<std::size_t> places;
  for (const std::string& column : table.columns) {
    const auto it = std::find(there.columns.begin(), there.columns.end(), column);
    if (it == there.columns.end()) { differs(table.name, "it has no column \"" + column + '"'); }
    places.push_back(static_cast<std::size_t>(it - there.columns.begin()));
  }
  RowBlock block(there.columns.size());
  RowKey last;
  RowSum sum;
  auto part = table.parts.begin();
  std::size_t rows = 0;  // of this part
  std::vector<sdk::Value> row(places.size());
  while (true) {
    read_block(to_, table.name, last, block);
    if (block.rows() == 0) { break; }
    last = RowKey(block.row(block.rows() - 1).front());
    for (std::size_t i = 0; i < block.rows(); ++i) {
      const auto values = block.row(i);
      if (part == table.parts.end()) { differs(table.name, "it has more rows, from " + RowKey(values.front()).text()); }
      std::transform(places.begin(), places.end(), row.begin(), [&](std::size_t place) { return values[place]; });
      sum.add(row);
      if (++rows < part->rows) { continue; }
      if (sum.value() != part->sum) {
        differs(table.name, "rows differ between the keys " + part->first.text() + " and " + part->last.text());
      }
      ++part;
      rows = 0;
      sum = RowSum();
    }
    step(block.rows());
  }
  if (part != table.parts.end()) {
    differs(table.name, "rows are missing between the keys " + part->first.text() + " and " + part->last.text());
  }
}

sdk::Result<std::vector<CopiedTable>> StorageMover::run(const std::string& source, std::int64_t record_version) try {
  Collections collections;
  call(from_, [&](StorageAdmin& admin, CallContext& ctx) { return admin.collections(ctx, collections); });
  const auto declared = collections.all();
  call(to_,
       [&](StorageAdmin& admin, CallContext& ctx) { return admin.begin_copy(ctx, source, record_version, declared); });
  begun_ = true;
  std::vector<Table> tables = tables_of(from_);
  for (const Table& table : tables) { total_ += table.rows; }
  progress_.begin("copying", "rows");
  for (Table& table : tables) { copy(table); }
  done_ = 0;
  progress_.begin("reading back", "rows");
  const std::vector<Table> there = tables_of(to_);
  std::vector<CopiedTable> copied;
  std::vector<sdk::UsedNumbers> used;
  for (const Table& table : tables) {
    const auto it = std::find_if(there.begin(), there.end(), [&](const Table& t) { return t.name == table.name; });
    if (it == there.end()) { differs(table.name, "it is not there"); }
    compare(table, *it);
    copied.push_back({table.name, table.rows, table.sum.text()});
    if (table.last_number > 0) { used.push_back({table.name, table.last_number}); }
  }
  progress_.begin("making indexes and counters", "steps");
  static_cast<void>(progress_.step(0, 1));
  call(to_, [&](StorageAdmin& admin, CallContext& ctx) { return admin.finish_copy(ctx, used); });
  progress_.end();
  return copied;
} catch (const Error& error) { return sdk::Failure{error.status(), error.what()}; }

}  // namespace quarry::app
