// SPDX-License-Identifier: MIT
#include "moving_tables.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <algorithm>

namespace quarry::storage_sql {
namespace {

using Kind = sdk::Value::Kind;

void add(MovingTable& table, Kind kind, std::initializer_list<const char*> names) {
  for (const char* name : names) { table.columns.push_back({name, kind, name}); }
}

MovingTable make(std::string name) {
  MovingTable table;
  table.table = name;
  table.name = std::move(name);
  return table;
}

MovingTable download_table() {
  MovingTable table = make("download");
  table.numbered = true;
  add(table, Kind::integer, {"id",          "state",     "flags",          "epoch",          "version",
                             "rank",        "due_at_ms", "lease_until_ms", "enqueued_at_ms", "updated_at_ms",
                             "ended_at_ms", "attempts",  "max_retries",    "priority",       "cleanup",
                             "error_code",  "movie_id",  "size_bytes",     "done_bytes",     "down_bps",
                             "up_bps",      "eta_s",     "progress_at_ms", "seeders",        "leechers"});
  add(table, Kind::real, {"progress", "ratio"});
  add(table, Kind::text,
      {"lane",        "lease_owner", "claim_command",  "last_command", "created_by",   "release_key", "infohash_v1",
       "infohash_v2", "client",      "client_item_id", "client_state", "due_reason",   "error",       "output_path",
       "category",    "title",       "indexer",        "guid",         "download_url", "magnet"});
  return table;
}

const char* word(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::integer:
      return "an integer";
    case Kind::real:
      return "a number";
    case Kind::text:
      return "a text";
    case Kind::boolean:
      return "a boolean";
    case Kind::bytes:
      return "bytes";
  }
  return "something unknown";
}

}  // namespace

int MovingTable::place_of(std::string_view column) const noexcept {
  const auto it = std::find_if(columns.begin(), columns.end(), [&](const MovingColumn& c) { return c.name == column; });
  return it == columns.end() ? -1 : static_cast<int>(it - columns.begin());
}

std::vector<std::string_view> MovingTable::column_names() const {
  std::vector<std::string_view> names;
  for (const MovingColumn& column : columns) { names.emplace_back(column.name); }
  return names;
}

std::vector<MovingTable> queue_tables() {
  MovingTable lane = make("lane");
  lane.settings = true;
  add(lane, Kind::text, {"name"});
  add(lane, Kind::integer, {"max_active", "hold"});
  MovingTable duty = make("duty");
  duty.settings = true;
  add(duty, Kind::text, {"name", "owner"});
  add(duty, Kind::integer, {"epoch", "lease_until_ms"});
  MovingTable metainfo = make("metainfo");
  metainfo.large_rows = true;
  add(metainfo, Kind::integer, {"download_id"});
  add(metainfo, Kind::bytes, {"bytes"});
  MovingTable event = make("event");
  add(event, Kind::integer, {"sequence", "download_id", "at_ms", "epoch", "from_state", "to_state", "actor"});
  add(event, Kind::text, {"command_id", "reason"});
  return {std::move(lane), std::move(duty), download_table(), std::move(metainfo), std::move(event)};
}

const MovingTable& table_of(std::span<const MovingTable> tables, std::string_view name) {
  const auto it = std::find_if(tables.begin(), tables.end(), [&](const MovingTable& t) { return t.name == name; });
  if (it == tables.end()) {
    throw sdk::Error(sdk::Code::not_found, "this storage has no table \"" + std::string(name) + "\"");
  }
  return *it;
}

std::vector<std::size_t> places_in(const MovingTable& table, std::span<const std::string_view> columns) {
  for (const std::string_view name : columns) {
    if (table.place_of(name) < 0 || std::count(columns.begin(), columns.end(), name) != 1) {
      throw sdk::Error(sdk::Code::invalid, "the rows of \"" + table.name + "\" have a column \"" + std::string(name) +
                                               "\" that this storage does not know: the two are of different versions");
    }
  }
  std::vector<std::size_t> places;
  for (const MovingColumn& column : table.columns) {
    const auto it = std::find(columns.begin(), columns.end(), column.name);
    if (it == columns.end()) {
      throw sdk::Error(sdk::Code::invalid, "the rows of \"" + table.name + "\" lack the column \"" + column.name +
                                               "\": the two storages are of different versions");
    }
    places.push_back(static_cast<std::size_t>(it - columns.begin()));
  }
  return places;
}

void check_value(const MovingTable& table, const MovingColumn& column, const sdk::Value& value) {
  // Only a collection's field may be empty; where it may not, the database says so.
  if (value.kind == column.kind || (value.kind == Kind::null && table.name.starts_with("record."))) { return; }
  throw sdk::Error(sdk::Code::invalid, "a row of \"" + table.name + "\" has " + word(value.kind) + " in \"" +
                                           column.name + "\", where " + word(column.kind) + " belongs");
}

std::int64_t ready_of(std::int64_t state, std::int64_t flags, std::int64_t due_at_ms, std::int64_t now_ms) noexcept {
  if (state != static_cast<std::int64_t>(sdk::DownloadState::queued) || (flags & sdk::kHold) != 0) { return 0; }
  return due_at_ms <= now_ms ? 1 : 2;
}

MadeColumn made_ready(const MovingTable& download) {
  const auto state = static_cast<std::size_t>(download.place_of("state"));
  const auto flags = static_cast<std::size_t>(download.place_of("flags"));
  const auto due = static_cast<std::size_t>(download.place_of("due_at_ms"));
  return {"ready", [=](std::span<const sdk::Value> row, std::int64_t now_ms) {
            return integer_value(ready_of(row[state].integer, row[flags].integer, row[due].integer, now_ms));
          }};
}

MadeColumn made_status(const MovingTable& download) {
  const auto state = static_cast<std::size_t>(download.place_of("state"));
  const auto flags = static_cast<std::size_t>(download.place_of("flags"));
  return {"status", [=](std::span<const sdk::Value> row, std::int64_t) {
            const auto status = sdk::public_status(static_cast<sdk::DownloadState>(row[state].integer),
                                                   static_cast<std::uint32_t>(row[flags].integer));
            return integer_value(static_cast<std::int64_t>(status));
          }};
}

sdk::Value integer_value(std::int64_t value) noexcept {
  sdk::Value made;
  made.kind = Kind::integer;
  made.integer = value;
  return made;
}
sdk::Value real_value(double value) noexcept {
  sdk::Value made;
  made.kind = Kind::real;
  made.real = value;
  return made;
}
sdk::Value text_value(std::string_view value, Kind kind) noexcept {
  sdk::Value made;
  made.kind = kind;
  made.text = value;
  return made;
}

}  // namespace quarry::storage_sql
