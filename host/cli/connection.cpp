// SPDX-License-Identifier: MIT
#include "cli/connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

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

/// False: no host can listen there on this machine.
bool is_here(const addrinfo& address) {
  const int probe = socket(address.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) { return true; }
  const bool elsewhere = bind(probe, address.ai_addr, address.ai_addrlen) != 0 && errno == EADDRNOTAVAIL;
  close(probe);
  return !elsewhere;
}

/// Where a host that listens so is reached on this machine: what means all addresses, over the loopback. A manifest
/// that lies about must not send the key to another machine.
sdk::Result<std::string> url_of(const LikelyHost::Listen& listen) {
  if (listen.address.empty()) { return std::string(kDefaultUrl); }
  if (listen.port == 0) {
    return invalid("the manifest lets the host take any free port: name its address with --url or QUARRY_URL");
  }
  // "localhost" may also be ::1, where the host does not listen.
  std::string address = listen.address == "localhost" ? "127.0.0.1" : listen.address;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  const bool usable = getaddrinfo(address.c_str(), nullptr, &hints, &found) == 0;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  if (!usable || !is_here(*found)) {
    return invalid("the manifest lets the host listen on " + address +
                   ", which is no address of this machine: name the host's address with --url or QUARRY_URL");
  }
  const bool six = found->ai_family == AF_INET6;
  const std::string all = six ? "::" : "0.0.0.0";
  std::array<char, INET6_ADDRSTRLEN> text{};
  getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  if (text.data() == all) { address = six ? "::1" : "127.0.0.1"; }
  return "http://" + (six ? "[" + address + "]" : address) + ":" + std::to_string(listen.port);
}

sdk::Result<std::string> find_url(const ClientOptions& options, const Environment& environment) {
  auto named = filled(options.url);
  if (!named) { named = filled(environment("QUARRY_URL")); }
  if (named) { return check_url(*std::move(named)); }
  const auto host = options.likely_host();
  if (!host) { return host.error(); }
  return url_of(host->listen);
}

sdk::Result<std::string> find_key(const ClientOptions& options, const Environment& environment) {
  if (const auto file = filled(options.api_key_file)) { return read_key(*file); }
  if (const auto dir = filled(options.data_dir)) { return read_key(std::filesystem::path(*dir) / kKeyFile); }
  if (auto key = filled(environment("QUARRY_API_KEY"))) { return check_key(std::move(*key), "QUARRY_API_KEY"); }
  if (const auto dir = filled(environment("QUARRY_DATA_DIR"))) {
    return read_key(std::filesystem::path(*dir) / kKeyFile);
  }
  const auto host = options.likely_host();
  if (!host) { return host.error(); }
  return read_key(host->data_dir / kKeyFile);
}

}  // namespace

sdk::Result<Connection> find_connection(const ClientOptions& options, const Environment& environment) {
  const auto url = find_url(options, environment);
  if (!url) { return url.error(); }
  const auto key = find_key(options, environment);
  if (!key) { return key.error(); }
  return Connection{*url, *key};
}

}  // namespace quarry::cli
