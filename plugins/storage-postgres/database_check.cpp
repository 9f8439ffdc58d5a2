// SPDX-License-Identifier: MIT
#include "database_check.hpp"

#include "failures.hpp"
#include "raw_rows.hpp"
#include "record_session.hpp"
#include "row_mover.hpp"
#include "schema.hpp"

#include <quarry/sdk/helpers/barrier.hpp>
#include <storage-sql/queue_checks.hpp>
#include <storage-sql/record_checks.hpp>

namespace quarry::storage_postgres {
namespace {

using storage_sql::QueueCheck;

constexpr storage_sql::CheckWords kWords{"state < 7", "(SELECT last_value FROM download_id_seq)"};

/// What only PostgreSQL can be asked.
std::vector<QueueCheck> own_checks() {
  const std::string gives_again = "the next number it gives is taken; set it behind the last one with setval()";
  return {
      {true, "index", "is not complete; make it anew with REINDEX INDEX",
       "SELECT cast(cast(indexrelid AS regclass) AS text) FROM pg_index WHERE NOT indisvalid AND indrelid IN (SELECT "
       "oid "
       "FROM pg_class WHERE relnamespace = cast(current_schema() AS regnamespace)) ORDER BY 1"},
      {true, "trigger", "is switched off, so counters and events are not kept; switch it on with ALTER TABLE",
       "SELECT cast(tgname AS text) FROM pg_trigger WHERE tgenabled = 'D' AND to_regclass('copy_source') IS NULL AND "
       "tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = cast(current_schema() AS regnamespace)) ORDER BY 1"},
      {true, "download", "what the API shows of it contradicts its state; copy the storage to make it anew",
       "SELECT cast(id AS text) FROM download_state WHERE status <> public_status(state, flags) ORDER BY id"},
      {true, "download", "lacks its row in download_origin; restore a backup, or delete it from download_state",
       "SELECT cast(id AS text) FROM download_state AS s WHERE NOT EXISTS (SELECT 1 FROM download_origin AS o WHERE "
       "o.id = s.id) ORDER BY id"},
      {true, "download_origin", "belongs to no download; delete it",
       "SELECT cast(id AS text) FROM download_origin AS o WHERE NOT EXISTS (SELECT 1 FROM download_state AS s WHERE "
       "s.id = o.id) ORDER BY id"},
      {true, "download", "is claimed in another order than it is listed in; copy the storage to make it anew",
       "SELECT cast(id AS text) FROM download WHERE claim_rank <> rank ORDER BY id"},
      {true, "sequence", gives_again,
       "SELECT 'download_id_seq' WHERE (SELECT max(id) FROM download_state) > (SELECT last_value FROM "
       "download_id_seq)"},
      {true, "sequence", gives_again,
       "SELECT 'event_sequence_seq' WHERE (SELECT max(sequence) FROM event) > (SELECT last_value FROM "
       "event_sequence_seq)"},
  };
}

/// Every value of these is read once, from its page and from where large ones are kept.
constexpr char kTables[] =
    "SELECT cast(cast(oid AS regclass) AS text) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
    "cast(current_schema() AS regnamespace) ORDER BY relname";

class DatabaseCheck {
 public:
  DatabaseCheck(Session& session, const std::string& place, sdk::FindingSink& findings)
      : session_(session), raw_(session.raw()), rows_(session.soci()), place_(place), findings_(findings) {}

  void tell(bool harmful, const std::string& where, const std::string& text) {
    sdk::Finding finding;
    finding.harmful = harmful ? 1 : 0;
    finding.where = where;
    finding.text = text;
    static_cast<void>(findings_.add(finding));
  }

  void queue(const QueueCheck& check) {
    readable(check.where, [&] {
      const RawResult found = rows_.ask(check.sql + " LIMIT " + std::to_string(storage_sql::kFindingsOfOneCheck));
      for (int i = 0; i < found.rows(); ++i) { tell(check.harmful, check.where + " " + found.text(i), check.text); }
    });
  }
  void records() {
    readable("record_collection", [&] {
      PostgresRecordSession session(session_);
      for (const auto& found : storage_sql::check_records(session)) { tell(true, found.where, found.text); }
    });
  }
  void read_all(const std::string& table) {
    readable(table,
             [&] { static_cast<void>(rows_.ask("SELECT sum(length(cast(t.* AS text))) FROM " + table + " AS t")); });
  }

 private:
  /// The transaction cannot go on after a failure, so each question has a savepoint.
  template <class Body>
  void readable(const std::string& where, const Body& body) {
    raw_.exec("SAVEPOINT question");
    try {
      body();
      raw_.exec("RELEASE question");
    } catch (const PostgresFailure& failure) {
      const bool damage = failure.state().starts_with("XX") || failure.state().starts_with("58");
      if (!damage || !raw_.alive()) { throw; }
      raw_.exec("ROLLBACK TO question");
      tell(true, where, explain(failure, place_).text + ": " + failure.what());
    }
  }

  Session& session_;
  RawPostgres& raw_;
  RawRows rows_;
  const std::string& place_;
  sdk::FindingSink& findings_;
};

}  // namespace

int schema_version_of(Session& session) {
  RawRows rows(session.soci());
  if (rows.ask("SELECT to_regclass('quarry_schema') IS NOT NULL").integer() == 0) { return 0; }
  return static_cast<int>(rows.ask("SELECT coalesce(max(version), 0) FROM quarry_schema").integer());
}

void check_database(sdk::CallContext& ctx, Session& session, const std::string& place, sdk::FindingSink& findings,
                    sdk::ProgressSink& progress) {
  DatabaseCheck check(session, place, findings);
  const int version = schema_version_of(session);
  if (version == 0) { throw sdk::Error(sdk::Code::not_found, "the database (" + place + ") has no tables of Quarry"); }
  RawRows rows(session.soci());
  if (copy_unfinished(rows)) { check.tell(true, place, "holds an unfinished copy; run the same copy again"); }
  std::vector<QueueCheck> checks;
  if (version == sql::kSchemaVersion) {
    checks = storage_sql::queue_checks(kWords);
    for (QueueCheck& own : own_checks()) { checks.push_back(std::move(own)); }
  } else {
    check.tell(false, place,
               "has version " + std::to_string(version) + ", not " + std::to_string(sql::kSchemaVersion) +
                   "; it is only tried whether it can be read");
  }
  const RawResult tables = rows.ask(kTables);
  const auto total = tables.rows() + static_cast<std::int64_t>(checks.size()) + (checks.empty() ? 0 : 1);
  std::int64_t done = 0;
  const auto step = [&] {
    sdk::check_cancelled(ctx);
    if (!progress.step(++done, total)) { throw sdk::Error(sdk::Code::cancelled, "cancelled by the caller"); }
  };
  for (int i = 0; i < tables.rows(); ++i) {
    check.read_all(tables.text(i));
    step();
  }
  for (const QueueCheck& one : checks) {
    check.queue(one);
    step();
  }
  if (checks.empty()) { return; }
  check.records();
  step();
}

}  // namespace quarry::storage_postgres
