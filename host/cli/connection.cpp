// SPDX-License-Identifier: MIT
#include "cli/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace quarry::cli {
namespace {

constexpr std::size_t kLongestKey = 128;
constexpr const char* kKeyFile = "api_key";

sdk::Failure invalid(std::string text) { return sdk::failure(sdk::Code::invalid, std::move(text)); }

/// nullopt when it is absent or empty.
std::optional<std::string> filled(std::optional<std::string> value) {
  return value && !value->empty() ? std::move(value) : std::nullopt;
}

sdk::Result<std::string> check_url(std::string url) {
  const bool web = url.starts_with("http://") || url.starts_with("https://");
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!web || !plain || url.find_first_of("?#@") != std::string::npos) {
    return invalid("the address of the host cannot be used: write --url (or QUARRY_URL) like " +
                   std::string(kDefaultUrl));
  }
  while (url.ends_with('/')) { url.pop_back(); }
  return url;
}

sdk::Result<std::string> check_key(std::string key, const std::string& source) {
  while (key.ends_with('\n') || key.ends_with('\r')) { key.pop_back(); }
  const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (key.empty() || key.size() > kLongestKey || !printable) {
    return invalid(source +
                   " holds no API key: it must be one line of at most 128 printable characters without a blank");
  }
  return key;
}

sdk::Result<std::string> read_key(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string text(kLongestKey + 3, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (!in.is_open() || in.bad()) {
    return invalid(
        "the API key cannot be read from " + file.string() + " (" + std::strerror(errno == 0 ? EIO : errno) +
        "): the host writes it as \"api_key\" into its data directory at its first start; name that directory "
        "with --data-dir, or the file with --api-key-file");
  }
  return check_key(std::move(text), file.string());
}

sdk::Result<std::string> find_key(const ClientOptions& options, const Environment& environment) {
  if (const auto file = filled(options.api_key_file)) { return read_key(*file); }
  if (const auto dir = filled(options.data_dir)) { return read_key(std::filesystem::path(*dir) / kKeyFile); }
  if (auto key = filled(environment("QUARRY_API_KEY"))) { return check_key(std::move(*key), "QUARRY_API_KEY"); }
  if (const auto dir = filled(environment("QUARRY_DATA_DIR"))) {
    return read_key(std::filesystem::path(*dir) / kKeyFile);
  }
  return read_key(options.default_data_dir() / kKeyFile);
}

}  // namespace

sdk::Result<Connection> find_connection(const ClientOptions& options, const Environment& environment) {
  auto named = filled(options.url);
  if (!named) { named = filled(environment("QUARRY_URL")); }
  const auto url = check_url(named.value_or(kDefaultUrl));
  if (!url) { return url.error(); }
  const auto key = find_key(options, environment);
  if (!key) { return key.error(); }
  return Connection{*url, *key};
}

}  // namespace quarry::cli
