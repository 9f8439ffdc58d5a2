// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/testing/sample_torrent.hpp"

#include <openssl/evp.h>

#include <array>
#include <charconv>

namespace quarry::qbittorrent::testing {
namespace {

std::string digest(const EVP_MD* kind, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), out.data(), &size, kind, nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return out;
}

std::string text(std::string_view s) { return std::to_string(s.size()) + ":" + std::string(s); }

/// The end of the bencoded value at `at`, or npos.
std::size_t end_of_value(std::string_view data, std::size_t at) {
  int depth = 0;
  while (at < data.size()) {
    const char c = data[at];
    if (c == 'd' || c == 'l') {
      ++depth;
      ++at;
    } else if (c == 'e') {
      --depth;
      ++at;
    } else if (c == 'i') {
      at = data.find('e', at);
      if (at == std::string_view::npos) { return at; }
      ++at;
    } else {
      std::size_t length = 0;
      const auto parsed = std::from_chars(data.data() + at, data.data() + data.size(), length);
      if (parsed.ec != std::errc() || *parsed.ptr != ':') { return std::string_view::npos; }
      at = static_cast<std::size_t>(parsed.ptr - data.data()) + 1 + length;
    }
    if (depth <= 0) { return at <= data.size() ? at : std::string_view::npos; }
  }
  return std::string_view::npos;
}

SampleTorrent make(const std::string& name, char fill, bool hybrid) {
  SampleTorrent t;
  t.name = name;
  const std::string content(static_cast<std::size_t>(t.size), fill);
  std::string info = "d";
  if (hybrid) {
    info += text("file tree") + "d" + text(name) + "d" + text("") + "d" + text("length") + "i1024e" +
            text("pieces root") + text(digest(EVP_sha256(), content)) + "eee";
  }
  info += text("length") + "i1024e";
  if (hybrid) { info += text("meta version") + "i2e"; }
  info += text("name") + text(name) + text("piece length") + "i16384e" + text("pieces") +
          text(digest(EVP_sha1(), content)) + "e";
  t.bytes = "d" + text("announce") + text("http://127.0.0.1:1/announce") + text("info") + info + "e";
  const Hashes hashes = hashes_of(t.bytes);
  t.v1 = hashes.v1;
  t.v2 = hashes.v2;
  return t;
}

}  // namespace

sdk::ItemKey SampleTorrent::key() const noexcept {
  sdk::ItemKey k;
  k.infohash_v1 = v1;
  k.infohash_v2 = v2;
  return k;
}

std::string SampleTorrent::magnet() const {
  std::string link = "magnet:?";
  if (!v1.empty()) { link += "xt=urn:btih:" + v1 + "&"; }
  if (!v2.empty()) { link += "xt=urn:btmh:1220" + v2 + "&"; }
  return link + "dn=" + name;
}

std::span<const std::byte> SampleTorrent::metainfo() const noexcept {
  return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
}

SampleTorrent sample_v1(const std::string& name, char fill) { return make(name, fill, false); }
SampleTorrent sample_hybrid(const std::string& name, char fill) { return make(name, fill, true); }

Hashes hashes_of(std::string_view torrent) {
  const std::size_t key = torrent.find("4:info");
  if (!torrent.starts_with('d') || key == std::string_view::npos) { return {}; }
  const std::size_t start = key + 6;
  const std::size_t end = end_of_value(torrent, start);
  if (end == std::string_view::npos) { return {}; }
  const std::string_view info = torrent.substr(start, end - start);
  Hashes h;
  if (info.find("6:pieces") != std::string_view::npos) { h.v1 = hex(digest(EVP_sha1(), info)); }
  if (info.find("12:meta version") != std::string_view::npos) { h.v2 = hex(digest(EVP_sha256(), info)); }
  return h;
}

}  // namespace quarry::qbittorrent::testing
