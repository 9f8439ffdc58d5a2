// SPDX-License-Identifier: MIT
#include "file_check.hpp"

#include "looker.hpp"
#include "record_session.hpp"
#include "statements.hpp"

#include <quarry/sdk/helpers/result.hpp>
#include <storage-sql/queue_checks.hpp>
#include <storage-sql/record_checks.hpp>

#include <soci/sqlite3/soci-sqlite3.h>

namespace quarry::storage_sqlite {
namespace {

using storage_sql::QueueCheck;

constexpr storage_sql::CheckWords kWords{"live = 1",
                                         "(SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'download')"};

class FileCheck {
 public:
  FileCheck(const std::string& path, sdk::FindingSink& findings) : path_(path), findings_(findings) {}

  void tell(bool harmful, const std::string& where, const std::string& text) {
    sdk::Finding finding;
    finding.harmful = harmful ? 1 : 0;
    finding.where = where;
    finding.text = text;
    static_cast<void>(findings_.add(finding));
  }

  void pages(RawDatabase& raw) {
    RawStatement statement(raw, "PRAGMA integrity_check(20)");
    while (statement.step()) {
      if (statement.text(0) != "ok") {
        tell(true, path_,
             "SQLite finds damage: " + std::string(statement.text(0)) + "; restore a backup, or copy what can be read");
      }
    }
  }
  void references(RawDatabase& raw) {
    RawStatement statement(raw, "PRAGMA foreign_key_check");
    for (int told = 0; told < storage_sql::kFindingsOfOneCheck && statement.step(); ++told) {
      // Downloads that were made before films were kept need not refer to one.
      const bool harmful = statement.text(0) != "download";
      tell(harmful, std::string(statement.text(0)) + " " + std::to_string(statement.integer(1)),
           "refers to a row of \"" + std::string(statement.text(2)) + "\" that does not exist");
    }
  }
  void queue(RawDatabase& raw, const QueueCheck& check) {
    RawStatement statement(raw, check.sql + " LIMIT " + std::to_string(storage_sql::kFindingsOfOneCheck));
    while (statement.step()) { tell(check.harmful, check.where + " " + std::string(statement.text(0)), check.text); }
  }

  void records(RawDatabase& raw, const sdk::Clock& clock) {
    SqliteRecordSession session(raw, clock);
    for (const auto& found : storage_sql::check_records(session)) { tell(true, found.where, found.text); }
  }

  /// Reading is over where the file cannot be read.
  template <class Body>
  bool readable(const Body& body) {
    try {
      body();
      return true;
    } catch (const SqliteFailure& failure) {
      if ((failure.code() & 0xff) != SQLITE_CORRUPT) { throw; }
      tell(true, path_, "a part of the file cannot be read (" + std::string(failure.what()) + "); restore a backup");
      return false;
    }
  }

 private:
  const std::string& path_;
  sdk::FindingSink& findings_;
};

}  // namespace

void check_file(sdk::CallContext& ctx, const std::string& path, const sdk::Clock& clock, sdk::FindingSink& findings,
                sdk::ProgressSink& progress) {
  Looker looker(path);
  RawDatabase& raw = looker.raw();
  raw.watch(&ctx);
  FileCheck check(path, findings);
  raw.exec(sql::kBeginRead);
  const int version = looker.version();
  if (version == 0) { throw sdk::Error(sdk::Code::not_found, path + " is empty: there is nothing to check"); }
  if (copy_unfinished(raw)) { check.tell(true, path, "holds an unfinished copy; run the same copy again"); }
  // An older schema has other columns, and a newer one may have other rules.
  const auto checks = version == sql::kSchemaVersion ? storage_sql::queue_checks(kWords) : std::vector<QueueCheck>();
  if (checks.empty()) {
    check.tell(false, path,
               "has version " + std::to_string(version) + ", not " + std::to_string(sql::kSchemaVersion) +
                   "; only its pages and references are checked");
  }
  const auto total = static_cast<std::int64_t>(checks.size()) + (checks.empty() ? 2 : 3);
  std::int64_t done = 0;
  const auto step = [&] {
    if (!progress.step(++done, total)) { throw sdk::Error(sdk::Code::cancelled, "cancelled by the caller"); }
  };
  if (!check.readable([&] { check.pages(raw); })) { return; }
  step();
  if (!check.readable([&] { check.references(raw); })) { return; }
  step();
  for (const QueueCheck& one : checks) {
    if (!check.readable([&] { check.queue(raw, one); })) { return; }
    step();
  }
  if (checks.empty() || !check.readable([&] { check.records(raw, clock); })) { return; }
  step();
}

}  // namespace quarry::storage_sqlite
