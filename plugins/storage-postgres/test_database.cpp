// SPDX-License-Identifier: MIT
#include "test_database.hpp"

#include "raw_postgres.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <unistd.h>

#include <lab/postgres_url.hpp>
#include <stdexcept>

namespace quarry::storage_postgres::testing {
namespace {

/// What a store has written is gone; its schema stays.
constexpr char kEmpty[] =
    "TRUNCATE download_state, download_origin, duty, event, lane, metainfo, status_count RESTART IDENTITY CASCADE; "
    "DROP TABLE IF EXISTS "
    "test_clock";
/// The SQLSTATE of RAISE.
constexpr char kRaised[] = "P0001";
constexpr char kWaitForAWaiter[] =
    "DO $$ BEGIN FOR i IN 1..5000 LOOP "
    "IF EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))) "
    "THEN RETURN; END IF; "
    "PERFORM pg_sleep(0.002); END LOOP; RAISE 'nobody waits for this session'; END $$";

/// A URL of another database of the server.
std::string with_database(const std::string& url, const std::string& name) {
  return url.substr(0, url.rfind('/') + 1) + name;
}

}  // namespace

struct TestDatabase::Connection {
  explicit Connection(const std::string& url) : session(soci::postgresql, connection_words(url)), raw(session) {
    raw.exec("SET client_min_messages = warning");
  }
  soci::session session;
  RawPostgres raw;
};

std::string TestDatabase::missing() {
  const std::string none = lab::test_postgres().missing;
  return none.empty() && lab::through_pooler() ? lab::test_pooler().missing : none;
}

TestDatabase& TestDatabase::get() {
  static TestDatabase database;
  return database;
}

TestDatabase::TestDatabase() : name_("quarry_test_" + std::to_string(getpid())) {
  const auto [server, why] = lab::test_postgres();
  if (server.empty()) { throw std::runtime_error(why); }
  server_ = std::make_unique<Connection>(server);
  server_->raw.exec(("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)").c_str());
  server_->raw.exec(("CREATE DATABASE " + name_).c_str());
  url_ = with_database(server, name_);
  own_ = std::make_unique<Connection>(url_);
}

TestDatabase::~TestDatabase() {
  own_.reset();
  try {
    server_->raw.exec(("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)").c_str());
  } catch (const std::exception&) {
    // The server goes away with the test run, and takes it along.
  }
}

std::string TestDatabase::pooler_url() const {
  const auto [pooler, why] = lab::test_pooler();
  if (pooler.empty()) { throw std::runtime_error(why); }
  return with_database(pooler, name_);
}
std::string TestDatabase::config() const {
  return lab::through_pooler() ? R"({"pooler": true, "url": ")" + pooler_url() + R"("})"
                               : R"({"url": ")" + url_ + R"("})";
}

void TestDatabase::run(const std::string& sql) { own_->raw.exec(sql.c_str()); }
bool TestDatabase::is_waited_for() {
  try {
    run(kWaitForAWaiter);
    return true;
  } catch (const PostgresFailure& failure) {
    if (failure.state() != kRaised) { throw; }
    return false;
  }
}
void TestDatabase::clear() {
  try {
    run(kEmpty);
  } catch (const PostgresFailure&) { run("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); }
}

void TestDatabase::take_clock(std::int64_t wall_ms) {
  run("CREATE TABLE test_clock (ms bigint); INSERT INTO test_clock VALUES (" + std::to_string(wall_ms) +
      ");"
      "CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT ms FROM test_clock';"
      "CREATE OR REPLACE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT ms FROM test_clock'");
}
void TestDatabase::set_clock(std::int64_t wall_ms) { run("UPDATE test_clock SET ms = " + std::to_string(wall_ms)); }

}  // namespace quarry::storage_postgres::testing
