// SPDX-License-Identifier: MIT
#include "file_guard.hpp"

#include "failures.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace quarry::storage_sqlite {
namespace {

namespace fs = std::filesystem;
using sdk::Code;
using sdk::Error;

constexpr mode_t kPrivate = 0600;

/// For a file that the system does not give us.
[[noreturn]] void refuse_for(int error, const std::string& text) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  const sdk::OpenFault fault = full             ? sdk::OpenFault::full
                               : error == EROFS ? sdk::OpenFault::read_only
                                                : sdk::OpenFault::rights;
  refuse(Code::unavailable, fault,
         text + ": " + std::strerror(error) +
             (full ? "; free some space" : "; check the owner, the permissions and the mount of its folder"));
}

/// The real place of `file`: of the file itself when it exists, else of its folder. Two names of one
/// file must meet at one lock.
std::string resolve(const std::string& file) {
  require_folder_of(file);
  const fs::path path = fs::absolute(file);
  std::error_code error;
  if (fs::is_directory(path, error)) {
    throw Error(Code::invalid, path.string() + " is a folder; name a file for the queue database");
  }
  const fs::path real =
      fs::exists(path, error) ? fs::canonical(path, error) : fs::canonical(path.parent_path(), error) / path.filename();
  if (error) { throw Error(Code::unavailable, "cannot look at " + path.string() + ": " + error.message()); }
  return real.string();
}

void check_file_system(const std::string& path) {
  struct statfs info {};
  const std::string folder = fs::path(path).parent_path().string();
  if (statfs(folder.c_str(), &info) != 0) { return; }
  const std::string_view name = unsafe_file_system(static_cast<long>(info.f_type));
  if (name.empty()) { return; }
  refuse(Code::invalid, sdk::OpenFault::file_system,
         "the queue database cannot live in " + folder + ": it is on " + std::string(name) +
             ", where locks and shared memory are not reliable; choose a folder on a local disk");
}

std::string read_owner(int descriptor) {
  std::array<char, 24> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  std::string owner(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0U);
  return owner.substr(0, owner.find('\n'));
}

}  // namespace

void require_folder_of(const std::string& file) {
  const fs::path folder = fs::absolute(file).parent_path();
  std::error_code error;
  if (fs::is_directory(folder, error)) { return; }
  if (error == std::errc::permission_denied) {
    refuse_for(error.value(), "the folder " + folder.string() + " of the queue database cannot be entered");
  }
  refuse(Code::invalid, sdk::OpenFault::missing,
         "the folder " + folder.string() + " of the queue database does not exist; make it");
}

std::string file_of(std::string_view configured) {
  constexpr std::string_view kScheme = "sqlite:";
  std::string_view file = configured;
  if (file.substr(0, kScheme.size()) == kScheme) {
    file.remove_prefix(kScheme.size());
    if (file.substr(0, 2) == "//") {
      file.remove_prefix(2);
      if (file.empty() || file.front() != '/') {
        throw Error(Code::invalid, "an SQLite URL has no host: write sqlite:///absolute/path or sqlite:relative/path");
      }
    }
  }
  // The address of a database server may hold a password: it is not repeated.
  if (configured.find("://") != std::string_view::npos && configured.substr(0, kScheme.size()) != kScheme) {
    throw Error(
        Code::invalid,
        "the queue database is the address of a server; this plugin keeps one SQLite file: write sqlite:PATH, or take "
        "the storage plugin of that server");
  }
  if (file.empty()) { throw Error(Code::invalid, "the path of the queue database is empty; name a file"); }
  if (file == ":memory:") {
    throw Error(Code::invalid, "a queue in :memory: would be lost at every stop; name a file");
  }
  if (file.find('"') != std::string_view::npos || file.find('\0') != std::string_view::npos) {
    throw Error(Code::invalid, "the path of the queue database may hold neither \" nor NUL");
  }
  return std::string(file);
}

std::string file_of(const sdk::Config& config) {
  const std::string url = config.text("url", "");
  const std::string path = config.text("path", "");
  if (url.empty() == path.empty()) {
    throw Error(Code::invalid, url.empty() ? "no file is named; write url = \"sqlite:quarry.db\""
                                           : "the file is named twice, by url and by path; leave one of them out");
  }
  return file_of(url.empty() ? path : url);
}

std::string_view unsafe_file_system(long type) noexcept {
  constexpr std::array<std::pair<unsigned, std::string_view>, 9> kUnsafe = {{
      {0x6969U, "NFS"},
      {0xff534d42U, "CIFS"},
      {0xfe534d42U, "SMB"},
      {0x517bU, "SMB"},
      {0x65735546U, "FUSE"},
      {0x01021997U, "9P"},
      {0x00c36400U, "Ceph"},
      {0x5346414fU, "AFS"},
      {0x73757245U, "Coda"},
  }};
  for (const auto& [magic, name] : kUnsafe) {
    if (static_cast<unsigned>(type) == magic) { return name; }
  }
  return {};
}

FileGuard::FileGuard(const std::string& file) : path_(resolve(file)) {
  check_file_system(path_);
  take_lock();
  try {
    make_file();
  } catch (...) {
    close(lock_);
    throw;
  }
}
FileGuard::~FileGuard() { close(lock_); }

void FileGuard::take_lock() {
  const std::string name = path_ + ".lock";
  lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kPrivate);
  if (lock_ < 0) { refuse_for(errno, "the lock " + name + " of the queue database cannot be opened"); }
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    const std::string owner = read_owner(lock_);
    close(lock_);
    if (why != EWOULDBLOCK) { throw Error(Code::unavailable, "cannot lock " + name + ": " + std::strerror(why)); }
    const bool ours = owner == std::to_string(getpid());
    refuse(Code::conflict, sdk::OpenFault::in_use,
           "the queue database " + path_ + " is in use by process " + (owner.empty() ? "(unknown)" : owner) +
               (ours ? ", which is this one; choose another file" : "; stop it or choose another file"));
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  // Only for the sentence above; the lock itself does not depend on it.
  if (ftruncate(lock_, 0) != 0 || pwrite(lock_, pid.data(), pid.size(), 0) < 0) { return; }
}

void FileGuard::make_file() const {
  const int made = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate);
  if (made < 0) { refuse_for(errno, "the queue database " + path_ + " cannot be opened"); }
  close(made);
}

}  // namespace quarry::storage_sqlite
