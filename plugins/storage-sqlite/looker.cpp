// SPDX-License-Identifier: MIT
#include "looker.hpp"

#include "copy_statements.hpp"
#include "failures.hpp"
#include "file_guard.hpp"
#include "statements.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>

namespace quarry::storage_sqlite {
namespace {

constexpr int kLookerBusyMs = 5000;

/// `path`, if something is there.
const std::string& existing(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) { return path; }
  require_folder_of(path);
  refuse(sdk::Code::not_found, sdk::OpenFault::missing, "there is no file " + path);
}

}  // namespace

Looker::Looker(const std::string& path)
    : path_(path), session_(soci::sqlite3, "db=\"" + existing(path) + "\" readonly=true"), raw_(session_) {
  raw_.set_busy_timeout(kLookerBusyMs);
  raw_.exec("PRAGMA trusted_schema=OFF");
  raw_.exec("PRAGMA cell_size_check=ON");
}

int Looker::version() {
  if (raw_.integer("SELECT count(*) FROM sqlite_schema", 0) == 0) { return 0; }
  if (raw_.integer("PRAGMA application_id", 0) != sql::kApplicationId) {
    refuse(sdk::Code::conflict, sdk::OpenFault::foreign, path_ + " is the database of another program");
  }
  return static_cast<int>(raw_.integer("PRAGMA user_version", 0));
}

bool copy_unfinished(RawDatabase& raw) { return raw.integer(sql::kCopyUnfinished, 0) != 0; }

void refuse_unfinished_copy(RawDatabase& raw, const std::string& path) {
  if (!copy_unfinished(raw)) { return; }
  throw sdk::Error(sdk::Code::conflict,
                   "a copy into the queue database " + path +
                       " was begun and not finished; run the same `quarry storage copy` again, which goes on where it "
                       "stopped, or delete the file");
}

}  // namespace quarry::storage_sqlite
