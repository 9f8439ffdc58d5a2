// SPDX-License-Identifier: MIT
#include "backup.hpp"

#include "connection.hpp"
#include "failures.hpp"
#include "looker.hpp"
#include "statements.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <soci/sqlite3/soci-sqlite3.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace quarry::storage_sqlite {
namespace {

namespace fs = std::filesystem;
using sdk::Code;
using sdk::Error;

constexpr mode_t kPrivateMode = 0600;
constexpr char kCutOff[] = " is damaged or was cut off; take another backup";
constexpr char kNameABackup[] = "; name a file that `quarry storage backup` wrote";

[[noreturn]] void fail(const std::string& what) { throw Error(Code::unavailable, what + ": " + std::strerror(errno)); }

void sync_path(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) { fail("cannot open " + path); }
  const int result = ::fsync(descriptor);
  const int why = errno;
  ::close(descriptor);
  errno = why;
  if (result != 0) { fail("cannot bring " + path + " to the disk"); }
}
void sync_folder_of(const std::string& path) {
  sync_path(fs::path(path).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

/// A file under a temporary name, deleted unless it was renamed.
class PartFile {
 public:
  explicit PartFile(std::string path) : path_(std::move(path)) {
    const int made = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kPrivateMode);
    if (made < 0) { fail("cannot make " + path_); }
    ::close(made);
  }
  ~PartFile() {
    if (path_.empty()) { return; }
    ::unlink(path_.c_str());
    ::unlink((path_ + "-journal").c_str());
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  void rename_to(const std::string& name) {
    if (::rename(path_.c_str(), name.c_str()) != 0) { fail("cannot rename " + path_ + " to " + name); }
    path_.clear();
  }
  /// Never over another file. Not every file system can promise that in one step.
  void rename_to_new(const std::string& name) {
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) == 0) {
      path_.clear();
      return;
    }
    if (errno == EEXIST || fs::exists(name)) { throw Error(Code::conflict, name + " exists already; name a new file"); }
    rename_to(name);
  }

 private:
  std::string path_;
};

/// A copy of `from` at one moment, in one file without neighbours, checked and on the disk.
void copy_database(RawDatabase& from, const std::string& to, sdk::ProgressSink& progress) {
  {
    soci::session session(soci::sqlite3, "db=\"" + to + "\"");
    RawDatabase target(session);
    // Then the copy, whose header says write-ahead log, needs no shared memory, wherever it is written.
    target.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=OFF");
    from.exec(sql::kBeginRead);
    static_cast<void>(from.integer("SELECT count(*) FROM sqlite_schema", 0));  // from here on it is one moment
    const bool whole = from.copy_to(target, progress);
    from.exec(sql::kRollback);
    if (!whole) { throw Error(Code::cancelled, "cancelled by the caller"); }
    target.exec("PRAGMA journal_mode=DELETE");
    if (const std::string found = target.text("PRAGMA quick_check(1)"); found != "ok") {
      throw Error(Code::unavailable,
                  "the copy is damaged, as the database may be; run `quarry storage check`: " + found);
    }
  }
  sync_path(to, O_RDWR);
}

/// Throws unless `raw` is a database this plugin can go on with.
void check_backup(Looker& backup, const std::string& path) {
  const int version = backup.version();
  if (version == 0) { throw Error(Code::invalid, path + " is empty: it is no backup" + kNameABackup); }
  if (version > sql::kSchemaVersion) {
    throw Error(Code::conflict, "the backup " + path + " has version " + std::to_string(version) +
                                    ", and this quarry knows versions up to " + std::to_string(sql::kSchemaVersion) +
                                    "; install the newer quarry");
  }
  if (copy_unfinished(backup.raw())) { throw Error(Code::conflict, path + " holds an unfinished copy, not a backup"); }
  // SQLite takes what misses of the last page for zeros.
  if (fs::file_size(path) % static_cast<std::uintmax_t>(backup.raw().integer("PRAGMA page_size", 1)) != 0) {
    throw Error(Code::invalid, "the backup " + path + kCutOff);
  }
  std::string found;
  try {
    found = backup.raw().text("PRAGMA integrity_check(1)");
  } catch (const SqliteFailure& failure) { found = failure.what(); }
  if (found != "ok") {
    throw Error(Code::invalid, "the backup " + path + " is damaged; take another backup (found: " + found + ")");
  }
}

/// Opens the backup `path` and reads all of it. What is wrong with it is said of that file: the database that it is to
/// replace may be sound.
std::unique_ptr<Looker> open_backup(const std::string& path) {
  if (fs::is_directory(path)) { throw Error(Code::invalid, path + " is a folder, not a backup" + kNameABackup); }
  try {
    auto backup = std::make_unique<Looker>(path);
    check_backup(*backup, path);
    return backup;
  } catch (const Error&) { throw; } catch (const std::exception& error) {
    switch (sqlite_code(error) & 0xff) {
      case kNotADatabase:
        throw Error(Code::invalid, path + " is not an SQLite database, so it is no backup" + kNameABackup);
      case kDamaged:
        throw Error(Code::invalid, "the backup " + path + kCutOff);
      case kCannotOpen:
        throw Error(Code::unavailable,
                    "the backup " + path + " cannot be opened; check that the folder and file can be read");
      default:
        throw Error(Code::unavailable, "the backup " + path + " cannot be read: " + sentence_of(error));
    }
  }
}

/// Everything of the old database into its main file, so that no log is left that would be taken for the new one's.
/// False: it is too damaged for that.
bool close_in_order(const std::string& path) {
  try {
    Connection old(path, Access::writer, Synchronous::full);
    RawStatement checkpoint(old.raw(), "PRAGMA wal_checkpoint(TRUNCATE)");
    return checkpoint.step() && checkpoint.integer(0) == 0;
  } catch (const std::exception&) { return false; }
}

/// Throws when `path` is a sound database that is not ours.
void refuse_foreign(const std::string& path) {
  try {
    static_cast<void>(Looker(path).version());
  } catch (const SqliteFailure&) {
    // Damaged: to be replaced.
  }
}

void keep_aside(const std::string& path) {
  for (const char* end : {"", "-wal"}) {
    const std::string old = path + end;
    std::error_code error;
    if (!fs::exists(old, error)) { continue; }
    const std::string kept = path + ".damaged" + end;
    fs::remove(kept, error);
    // The main file keeps its name, too, until the new one takes it.
    if (*end == '\0') {
      fs::create_hard_link(old, kept, error);
    } else {
      fs::rename(old, kept, error);
    }
    if (error) {
      throw Error(Code::unavailable, "cannot keep the damaged " + old + " as " + kept + ": " + error.message());
    }
  }
}

}  // namespace

void write_backup(const std::string& from, const std::string& to, sdk::ProgressSink& progress) {
  Looker source(from);
  if (source.version() == 0) { throw Error(Code::not_found, from + " is empty: there is nothing to back up"); }
  const std::string path = fs::absolute(to).string();
  if (fs::exists(path)) { throw Error(Code::conflict, path + " exists already; name a new file"); }
  PartFile part(path + ".part-" + std::to_string(getpid()));
  copy_database(source.raw(), part.path(), progress);
  part.rename_to_new(path);
  sync_folder_of(path);
}

void restore_backup(const std::string& from, const std::string& to, sdk::ProgressSink& progress) {
  std::error_code ignored;
  if (fs::equivalent(from, to, ignored)) { throw Error(Code::invalid, from + " is the queue database itself"); }
  refuse_foreign(to);
  const std::string part_name = to + ".restore";
  ::unlink(part_name.c_str());  // of one that was killed; the lock says that nobody else is here
  PartFile part(part_name);
  {
    const auto backup = open_backup(from);
    copy_database(backup->raw(), part.path(), progress);
  }
  if (!close_in_order(to)) { keep_aside(to); }
  ::unlink((to + "-wal").c_str());
  ::unlink((to + "-shm").c_str());
  sync_folder_of(to);
  part.rename_to(to);
  sync_folder_of(to);
}

}  // namespace quarry::storage_sqlite
