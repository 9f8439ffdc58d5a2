// SPDX-License-Identifier: MIT
#include "migrate.hpp"

#include "schema.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

namespace quarry::storage_postgres {
namespace {

constexpr sdk::Status refused(sdk::Code code, sdk::OpenFault fault) {
  return {code, 0, 0, static_cast<std::int32_t>(fault)};
}

/// "QRRY": held while the schema is brought up to date.
constexpr char kLock[] = "SELECT pg_advisory_xact_lock(1364349529)";

Integer ask(Session& session, const std::string& sql) {
  Integer answer = 0;
  Statement(session.soci(), sql, in(), out(answer)).one();
  return answer;
}

void check_encoding(Session& session, const std::string& place) {
  if (session.raw().parameter("server_encoding") != "UTF8") {
    throw sdk::Error(refused(sdk::Code::unavailable, sdk::OpenFault::foreign),
                     "the database (" + place +
                         ") does not keep UTF-8; make one with `createdb --encoding=UTF8 "
                         "--template=template0`");
  }
}

/// Inside a transaction that holds the lock.
Integer version_of(Session& session) {
  session.raw().exec("CREATE TABLE IF NOT EXISTS quarry_schema (version integer NOT NULL)");
  return ask(session, "SELECT coalesce(max(version), 0) FROM quarry_schema");
}

/// False: nothing was left to do.
bool next_step(Session& session, const std::string& place) {
  session.begin();
  session.raw().exec(kLock);
  const Integer version = version_of(session);
  if (version > sql::kSchemaVersion) {
    throw sdk::Error(refused(sdk::Code::conflict, sdk::OpenFault::newer),
                     "the database (" + place + ") has version " + std::to_string(version) +
                         ", and this quarry knows versions up to " + std::to_string(sql::kSchemaVersion) +
                         "; install the newer quarry again or restore a backup");
  }
  if (version > 0 && version < sql::kSchemaVersion &&
      ask(session, "SELECT cast(to_regclass('copy_source') IS NOT NULL AS integer)") != 0) {
    throw sdk::Error(refused(sdk::Code::conflict, sdk::OpenFault::newer),
                     "the database (" + place + ") has version " + std::to_string(version) +
                         " and holds an unfinished copy, which only the quarry of that version can finish; do that "
                         "first, or make the database anew");
  }
  if (version < sql::kSchemaVersion) {
    session.raw().exec(sql::kMigrations.at(static_cast<std::size_t>(version)));
    session.raw().exec(
        ("DELETE FROM quarry_schema; INSERT INTO quarry_schema VALUES (" + std::to_string(version + 1) + ")").c_str());
  }
  session.raw().exec("COMMIT");
  return version < sql::kSchemaVersion;
}

}  // namespace

void migrate(Session& session, const std::string& place) {
  check_encoding(session, place);
  try {
    while (next_step(session, place)) {}
  } catch (...) {
    if (session.raw().alive() && session.raw().in_transaction()) { session.raw().exec("ROLLBACK"); }
    throw;
  }
}

}  // namespace quarry::storage_postgres
