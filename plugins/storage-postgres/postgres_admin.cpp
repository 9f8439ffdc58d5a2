// SPDX-License-Identifier: MIT
#include "postgres_admin.hpp"

#include "database_check.hpp"
#include "failures.hpp"
#include "migrate.hpp"
#include "pooler.hpp"
#include "schema.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

namespace quarry::storage_postgres {
namespace {

using sdk::CallContext;
using sdk::Code;
using sdk::Error;
using sdk::Status;

constexpr const char* kOtherTools =
    "PostgreSQL has a tool of its own for this: `pg_dump` and `pg_restore`; a backup that every storage can read is a "
    "copy into an SQLite file, made by `quarry storage copy`";

/// A lock that keeps hosts out belongs to a session of the server.
const Server& without_pooler(const Server& server) {
  if (server.pooler) {
    throw Error(Code::unsupported, "hosts cannot be kept out of the database (" + server.place +
                                       ") through a pooler; give this command a manifest whose storage has the "
                                       "server's own address as its url, and not `pooler = true`");
  }
  refuse_pooler(server);
  return server;
}

/// For this session alone, and up to date.
void take_over(Session& session, const std::string& place, Canceller& canceller, const CallContext& ctx) {
  const Canceller::Watch watch(canceller, session.cancel_request(), ctx);
  if (!session.keep_hosts_out()) {
    throw Error(Code::conflict, "a host works on the database (" + place + "), or another `quarry storage`; stop it");
  }
  migrate(session, place);
}

sdk::StorageStatus status_of(Session& session) {
  RawRows rows(session.soci());
  sdk::StorageStatus found;
  found.known_version = sql::kSchemaVersion;
  found.schema_version = schema_version_of(session);
  found.bytes = rows.ask("SELECT pg_database_size(current_database())").integer();
  if (found.schema_version > 0) {
    found.copy_unfinished = copy_unfinished(rows) ? 1 : 0;
    found.downloads = rows.ask("SELECT count(*) FROM download").integer();
    found.events = rows.ask("SELECT count(*) FROM event").integer();
    const bool records = rows.ask("SELECT to_regclass('record_schema') IS NOT NULL").integer() != 0;
    if (records) { found.record_version = rows.ask("SELECT version FROM record_schema").integer(); }
  }
  return found;
}

}  // namespace

PostgresAdmin::Opened::Opened(const Server& server, Canceller& canceller, const CallContext& ctx)
    : session(without_pooler(server), Access::admin),
      rows((take_over(session, server.place, canceller, ctx), session)) {}

PostgresAdmin::PostgresAdmin(sdk::HostServices&, const sdk::Config& config) : server_(Server::of(config)) {}

template <class Body>
Status PostgresAdmin::guarded(CallContext& ctx, const Body& body) noexcept {
  return sdk::guard(ctx, [&] {
    try {
      sdk::check_cancelled(ctx);
      body();
    } catch (const Error&) { throw; } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      check_given_up(error, ctx);
      // Class 23: a rule that rows must keep.
      if (sqlstate(error).starts_with("23")) {
        throw Error(Code::conflict, "the rows contradict each other, or a rule of the database (" + server_.place +
                                        "): " + error.what());
      }
      throw Error(explain(error, server_.place));
    }
  });
}

template <class Body>
Status PostgresAdmin::looking(CallContext& ctx, const Body& body) noexcept {
  return guarded(ctx, [&] {
    Session session(server_, Access::admin);
    const Canceller::Watch watch(canceller_, session.cancel_request(), ctx);
    session.read(Sees::one_moment, [&] { body(session); });
  });
}

template <class Body>
Status PostgresAdmin::moving(CallContext& ctx, const Body& body) noexcept {
  return guarded(ctx, [&] {
    if (opened_ == nullptr) { throw Error(Code::invalid, "the database has not been opened"); }
    try {
      const Canceller::Watch watch(canceller_, opened_->session.cancel_request(), ctx);
      body(opened_->rows);
    } catch (...) {
      opened_->session.roll_back();  // see Watch
      throw;
    }
  });
}

Status PostgresAdmin::status(CallContext& ctx, sdk::StorageStatus& out) noexcept {
  return looking(ctx, [&](Session& session) { out = status_of(session); });
}

Status PostgresAdmin::open(CallContext& ctx) noexcept {
  return guarded(ctx, [&] {
    if (opened_ != nullptr) { throw Error(Code::conflict, "the database is open already"); }
    opened_ = std::make_unique<Opened>(server_, canceller_, ctx);
  });
}

Status PostgresAdmin::backup(CallContext& ctx, std::string_view, sdk::ProgressSink&) noexcept {
  return guarded(ctx, [] { throw Error(Code::unsupported, kOtherTools); });
}
Status PostgresAdmin::restore(CallContext& ctx, std::string_view, sdk::ProgressSink&) noexcept {
  return guarded(ctx, [] { throw Error(Code::unsupported, kOtherTools); });
}

Status PostgresAdmin::check(CallContext& ctx, sdk::FindingSink& findings, sdk::ProgressSink& progress) noexcept {
  return looking(ctx, [&](Session& session) { check_database(ctx, session, server_.place, findings, progress); });
}

Status PostgresAdmin::tables(CallContext& ctx, sdk::TableSink& tables) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.tables(tables); });
}
Status PostgresAdmin::collections(CallContext& ctx, sdk::CollectionSink& collections) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.collections(collections); });
}
Status PostgresAdmin::read_rows(CallContext& ctx, std::string_view table, const sdk::Value& after, std::int32_t limit,
                                sdk::RowSink& sink) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.read(table, after, limit, sink); });
}
Status PostgresAdmin::begin_copy(CallContext& ctx, std::string_view source, std::int64_t record_version,
                                 std::span<const sdk::CollectionSpec> collections) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.begin(source, record_version, collections); });
}
Status PostgresAdmin::write_rows(CallContext& ctx, std::string_view table, std::span<const std::string_view> columns,
                                 std::span<const sdk::Value> values) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.write(table, columns, values); });
}
Status PostgresAdmin::last_key(CallContext& ctx, std::string_view table, sdk::RowSink& key) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.last_key(table, key); });
}
Status PostgresAdmin::finish_copy(CallContext& ctx, std::span<const sdk::UsedNumbers> used) noexcept {
  return moving(ctx, [&](RowMover& rows) { rows.finish(used); });
}

}  // namespace quarry::storage_postgres
