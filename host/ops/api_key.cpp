// SPDX-License-Identifier: MIT
#include "ops/api_key.hpp"

#include "ops/random.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

namespace quarry::ops {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kLeastLength = 16;
constexpr std::size_t kMostLength = 128;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) { close(fd_); }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] bool open() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

sdk::Failure invalid(const std::filesystem::path& file, const std::string& why) {
  return sdk::failure(sdk::Code::invalid, "API key file " + file.string() + " " + why);
}

sdk::Failure cannot(const std::string& what, const std::filesystem::path& file, int error) {
  return sdk::failure(sdk::Code::unavailable,
                      "cannot " + what + " the API key file " + file.string() + ": " + std::strerror(error), error);
}

bool is_key(std::string_view text) {
  return text.size() >= kLeastLength && text.size() <= kMostLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// Null: nobody but the owner has access.
std::optional<sdk::Failure> check_owner(int fd, const std::filesystem::path& file) {
  struct stat info {};
  if (fstat(fd, &info) != 0) { return cannot("examine", file, errno); }
  if (!S_ISREG(info.st_mode)) { return invalid(file, "is not a plain file: move it away and start again"); }
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return invalid(file, "belongs to another user: change its owner, or delete it to have a new key made");
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return invalid(file,
                   "can be read or written by other users, so the key may be known to them: delete it to have a new "
                   "key made, or, if you trust the key, run chmod 600 on it");
  }
  return std::nullopt;
}

sdk::Result<ApiKey> read_key(int fd, const std::filesystem::path& file) {
  if (auto failure = check_owner(fd, file)) { return *failure; }
  std::array<char, kMostLength + 3> buffer{};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t n = read(fd, buffer.data() + size, buffer.size() - size);
    if (n < 0 && errno == EINTR) { continue; }
    if (n < 0) { return cannot("read", file, errno); }
    if (n == 0) { break; }
    size += static_cast<std::size_t>(n);
  }
  std::string_view text(buffer.data(), size);
  if (text.ends_with('\n')) { text.remove_suffix(1); }
  if (text.ends_with('\r')) { text.remove_suffix(1); }
  if (!is_key(text)) {
    return invalid(file,
                   "holds no key (16 to 128 printable characters without a blank, on one line): delete it to have "
                   "a new key made");
  }
  return ApiKey{std::string(text), false};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) { continue; }
    if (n < 0) { return false; }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return fsync(fd) == 0;
}

/// Makes `temporary` with `key`; 0 or errno.
int write_new_file(const std::filesystem::path& temporary, const std::string& key) {
  const File out(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!out.open()) { return errno; }
  return write_all(out.fd(), key + "\n") ? 0 : errno;
}

}  // namespace

sdk::Result<ApiKey> load_or_create_api_key(const std::filesystem::path& file) {
  // A device or a pipe under this name must not make us wait.
  const auto open_existing = [&file] { return open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); };
  const File existing(open_existing());
  if (existing.open()) { return read_key(existing.fd(), file); }
  if (errno != ENOENT) { return cannot("open", file, errno); }

  const std::string key = random_hex(kKeyBytes);
  const std::filesystem::path temporary = file.string() + "." + random_hex(8);
  int error = write_new_file(temporary, key);
  // link(2) does not replace: when two starts race, the first one's key stands.
  if (error == 0 && link(temporary.c_str(), file.c_str()) != 0) { error = errno; }
  unlink(temporary.c_str());
  if (error == 0) { return ApiKey{key, true}; }
  if (error != EEXIST) { return cannot("create", file, error); }
  const File other(open_existing());
  if (!other.open()) { return cannot("open", file, errno); }
  return read_key(other.fd(), file);
}

}  // namespace quarry::ops
