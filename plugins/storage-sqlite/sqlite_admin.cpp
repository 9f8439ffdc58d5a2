// SPDX-License-Identifier: MIT
#include "sqlite_admin.hpp"

#include "backup.hpp"
#include "failures.hpp"
#include "file_check.hpp"
#include "looker.hpp"
#include "statements.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <filesystem>

namespace quarry::storage_sqlite {
namespace {

using sdk::CallContext;
using sdk::Code;
using sdk::Error;
using sdk::Status;

constexpr int kConstraint = 19;

const sdk::Clock& host_clock(sdk::HostServices& services) {
  const auto* clock = sdk::get<sdk::Clock>(services);
  if (clock == nullptr) { throw Error(Code::unsupported, "the host offers no quarry.clock/1"); }
  return *clock;
}

std::int64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

/// The settings of a connection that moves rows by the million.
void prepare_for_bulk(RawDatabase& raw) { raw.exec("PRAGMA cache_size=-131072"); }

}  // namespace

SqliteAdmin::Opened::Opened(const std::string& file, Synchronous synchronous, const sdk::Clock& clock)
    : guard(file),
      connection(guard.path(), Access::writer, synchronous),
      rows((migrate(connection, guard.path()), prepare_for_bulk(connection.raw()), connection), clock) {}

SqliteAdmin::SqliteAdmin(sdk::HostServices& services, const sdk::Config& config)
    : file_(std::filesystem::absolute(file_of(config)).string()), clock_(host_clock(services)) {}

template <class Body>
Status SqliteAdmin::guarded(CallContext& ctx, const Body& body) noexcept {
  return sdk::guard(ctx, [&] {
    try {
      body();
    } catch (const Error&) { throw; } catch (const std::exception& error) {
      if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) { throw; }
      if ((sqlite_code(error) & 0xff) == kConstraint) {
        throw Error(Code::conflict,
                    "the rows contradict each other, or a rule of the queue database: " + explain(error, file_).text);
      }
      const sdk::Failure failure = explain(error, file_);
      // A statement is interrupted for either reason.
      if (failure.status.code == Code::deadline) { sdk::check_cancelled(ctx); }
      throw Error(failure);
    }
  });
}

template <class Body>
Status SqliteAdmin::moving(CallContext& ctx, const Body& body) noexcept {
  return guarded(ctx, [&] {
    sdk::check_cancelled(ctx);
    if (opened_ == nullptr) { throw Error(Code::invalid, "the queue database has not been opened"); }
    body(opened_->rows);
  });
}

Status SqliteAdmin::status(CallContext& ctx, sdk::StorageStatus& out) noexcept {
  return guarded(ctx, [&] {
    sdk::StorageStatus found;
    require_folder_of(file_);
    found.known_version = sql::kSchemaVersion;
    found.bytes = size_of(file_) + size_of(file_ + "-wal");
    if (found.bytes > 0) {
      Looker looker(file_);
      found.schema_version = looker.version();
      if (found.schema_version > 0) {
        found.copy_unfinished = copy_unfinished(looker.raw()) ? 1 : 0;
        found.downloads = looker.raw().integer("SELECT count(*) FROM download", 0);
        found.events = looker.raw().integer("SELECT count(*) FROM event", 0);
        const bool records =
            looker.raw().integer("SELECT count(*) FROM sqlite_schema WHERE name = 'record_schema'", 0) != 0;
        if (records) { found.record_version = looker.raw().integer("SELECT version FROM record_schema", 0); }
      }
    }
    out = found;
  });
}

Status SqliteAdmin::open(CallContext& ctx) noexcept {
  return guarded(ctx, [&] {
    if (opened_ != nullptr) { throw Error(Code::conflict, "the queue database is open already"); }
    opened_ = std::make_unique<Opened>(file_, Synchronous::full, clock_);
  });
}

Status SqliteAdmin::backup(CallContext& ctx, std::string_view path, sdk::ProgressSink& progress) noexcept {
  return guarded(ctx, [&] { write_backup(file_, std::string(path), progress); });
}

Status SqliteAdmin::restore(CallContext& ctx, std::string_view path, sdk::ProgressSink& progress) noexcept {
  return guarded(ctx, [&] {
    const std::string from(path);
    if (!std::filesystem::exists(from)) { throw Error(Code::not_found, "there is no file " + from); }
    if (opened_ != nullptr) { throw Error(Code::conflict, "the queue database is open already"); }
    const FileGuard guard(file_);
    restore_backup(from, guard.path(), progress);
  });
}

Status SqliteAdmin::check(CallContext& ctx, sdk::FindingSink& findings, sdk::ProgressSink& progress) noexcept {
  return guarded(ctx, [&] { check_file(ctx, file_, clock_, findings, progress); });
}

Status SqliteAdmin::tables(CallContext& ctx, sdk::TableSink& tables) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.tables(tables); });
}
Status SqliteAdmin::collections(CallContext& ctx, sdk::CollectionSink& collections) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.collections(collections); });
}
Status SqliteAdmin::read_rows(CallContext& ctx, std::string_view table, const sdk::Value& after, std::int32_t limit,
                              sdk::RowSink& sink) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.read(table, after, limit, sink); });
}
Status SqliteAdmin::begin_copy(CallContext& ctx, std::string_view source, std::int64_t record_version,
                               std::span<const sdk::CollectionSpec> collections) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.begin(source, record_version, collections); });
}
Status SqliteAdmin::write_rows(CallContext& ctx, std::string_view table, std::span<const std::string_view> columns,
                               std::span<const sdk::Value> values) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.write(table, columns, values); });
}
Status SqliteAdmin::last_key(CallContext& ctx, std::string_view table, sdk::RowSink& key) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.last_key(table, key); });
}
Status SqliteAdmin::finish_copy(CallContext& ctx, std::span<const sdk::UsedNumbers> used) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.finish(used); });
}

}  // namespace quarry::storage_sqlite
