// SPDX-License-Identifier: MIT
#include "plugins/kv_service.hpp"

#include <quarry/sdk/helpers/barrier.hpp>
#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/sinks.hpp>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

namespace quarry::plugins {
namespace {

using sdk::Code;

constexpr std::size_t kMaxKeys = 256;
constexpr std::size_t kMaxKey = 128;
constexpr std::size_t kMaxValue = 64 * 1024;
constexpr std::size_t kMaxTotal = 1024 * 1024;

/// Values may be any bytes, which JSON cannot hold.
std::string to_base64(const std::string& bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) { return std::nullopt; }
  const std::size_t padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
  if (padding > 2) { return std::nullopt; }
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

class File {
 public:
  File(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) { ::close(fd_); }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool good() const noexcept { return fd_ >= 0; }
  [[nodiscard]] bool write(std::string_view text) const noexcept {
    while (!text.empty()) {
      const ssize_t n = ::write(fd_, text.data(), text.size());
      if (n <= 0) { return false; }
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  [[nodiscard]] bool flush() const noexcept { return ::fsync(fd_) == 0; }

 private:
  int fd_;
};

sdk::Failure disk_failure(const char* what, const std::filesystem::path& file) {
  const int error = errno;
  return sdk::failure(
      Code::unavailable,
      std::string("the plugin's values cannot be ") + what + ": " + file.string() + ": " + std::strerror(error), error);
}

std::optional<std::map<std::string, std::string, std::less<>>> parse_values(std::string_view text) {
  const auto document = sdk::JsonDocument::parse(text);
  if (!document || !document->root().is_object()) { return std::nullopt; }
  std::map<std::string, std::string, std::less<>> values;
  for (std::size_t i = 0; i < document->root().size(); ++i) {
    auto value = from_base64(document->root().value_at(i).as_string("?"));
    if (!value) { return std::nullopt; }
    values.emplace(document->root().key_at(i), std::move(*value));
  }
  return values;
}

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= kMaxKey &&
         std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

sdk::Done KvService::load() {
  if (loaded_) { return sdk::Unit{}; }
  std::error_code ec;
  if (!std::filesystem::exists(file_, ec)) {
    loaded_ = !ec;
    if (ec) {
      return sdk::failure(Code::unavailable,
                          "the plugin's values cannot be read: " + file_.string() + ": " + ec.message());
    }
    return sdk::Unit{};
  }
  std::ifstream in(file_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) { return disk_failure("read", file_); }
  auto values = parse_values(text);
  if (values) {
    values_ = std::move(*values);
  } else {
    std::filesystem::path aside = file_;
    aside += ".damaged";
    std::filesystem::rename(file_, aside, ec);
  }
  loaded_ = true;
  return sdk::Unit{};
}

sdk::Done KvService::save(const Values& values) const {
  sdk::JsonWriter out;
  out.begin_object();
  for (const auto& [key, value] : values) { out.member(key, to_base64(value)); }
  out.end_object();
  const std::string text = out.take();
  std::filesystem::path fresh = file_;
  fresh += ".new";
  {
    const File file(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (!file.good() || !file.write(text) || !file.flush()) { return disk_failure("written", fresh); }
  }
  if (::rename(fresh.c_str(), file_.c_str()) != 0) { return disk_failure("written", file_); }
  const File folder(file_.parent_path(), O_RDONLY | O_DIRECTORY);
  if (!folder.good() || !folder.flush()) { return disk_failure("written", file_); }
  return sdk::Unit{};
}

sdk::Status KvService::get(sdk::CallContext& ctx, std::string_view key, sdk::ByteSink& value) noexcept {
  return sdk::guard(ctx, [&] {
    std::string found;
    {
      const std::lock_guard lock(mutex_);
      if (const auto done = load(); !done) { throw sdk::Error(done.error()); }
      const auto it = values_.find(key);
      if (it == values_.end()) { throw sdk::Error(Code::not_found, "no value is kept under this key"); }
      found = it->second;
    }
    static_cast<void>(value.write(sdk::as_bytes(found)));
  });
}

sdk::Status KvService::put(sdk::CallContext& ctx, std::string_view key, std::string_view value) noexcept {
  return sdk::guard(ctx, [&] {
    if (!is_key(key)) { throw sdk::Error(Code::invalid, "a key is 1 to 128 printable ASCII characters"); }
    if (value.size() > kMaxValue) { throw sdk::Error(Code::invalid, "a value is at most 64 KiB"); }
    const std::lock_guard lock(mutex_);
    if (const auto done = load(); !done) { throw sdk::Error(done.error()); }
    Values next = values_;
    next.insert_or_assign(std::string(key), std::string(value));
    std::size_t total = 0;
    for (const auto& [k, v] : next) { total += k.size() + v.size(); }
    if (next.size() > kMaxKeys) { throw sdk::Error(Code::invalid, "a plugin keeps at most 256 values"); }
    if (total > kMaxTotal) { throw sdk::Error(Code::invalid, "a plugin keeps at most 1 MiB in all"); }
    if (const auto done = save(next); !done) { throw sdk::Error(done.error()); }
    values_ = std::move(next);
  });
}

sdk::Status KvService::erase(sdk::CallContext& ctx, std::string_view key) noexcept {
  return sdk::guard(ctx, [&] {
    const std::lock_guard lock(mutex_);
    if (const auto done = load(); !done) { throw sdk::Error(done.error()); }
    const auto it = values_.find(key);
    if (it == values_.end()) { return; }
    Values next = values_;
    next.erase(std::string(key));
    if (const auto done = save(next); !done) { throw sdk::Error(done.error()); }
    values_ = std::move(next);
  });
}

}  // namespace quarry::plugins
