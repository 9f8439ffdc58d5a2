// SPDX-License-Identifier: MIT
#include "row_mover.hpp"

#include "copy_statements.hpp"
#include "failures.hpp"
#include "record_session.hpp"
#include "statements.hpp"
#include "transaction.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <algorithm>
#include <array>

namespace quarry::storage_postgres {
namespace {

using sdk::Code;
using sdk::Error;
using sdk::Value;
using Kind = Value::Kind;
using storage_sql::MovingColumn;
using storage_sql::MovingTable;

/// A page of large rows ends after so many bytes.
constexpr const char* kPageBytes = "8388608";

/// The tables as this store keeps them; films before the downloads that refer to them.
std::vector<MovingTable> tables_here(const storage_sql::Catalog& catalog) {
  std::vector<MovingTable> tables = storage_sql::record_tables(catalog);
  for (MovingTable& table : storage_sql::queue_tables()) { tables.push_back(std::move(table)); }
  for (MovingTable& table : tables) {
    if (table.name != "download") { continue; }
    table.made.push_back(storage_sql::made_ready(table));
    table.made.push_back(storage_sql::made_status(table));
  }
  return tables;
}

/// A table of the database, with columns of a moving table: their names, and their places among its columns, behind
/// which those that are made follow.
struct Part {
  std::string table;
  std::vector<std::pair<std::string, std::size_t>> columns;
};

/// What enqueue was told of a download, and edits of it, is in a table of its own.
bool is_of_origin(std::string_view column) {
  constexpr std::array<std::string_view, 12> kOfOrigin = {"rank",     "enqueued_at_ms", "movie_id",     "max_retries",
                                                          "priority", "created_by",     "category",     "title",
                                                          "indexer",  "guid",           "download_url", "magnet"};
  return std::find(kOfOrigin.begin(), kOfOrigin.end(), column) != kOfOrigin.end();
}

std::vector<Part> parts_of(const MovingTable& table) {
  std::vector<std::pair<std::string, std::size_t>> all;
  for (const MovingColumn& column : table.columns) { all.emplace_back(column.column, all.size()); }
  for (const auto& made : table.made) { all.emplace_back(made.name, all.size()); }
  if (table.name != "download") { return {{table.table, std::move(all)}}; }
  Part state{"download_state", {}};
  Part origin{"download_origin", {all.front()}};
  for (const auto& column : all) { (is_of_origin(column.first) ? origin : state).columns.push_back(column); }
  state.columns.emplace_back("claim_rank", static_cast<std::size_t>(table.place_of("rank")));
  return {std::move(state), std::move(origin)};
}

std::string key_of(const MovingTable& table) {
  const MovingColumn& key = table.columns.front();
  return key.kind == Kind::text ? key.column + " COLLATE \"C\"" : key.column;
}

/// $1 the limit, $2 the key before the first row.
std::string select_text(const MovingTable& table, bool from_start) {
  std::string columns;
  std::string size;
  for (const MovingColumn& column : table.columns) {
    const std::string comma = columns.empty() ? "" : ", ";
    columns += comma + column.column;
    if (column.kind == Kind::bytes) { size += (size.empty() ? "" : " + ") + ("octet_length(" + column.column + ")"); }
  }
  const std::string key = key_of(table);
  const std::string rows =
      " FROM " + table.table + (from_start ? "" : " WHERE " + key + " > $2") + " ORDER BY " + key + " LIMIT $1";
  if (!table.large_rows) { return "SELECT " + columns + rows; }
  return "SELECT " + columns + " FROM (SELECT " + columns + ", " + size + " AS own_bytes, sum(" + size +
         ") OVER (ORDER BY " + key + ") AS bytes_so_far" + rows + ") AS page WHERE bytes_so_far - own_bytes < " +
         kPageBytes + " ORDER BY " + key;
}

std::string copy_text(const Part& part) {
  std::string names;
  for (const auto& [name, place] : part.columns) { names += (names.empty() ? "" : ", ") + name; }
  return "COPY " + part.table + " (" + names + ") FROM STDIN";
}

void append_row(std::string& text, const Part& part, std::span<const Value> values) {
  for (const auto& [name, place] : part.columns) {
    append_copy_value(text, values[place]);
    text += '\t';
  }
  text.back() = '\n';
}

}  // namespace

bool copy_unfinished(RawRows& rows) { return rows.ask(sql::kCopyUnfinished).integer() != 0; }

void refuse_unfinished_copy(Session& session, const std::string& place) {
  RawRows rows(session.soci());
  if (!copy_unfinished(rows)) { return; }
  throw Error(Code::conflict,
              "a copy into the database (" + place +
                  ") was begun and not finished; run the same `quarry storage copy` again, which goes on where it "
                  "stopped, or make the database anew");
}

RowMover::RowMover(Session& session) : session_(session), raw_(session.raw()), rows_(session.soci()) { read_catalog(); }

void RowMover::read_catalog() {
  PostgresRecordSession session(session_);
  catalog_ = storage_sql::load_catalog(session);
  tables_ = tables_here(catalog_);
}

void RowMover::collections(sdk::CollectionSink& sink) { storage_sql::tell_collections(catalog_, sink); }

void RowMover::tables(sdk::TableSink& sink) {
  for (const MovingTable& table : tables_) {
    const std::vector<std::string_view> columns = table.column_names();
    sdk::StorageTable told;
    told.name = table.name;
    told.columns = columns;
    told.rows = rows_.ask("SELECT count(*) FROM " + table.table).integer();
    told.last_number = table.numbered ? last_number(table) : 0;
    if (!sink.add(told)) { return; }
  }
}

void RowMover::read(std::string_view name, const Value& after, std::int32_t limit, sdk::RowSink& rows) {
  const MovingTable& table = storage_sql::table_of(tables_, name);
  const bool from_start = after.kind == Kind::null;
  const std::array<Value, 2> parameters = {storage_sql::integer_value(limit), after};
  const RawResult result = rows_.ask(select_text(table, from_start), std::span(parameters).first(from_start ? 1U : 2U));
  std::vector<Value> row(table.columns.size());
  for (int number = 0; number < result.rows(); ++number) {
    for (std::size_t i = 0; i < row.size(); ++i) { row[i] = result.value(number, static_cast<int>(i)); }
    if (!rows.add(row)) { return; }
  }
}

std::vector<std::string> RowMover::names_here() const {
  std::vector<std::string> names;
  for (const MovingTable& table : tables_) {
    for (Part& part : parts_of(table)) { names.push_back(std::move(part.table)); }
  }
  return names;
}

bool RowMover::holds_rows() {
  return std::any_of(tables_.begin(), tables_.end(), [&](const MovingTable& table) {
    return !table.settings && rows_.ask("SELECT EXISTS (SELECT 1 FROM " + table.table + ")").integer() != 0;
  });
}

void RowMover::put_off_what_follows(const std::string& table, const char* question) {
  const Value name = storage_sql::text_value(table);
  const RawResult made = rows_.ask(question, {&name, 1});
  for (int i = 0; i < made.rows(); ++i) {
    const Value text = made.value(i, 0);
    static_cast<void>(rows_.ask(sql::kAddLater, {&text, 1}));
    raw_.exec(made.text(i, 1).c_str());
  }
}

void RowMover::make_ready_for_rows(std::string_view source, std::int64_t record_version,
                                   std::span<const sdk::CollectionSpec> collections) {
  if (holds_rows()) {
    throw Error(Code::conflict,
                "the database is not empty: it holds downloads, events or records already; if they came by a copy, "
                "that one is complete and hosts may use it, else copy into a new database");
  }
  Transaction transaction(raw_);
  raw_.exec("DELETE FROM lane; DELETE FROM duty");
  {
    PostgresRecordSession session(session_);
    storage_sql::take_collections(session, storage_sql::kPostgresRecords, record_version, collections);
  }
  read_catalog();
  raw_.exec(sql::kMakeCopySource);
  // References go first and come last: they lean on indexes.
  const std::vector<std::string> tables = names_here();
  for (const std::string& table : tables) { put_off_what_follows(table, sql::kReferences); }
  for (const std::string& table : tables) {
    put_off_what_follows(table, sql::kIndexes);
    raw_.exec(("ALTER TABLE " + table + " DISABLE TRIGGER USER").c_str());
  }
  const Value text = storage_sql::text_value(source);
  static_cast<void>(rows_.ask(sql::kSetCopySource, {&text, 1}));
  transaction.commit();
}

void RowMover::begin(std::string_view source, std::int64_t record_version,
                     std::span<const sdk::CollectionSpec> collections) {
  if (!copy_unfinished(rows_)) { return make_ready_for_rows(source, record_version, collections); }
  const std::string begun = rows_.ask(sql::kCopySource).text();
  if (begun == source) { return; }
  throw Error(Code::conflict, "the database holds an unfinished copy of another storage (" + begun +
                                  "); finish that one, or copy into a new database");
}

void RowMover::write(std::string_view name, std::span<const std::string_view> columns, std::span<const Value> rows) {
  const MovingTable& table = storage_sql::table_of(tables_, name);
  const std::vector<std::size_t> places = storage_sql::places_in(table, columns);
  if (!copy_unfinished(rows_)) { throw Error(Code::invalid, "no copy into the database was begun"); }
  const std::int64_t now_ms = rows_.ask("SELECT now_ms()").integer();
  const std::vector<Part> parts = parts_of(table);
  texts_.resize(std::max(texts_.size(), parts.size()));
  for (std::string& text : texts_) { text.clear(); }
  std::vector<Value> row(table.columns.size() + table.made.size());
  for (std::size_t at = 0; at + columns.size() <= rows.size(); at += columns.size()) {
    std::size_t column = 0;
    for (; column < table.columns.size(); ++column) {
      row[column] = rows[at + places[column]];
      storage_sql::check_value(table, table.columns[column], row[column]);
    }
    for (const auto& made : table.made) { row[column++] = made.value(row, now_ms); }
    for (std::size_t i = 0; i < parts.size(); ++i) { append_row(texts_[i], parts[i], row); }
  }
  Transaction transaction(raw_);
  for (std::size_t i = 0; i < parts.size(); ++i) { rows_.copy_in(copy_text(parts[i]), texts_[i]); }
  transaction.commit();
}

void RowMover::last_key(std::string_view name, sdk::RowSink& key) {
  const MovingTable& table = storage_sql::table_of(tables_, name);
  const RawResult result = rows_.ask("SELECT " + table.columns.front().column + " FROM " + table.table + " ORDER BY " +
                                     key_of(table) + " DESC LIMIT 1");
  const Value last = result.rows() == 0 ? Value() : result.value(0, 0);
  key.add({&last, 1});
}

std::string RowMover::sequence_of(const MovingTable& table) {
  const std::string name = parts_of(table).front().table;
  const std::array<Value, 2> names = {storage_sql::text_value(name),
                                      storage_sql::text_value(table.columns.front().name)};
  return rows_.ask(sql::kSequence, names).text();
}

std::int64_t RowMover::last_number(const MovingTable& table) {
  const std::string sequence = sequence_of(table);
  if (sequence.empty()) { return 0; }
  return rows_.ask("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " + sequence).integer();
}

void RowMover::follow_rows(const MovingTable& table, std::int64_t used) {
  const std::string sequence = sequence_of(table);
  if (sequence.empty()) { return; }
  const std::string& key = table.columns.front().column;
  const std::int64_t last =
      std::max(used, rows_.ask("SELECT coalesce(max(" + key + "), 0) FROM " + table.table).integer());
  if (last == 0) { return; }
  raw_.exec(("SELECT setval('" + sequence + "', " + std::to_string(last) + ")").c_str());
}

void RowMover::finish(std::span<const sdk::UsedNumbers> used) {
  if (!copy_unfinished(rows_)) { throw Error(Code::invalid, "no copy into the database was begun"); }
  const RawResult later = rows_.ask(sql::kLater);
  Transaction transaction(raw_);
  raw_.exec("SET LOCAL maintenance_work_mem = '256MB'");
  for (int i = 0; i < later.rows(); ++i) { raw_.exec(later.text(i).c_str()); }
  const std::vector<std::string> tables = names_here();
  for (const std::string& table : tables) { raw_.exec(("ALTER TABLE " + table + " ENABLE TRIGGER USER").c_str()); }
  for (const MovingTable& table : tables_) {
    const auto it =
        std::find_if(used.begin(), used.end(), [&](const sdk::UsedNumbers& one) { return one.table == table.name; });
    follow_rows(table, it == used.end() ? 0 : it->last);
  }
  raw_.exec(sql::kRecount);
  raw_.exec(sql::kDropCopySource);
  transaction.commit();
  // So that the first statements of a host find good plans.
  try {
    for (const std::string& table : tables) { raw_.exec(("ANALYZE " + table).c_str()); }
  } catch (const PostgresFailure& failure) {
    if (failure.state() != kQueryCanceled) { throw; }  // who gives up now has a complete copy all the same
  }
}

}  // namespace quarry::storage_postgres
