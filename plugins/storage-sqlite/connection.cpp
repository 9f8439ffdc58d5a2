// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include "failures.hpp"
#include "statements.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <soci/sqlite3/soci-sqlite3.h>

namespace quarry::storage_sqlite {
namespace {

constexpr int kBusyMs = 5000;

void set_wal(RawDatabase& raw, const std::string& path) {
  const std::string mode = raw.text("PRAGMA journal_mode=WAL");
  if (mode == "wal") { return; }
  refuse(sdk::Code::unavailable, sdk::OpenFault::file_system,
         "the queue database " + path + " cannot use a write-ahead log on this file system (it answered \"" + mode +
             "\"); choose a folder on a local disk");
}

}  // namespace

Connection::Connection(const std::string& path, Access access, Synchronous synchronous)
    : session_(soci::sqlite3, "db=\"" + path + "\""), raw_(session_) {
  // First of all: the very next statement may have to wait for a lock.
  raw_.set_busy_timeout(kBusyMs);
  if (access == Access::writer) { set_wal(raw_, path); }
  for (const char* pragma : sql::kPragmas) { raw_.exec(pragma); }
  raw_.exec(synchronous == Synchronous::full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  if (raw_.integer("PRAGMA foreign_keys", 0) != 1) {
    throw sdk::Error(sdk::Code::internal, "this SQLite library was built without foreign keys");
  }
  if (access == Access::reader) { raw_.exec("PRAGMA query_only=ON"); }
}

void migrate(Connection& connection, const std::string& path) {
  RawDatabase& raw = connection.raw();
  const auto version = static_cast<int>(raw.integer("PRAGMA user_version", 0));
  const auto owner = raw.integer("PRAGMA application_id", 0);
  const bool empty = raw.integer("SELECT count(*) FROM sqlite_schema", 0) == 0;
  if (owner != sql::kApplicationId && !empty) {
    refuse(sdk::Code::conflict, sdk::OpenFault::foreign,
           path + " is the database of another program; choose another file");
  }
  if (version > sql::kSchemaVersion) {
    refuse(sdk::Code::conflict, sdk::OpenFault::newer,
           "the queue database " + path + " has version " + std::to_string(version) +
               ", and this quarry knows versions up to " + std::to_string(sql::kSchemaVersion) +
               "; install the newer quarry again or restore a backup");
  }
  for (int next = version + 1; next <= sql::kSchemaVersion; ++next) {
    const std::string steps = std::string("BEGIN IMMEDIATE;") +
                              sql::kMigrations.at(static_cast<std::size_t>(next) - 1) +
                              ";PRAGMA application_id=" + std::to_string(sql::kApplicationId) +
                              ";PRAGMA user_version=" + std::to_string(next) + ";COMMIT";
    try {
      raw.exec(steps.c_str());
    } catch (const SqliteFailure&) {
      if (raw.in_transaction()) { raw.exec(sql::kRollback); }
      throw;
    }
  }
}

}  // namespace quarry::storage_sqlite
