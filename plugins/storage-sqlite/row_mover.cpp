// SPDX-License-Identifier: MIT
#include "row_mover.hpp"

#include "copy_statements.hpp"
#include "looker.hpp"
#include "record_session.hpp"
#include "statements.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <algorithm>

namespace quarry::storage_sqlite {
namespace {

using sdk::Code;
using sdk::Error;
using sdk::Value;
using Kind = Value::Kind;
using storage_sql::MovingColumn;
using storage_sql::MovingTable;

/// The tables as this store keeps them; films before the downloads that refer to them.
std::vector<MovingTable> tables_here(const storage_sql::Catalog& catalog) {
  std::vector<MovingTable> tables = storage_sql::record_tables(catalog);
  for (MovingTable& table : storage_sql::queue_tables()) { tables.push_back(std::move(table)); }
  for (MovingTable& table : tables) {
    if (table.name != "download") { continue; }
    table.made.push_back(storage_sql::made_ready(table));
    const auto state = static_cast<std::size_t>(table.place_of("state"));
    table.made.push_back({"live", [state](std::span<const Value> row, std::int64_t) {
                            return storage_sql::integer_value(row[state].integer < 7 ? 1 : 0);
                          }});
  }
  return tables;
}

Value value_of(const RawStatement& row, int column, Kind kind) {
  if (row.is_null(column)) { return {}; }
  switch (kind) {
    case Kind::real:
      return storage_sql::real_value(row.real(column));
    case Kind::text:
      return storage_sql::text_value(row.text(column));
    case Kind::bytes: {
      const auto bytes = row.blob(column);
      return storage_sql::text_value({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, kind);
    }
    default: {
      Value value = storage_sql::integer_value(row.integer(column));
      value.kind = kind;
      return value;
    }
  }
}

/// The table's name without quotes.
std::string plain(const MovingTable& table) {
  std::string name = table.table;
  std::erase(name, '"');
  return name;
}

std::string select_text(const MovingTable& table, bool from_start) {
  std::string sql = "SELECT ";
  for (const MovingColumn& column : table.columns) {
    sql += (&column == table.columns.data() ? "" : ", ") + column.column;
  }
  const std::string& key = table.columns.front().column;
  return sql + " FROM " + table.table + (from_start ? "" : " WHERE " + key + " > ?2") + " ORDER BY " + key +
         " LIMIT ?1";
}

std::string insert_text(const MovingTable& table) {
  std::string names;
  std::string places;
  const auto add = [&](const std::string& name) {
    names += (names.empty() ? "" : ", ") + name;
    places += places.empty() ? "?" : ", ?";
  };
  for (const MovingColumn& column : table.columns) { add(column.column); }
  for (const auto& made : table.made) { add(made.name); }
  return "INSERT INTO " + table.table + " (" + names + ") VALUES (" + places + ")";
}

}  // namespace

/// Rolled back unless it was committed.
class RowMover::Transaction {
 public:
  explicit Transaction(RawDatabase& raw) : raw_(raw) { raw_.exec(sql::kBegin); }
  ~Transaction() {
    if (!raw_.in_transaction()) { return; }
    try {
      raw_.exec(sql::kRollback);
    } catch (const SqliteFailure&) {
      // The connection is closed next, which rolls back, too.
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() { raw_.exec(sql::kCommit); }

 private:
  RawDatabase& raw_;
};

struct RowMover::Insert {
  Insert(RawDatabase& raw, const MovingTable& of) : table(of), statement(raw, insert_text(of)) {}
  const MovingTable& table;
  RawStatement statement;
};

RowMover::RowMover(Connection& connection, const sdk::Clock& clock) : raw_(connection.raw()), clock_(clock) {
  read_catalog();
}

void RowMover::read_catalog() {
  SqliteRecordSession session(raw_, clock_);
  catalog_ = storage_sql::load_catalog(session);
  insert_.reset();
  tables_ = tables_here(catalog_);
}

void RowMover::collections(sdk::CollectionSink& sink) { storage_sql::tell_collections(catalog_, sink); }

RowMover::~RowMover() = default;

void RowMover::tables(sdk::TableSink& sink) {
  for (const MovingTable& table : tables_) {
    const std::vector<std::string_view> columns = table.column_names();
    sdk::StorageTable told;
    told.name = table.name;
    told.columns = columns;
    told.rows = raw_.integer(("SELECT count(*) FROM " + table.table).c_str(), 0);
    told.last_number = table.numbered ? last_number(table) : 0;
    if (!sink.add(told)) { return; }
  }
}

void RowMover::read(std::string_view name, const Value& after, std::int32_t limit, sdk::RowSink& rows) {
  const MovingTable& table = storage_sql::table_of(tables_, name);
  RawStatement statement(raw_, select_text(table, after.kind == Kind::null));
  statement.bind(1, static_cast<std::int64_t>(limit));
  if (after.kind != Kind::null) { bind_value(statement, 2, after); }
  std::vector<Value> row(table.columns.size());
  while (statement.step()) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = value_of(statement, static_cast<int>(i), table.columns[i].kind);
    }
    if (!rows.add(row)) { return; }
  }
}

bool RowMover::holds_rows() {
  return std::any_of(tables_.begin(), tables_.end(), [&](const MovingTable& table) {
    return !table.settings && raw_.integer(("SELECT EXISTS (SELECT 1 FROM " + table.table + ")").c_str(), 0) != 0;
  });
}

void RowMover::put_off_what_follows() {
  std::vector<std::string> drops;
  {
    RawStatement names(raw_, sql::kLaterNames);
    while (names.step()) { drops.push_back("DROP " + std::string(names.text(0))); }
  }
  raw_.exec(sql::kMakeCopySource);
  for (const std::string& drop : drops) { raw_.exec(drop.c_str()); }
}

void RowMover::make_ready_for_rows(std::string_view source, std::int64_t record_version,
                                   std::span<const sdk::CollectionSpec> collections) {
  if (holds_rows()) {
    throw Error(Code::conflict,
                "the queue database is not empty: it holds downloads, events or records already; if they came by a "
                "copy, that one is complete and hosts may use it, else copy into a new file");
  }
  Transaction transaction(raw_);
  raw_.exec("DELETE FROM lane; DELETE FROM duty");
  {
    SqliteRecordSession session(raw_, clock_);
    storage_sql::take_collections(session, storage_sql::kSqliteRecords, record_version, collections);
  }
  put_off_what_follows();
  RawStatement note(raw_, sql::kSetCopySource);
  note.bind(1, source);
  note.run();
  transaction.commit();
  read_catalog();
}

void RowMover::begin(std::string_view source, std::int64_t record_version,
                     std::span<const sdk::CollectionSpec> collections) {
  // References are looked at in the end: rows may refer to rows that come later.
  raw_.exec("PRAGMA foreign_keys=OFF");
  if (!copy_unfinished(raw_)) { return make_ready_for_rows(source, record_version, collections); }
  const std::string begun = raw_.text(sql::kCopySource);
  if (begun == source) { return; }
  throw Error(Code::conflict, "the queue database holds an unfinished copy of another storage (" + begun +
                                  "); finish that one, or copy into a new file");
}

RowMover::Insert& RowMover::insert_for(const MovingTable& table) {
  if (insert_ == nullptr || &insert_->table != &table) { insert_ = std::make_unique<Insert>(raw_, table); }
  return *insert_;
}

void RowMover::write(std::string_view name, std::span<const std::string_view> columns, std::span<const Value> rows) {
  const MovingTable& table = storage_sql::table_of(tables_, name);
  const std::vector<std::size_t> places = storage_sql::places_in(table, columns);
  if (!copy_unfinished(raw_)) { throw Error(Code::invalid, "no copy into the queue database was begun"); }
  const std::int64_t now_ms = clock_.wall_ms();
  std::vector<Value> row(table.columns.size());
  Transaction transaction(raw_);
  RawStatement& statement = insert_for(table).statement;
  for (std::size_t at = 0; at + columns.size() <= rows.size(); at += columns.size()) {
    int parameter = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = rows[at + places[i]];
      storage_sql::check_value(table, table.columns[i], row[i]);
      bind_value(statement, ++parameter, row[i]);
    }
    for (const auto& made : table.made) { bind_value(statement, ++parameter, made.value(row, now_ms)); }
    statement.run();
  }
  transaction.commit();
}

void RowMover::last_key(std::string_view name, sdk::RowSink& key) {
  const MovingTable& table = storage_sql::table_of(tables_, name);
  const MovingColumn& column = table.columns.front();
  RawStatement statement(
      raw_, "SELECT " + column.column + " FROM " + table.table + " ORDER BY " + column.column + " DESC LIMIT 1");
  const Value last = statement.step() ? value_of(statement, 0, column.kind) : Value();
  key.add({&last, 1});
}

std::int64_t RowMover::last_number(const MovingTable& table) {
  const std::string name = plain(table);
  RawStatement statement(raw_, sql::kLastNumber);
  statement.bind(1, std::string_view(name));
  return statement.step() ? statement.integer(0) : 0;
}

void RowMover::set_last_number(const MovingTable& table, std::int64_t last) {
  const std::string name = plain(table);
  RawStatement add(raw_, sql::kAddLastNumber);
  add.bind(1, std::string_view(name));
  add.run();
  RawStatement set(raw_, sql::kSetLastNumber);
  set.bind(1, std::string_view(name));
  set.bind(2, last);
  set.run();
}

/// Only downloads may refer to what is not there: those that were made before films were kept.
void RowMover::check_references() {
  RawStatement dangling(raw_, "PRAGMA foreign_key_check");
  while (dangling.step()) {
    if (dangling.text(0) == "download") { continue; }
    throw Error(Code::conflict, "row " + std::to_string(dangling.integer(1)) + " of " + std::string(dangling.text(0)) +
                                    " refers to a row of " + std::string(dangling.text(2)) + " that does not exist");
  }
}

void RowMover::finish(std::span<const sdk::UsedNumbers> used) {
  if (!copy_unfinished(raw_)) { throw Error(Code::invalid, "no copy into the queue database was begun"); }
  insert_.reset();
  std::vector<std::string> later;
  {
    RawStatement texts(raw_, sql::kLater);
    while (texts.step()) { later.emplace_back(texts.text(0)); }
  }
  Transaction transaction(raw_);
  for (const std::string& text : later) { raw_.exec(text.c_str()); }
  check_references();
  raw_.exec(sql::kRecount);
  for (const sdk::UsedNumbers& one : used) {
    const MovingTable& table = storage_sql::table_of(tables_, one.table);
    if (table.numbered) { set_last_number(table, one.last); }
  }
  raw_.exec(sql::kDropCopySource);
  transaction.commit();
}

}  // namespace quarry::storage_sqlite
