// SPDX-License-Identifier: MIT
#include "plugins/library_file.hpp"

#include "plugins/elf_file.hpp"

#include <quarry/sdk/abi/plugin.hpp>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace quarry::plugins {
namespace {

namespace fs = std::filesystem;

sdk::Failure refused(const fs::path& file, const std::string& clause) {
  return sdk::failure(sdk::Code::invalid, file.string() + " " + clause);
}

sdk::Result<fs::path> resolve(const LibraryRef& ref) {
  const fs::path named(ref.library);
  if (named.is_absolute()) {
    std::error_code ec;
    fs::path real = fs::canonical(named, ec);
    if (ec) { return refused(named, "cannot be opened: " + ec.message()); }
    return real;
  }
  const fs::path wanted = ref.plugin_dir / named;
  std::error_code ec;
  const fs::path folder = fs::canonical(ref.plugin_dir, ec);
  if (ec) {
    return refused(ref.plugin_dir,
                   "cannot be used as plugin directory (" + ec.message() + "): correct plugin_dir or --plugin-dir");
  }
  fs::path real = fs::canonical(wanted, ec);
  if (ec) { return refused(wanted, "cannot be opened: " + ec.message()); }
  const auto mismatch = std::mismatch(folder.begin(), folder.end(), real.begin(), real.end());
  if (mismatch.first != folder.end()) {
    return refused(wanted, "lies outside the plugin directory: give its absolute path as library to allow that");
  }
  return real;
}

bool trusted_owner(uid_t owner) noexcept { return owner == 0 || owner == ::geteuid(); }
bool others_write(mode_t mode) noexcept { return (mode & (S_IWGRP | S_IWOTH)) != 0; }

/// Empty when all is well.
std::string ownership_problem(const struct stat& file, const fs::path& folder_path) {
  if (!trusted_owner(file.st_uid)) {
    return "belongs to another user: it must belong to root or to the user Quarry runs as";
  }
  if (others_write(file.st_mode)) { return "can be changed by other users: run chmod go-w on it"; }
  struct stat folder {};
  if (::stat(folder_path.c_str(), &folder) != 0) { return "lies in a folder that cannot be read"; }
  const bool sticky = (folder.st_mode & S_ISVTX) != 0;
  if (!trusted_owner(folder.st_uid)) {
    return "lies in a folder of another user: it must belong to root or to the user Quarry runs as";
  }
  if (others_write(folder.st_mode) && !sticky) {
    return "lies in a folder that other users can change: run chmod go-w on the folder";
  }
  return {};
}

std::string sha256_of(int fd) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) { return {}; }
  std::vector<char> buffer(64 * 1024);
  off_t at = 0;
  ssize_t n = 0;
  while ((n = ::pread(fd, buffer.data(), buffer.size(), at)) > 0) {
    if (EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<std::size_t>(n)) != 1) { return {}; }
    at += n;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned length = 0;
  if (n < 0 || EVP_DigestFinal_ex(digest.get(), raw.data(), &length) != 1) { return {}; }
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += kHex[raw[i] >> 4U];
    hex += kHex[raw[i] & 15U];
  }
  return hex;
}

}  // namespace

LibraryFile::~LibraryFile() {
  if (fd_ >= 0) { ::close(fd_); }
}

sdk::Result<LibraryFile> open_library(const LibraryRef& ref) {
  auto path = resolve(ref);
  if (!path) { return path.error(); }
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const int fd = ::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) { return refused(*path, std::string("cannot be opened: ") + std::strerror(errno)); }
  LibraryFile file(fd, *path);
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return refused(*path, "is no regular file: a plugin is a shared library");
  }
  file.id_ = {status.st_dev, status.st_ino};
  if (const auto problem = ownership_problem(status, path->parent_path()); !problem.empty()) {
    return refused(*path, problem);
  }
  if (!ref.sha256.empty()) {
    const auto digest = sha256_of(fd);
    if (digest != ref.sha256) {
      return refused(
          *path, "is not the file that was pinned: its sha256 is " + digest + ", the manifest asks for " + ref.sha256);
    }
  }
  auto exports = read_elf_exports(fd);
  if (!exports) { return refused(*path, exports.error().text); }
  file.exports_ = std::move(exports->names);
  if (std::find(file.exports_.begin(), file.exports_.end(), sdk::kEntrySymbol) == file.exports_.end()) {
    return refused(*path, std::string("does not export \"") + sdk::kEntrySymbol +
                              "\": it is no Quarry plugin, or one for another version of Quarry");
  }
  return file;
}

}  // namespace quarry::plugins
