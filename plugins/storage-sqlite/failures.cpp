// SPDX-License-Identifier: MIT
#include "failures.hpp"

#include "raw_sqlite.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace quarry::storage_sqlite {
namespace {

using sdk::OpenFault;

sdk::Failure unavailable(OpenFault fault, bool retry, const std::string& text) {
  return {sdk::Status{sdk::Code::unavailable, retry ? sdk::kRetryable : 0U, 0, static_cast<std::int32_t>(fault)}, text};
}

}  // namespace

void refuse(sdk::Code code, sdk::OpenFault fault, const std::string& text) {
  throw sdk::Error({code, 0, 0, static_cast<std::int32_t>(fault)}, text);
}

int sqlite_code(const std::exception& error) noexcept {
  if (const auto* raw = dynamic_cast<const SqliteFailure*>(&error)) { return raw->code(); }
  if (const auto* soci_error = dynamic_cast<const soci::sqlite3_soci_error*>(&error)) { return soci_error->result(); }
  return 0;
}

bool may_have_written_all(const std::exception& error) noexcept {
  const int code = sqlite_code(error);
  return (code & 0xff) == SQLITE_IOERR && code != kWriteFailed;
}

std::string sentence_of(const std::exception& error) {
  // SOCI's what() would add the statement with all its values, passkeys among them.
  const auto* soci_error = dynamic_cast<const soci::soci_error*>(&error);
  return soci_error != nullptr ? soci_error->get_error_message() : error.what();
}

sdk::Failure explain(const std::exception& error, const std::string& path) {
  if (const auto* ours = dynamic_cast<const sdk::Error*>(&error)) { return {ours->status(), ours->what()}; }
  const int code = sqlite_code(error);
  const std::string file = "the queue database " + path;
  // A database that is opened on a full disk fails here first.
  switch (code == kSharedMemorySize ? SQLITE_FULL : code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return unavailable(OpenFault::unreachable, true,
                         file + " is locked by another program (nothing was changed); close that program");
    case SQLITE_FULL:
      return unavailable(OpenFault::full, true,
                         file + " cannot grow: the disk is full (nothing was changed); free some space");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return unavailable(OpenFault::rights, true,
                         file + " cannot be written (nothing was changed); check its permissions and mount");
    case SQLITE_IOERR:
      return {sdk::Status{sdk::Code::unavailable, sdk::kRetryable, 0, code},
              file + " met an I/O error (nothing was changed): " + sentence_of(error)};
    case SQLITE_CANTOPEN:
      return unavailable(OpenFault::rights, true,
                         file + " cannot be opened; check that the folder and file can be read and written");
    case SQLITE_NOTADB:
      return unavailable(OpenFault::damaged, false,
                         file + " is not an SQLite database; move the file away or restore a backup");
    case SQLITE_CORRUPT:
      return unavailable(OpenFault::damaged, false,
                         file +
                             " is damaged; restore a backup, or save what is left with "
                             "`sqlite3 FILE .recover`");
    case SQLITE_INTERRUPT:
      return {sdk::Status{sdk::Code::deadline, sdk::kRetryable, 0, code}, "the time for this call is over"};
    case SQLITE_TOOBIG:
      return {sdk::Status{sdk::Code::invalid, 0, 0, code}, "a value is too large for the queue database"};
    default:
      return {sdk::Status{sdk::Code::internal, 0, 0, code},
              file + " refused a statement: " + sentence_of(error) + " (SQLite code " + std::to_string(code) + ")"};
  }
}

}  // namespace quarry::storage_sqlite
