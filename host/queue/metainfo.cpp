// SPDX-License-Identifier: MIT
#include "queue/metainfo.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <utility>

#include <libtorrent/bdecode.hpp>
#include <libtorrent/load_torrent.hpp>
#include <libtorrent/magnet_uri.hpp>
#include <libtorrent/torrent_info.hpp>

namespace quarry::queue {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

template <class Hash>
std::string hex(const Hash& hash) {
  std::ostringstream out;
  out << hash;
  return lower(out.str());
}

sdk::Failure refused(std::string text) { return sdk::failure(sdk::Code::invalid, std::move(text)); }

std::string_view text_of(const lt::string_view& s) { return {s.data(), s.size()}; }

/// What somebody would send in place of a torrent, said plainly.
std::string looks_like(std::string_view bytes) {
  const auto start = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (start == std::string_view::npos) { return "the file is empty: the site sent no .torrent"; }
  const std::string head = lower(bytes.substr(start, 16));
  if (head.front() == '<') { return "this is a web page, not a .torrent: the link may need a login"; }
  if (head.front() == '{') { return "this is JSON, not a .torrent: the site answered an error"; }
  if (head.rfind("magnet:", 0) == 0) { return "this is a magnet link in place of a .torrent"; }
  if (head.front() != 'd') { return "this is not a .torrent"; }
  return {};
}

std::string shown(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 80)) { out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c; }
  return out;
}

/// Programs and shortcuts: nobody who wants a film wants one of these.
bool runs_as_program(std::string_view file) {
  static constexpr std::array<std::string_view, 24> kEndings = {
      ".exe", ".scr", ".lnk", ".bat", ".cmd", ".com", ".msi", ".pif", ".ps1", ".vbs", ".vbe", ".js",
      ".jse", ".wsf", ".wsh", ".hta", ".cpl", ".jar", ".apk", ".dll", ".sys", ".reg", ".url", ".zipx"};
  const std::string name = lower(file);
  return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) {
    return name.size() >= ending.size() && std::string_view(name).substr(name.size() - ending.size()) == ending;
  });
}

/// Clients write "name.utf-8" where it stands, and "name" otherwise: both must be good. It names a folder
/// wherever the files stand in a list or a tree of their own.
std::string root_name_danger(const lt::bdecode_node& info, const lt::bdecode_node& files) {
  const bool in_tree = info.dict_find_dict("file tree") && !info.dict_find_int("length");
  const PathKind kind = files || in_tree ? PathKind::folder : PathKind::file;
  bool named = false;
  for (const char* key : {"name", "name.utf-8"}) {
    const lt::bdecode_node name = info.dict_find_string(key);
    if (!name) { continue; }
    named = true;
    if (std::string bad = path_danger({text_of(name.string_value())}, kind); !bad.empty()) { return bad; }
  }
  return named ? std::string() : path_danger({""}, kind);
}

/// The names as they stand in the file: libtorrent's own list is already cleaned, and would hide them.
std::string names_danger_v1(const lt::bdecode_node& info) {
  const lt::bdecode_node files = info.dict_find_list("files");
  if (std::string bad = root_name_danger(info, files); !bad.empty()) { return bad; }
  for (int i = 0; files && i < files.list_size(); ++i) {
    const lt::bdecode_node file = files.list_at(i);
    if (file.type() != lt::bdecode_node::dict_t) { continue; }
    for (const char* key : {"path", "path.utf-8"}) {
      const lt::bdecode_node path = file.dict_find_list(key);
      std::vector<std::string_view> parts;
      for (int p = 0; path && p < path.list_size(); ++p) { parts.push_back(text_of(path.list_string_value_at(p))); }
      if (!path) { continue; }
      if (std::string bad = path_danger(parts); !bad.empty()) { return bad; }
    }
  }
  return {};
}

/// A v2 tree is walked with a list of our own: its depth is the sender's choice. A file is what holds
/// an entry without a name.
std::string names_danger_v2(const lt::bdecode_node& info) {
  std::vector<lt::bdecode_node> open;
  open.push_back(info.dict_find_dict("file tree"));
  while (!open.empty()) {
    const lt::bdecode_node node = open.back();
    open.pop_back();
    if (!node || node.type() != lt::bdecode_node::dict_t) { continue; }
    for (int i = 0; i < node.dict_size(); ++i) {
      const auto [key, child] = node.dict_at(i);
      if (key.empty()) { continue; }
      const bool is_file = child.type() == lt::bdecode_node::dict_t && child.dict_find("");
      const PathKind kind = is_file ? PathKind::file : PathKind::folder;
      if (std::string bad = path_danger({text_of(key)}, kind); !bad.empty()) { return bad; }
      open.push_back(child);
    }
  }
  return {};
}

/// libtorrent silently keeps the last of several; which one was meant is not ours to guess.
bool names_two_torrents(std::string_view uri) {
  static constexpr std::string_view kMark = "urn:btih:";
  std::string_view first;
  for (std::size_t at = uri.find(kMark); at != std::string_view::npos; at = uri.find(kMark, at + 1)) {
    const std::string_view rest = uri.substr(at + kMark.size());
    const std::string_view hash = rest.substr(0, rest.find('&'));
    if (!first.empty() && hash != first) { return true; }
    first = hash;
  }
  return false;
}

}  // namespace

std::string path_danger(const std::vector<std::string_view>& parts, PathKind kind) {
  if (parts.empty()) { return "a file in it has no name"; }
  for (const std::string_view part : parts) {
    const std::string name = "\"" + shown(part) + "\"";
    if (part.empty()) { return "a file in it has an empty name or an absolute path"; }
    if (part == "." || part == "..") { return "the path part " + name + " leaves the download's folder"; }
    if (part.find('\0') != std::string_view::npos) { return "the name " + name + " holds a NUL byte"; }
    if (part.find_first_of("/\\") != std::string_view::npos) { return "the name " + name + " holds a path of its own"; }
    if (part.size() >= 2 && part[1] == ':' && std::isalpha(static_cast<unsigned char>(part[0])) != 0) {
      return "the name " + name + " starts with a drive letter";
    }
    if (part.find("\xE2\x80\xAE") != std::string_view::npos) {
      return "the name " + name + " is written backwards to hide its ending";
    }
    if (part.size() > 255) { return "the name " + name + " is longer than a file system takes"; }
  }
  if (kind == PathKind::file && runs_as_program(parts.back())) {
    return "\"" + shown(parts.back()) + "\" is a program or a shortcut";
  }
  return {};
}

sdk::Result<TorrentFacts> inspect_torrent(std::string_view bytes) {
  if (bytes.size() > kMaxMetainfoBytes) {
    return refused("the .torrent is larger than " + std::to_string(kMaxMetainfoBytes >> 20U) + " MiB");
  }
  if (std::string other = looks_like(bytes); !other.empty()) { return refused(std::move(other)); }
  lt::error_code ec;
  const lt::span<const char> buffer(bytes.data(), static_cast<std::ptrdiff_t>(bytes.size()));
  int position = 0;
  const lt::bdecode_node root = lt::bdecode(buffer, ec, &position, kMaxMetainfoDepth, kMaxMetainfoTokens);
  if (ec) { return refused("not a valid .torrent at byte " + std::to_string(position) + ": " + ec.message()); }
  const lt::bdecode_node info =
      root.type() == lt::bdecode_node::dict_t ? root.dict_find_dict("info") : lt::bdecode_node();
  if (!info) { return refused("not a valid .torrent: it has no \"info\""); }

  TorrentFacts facts;
  facts.danger = names_danger_v1(info);
  if (facts.danger.empty()) { facts.danger = names_danger_v2(info); }
  try {
    lt::load_torrent_limits limits;
    limits.max_buffer_size = static_cast<int>(kMaxMetainfoBytes);
    limits.max_decode_depth = kMaxMetainfoDepth;
    limits.max_decode_tokens = kMaxMetainfoTokens;
    const lt::add_torrent_params params = lt::load_torrent_buffer(buffer, limits);
    const lt::torrent_info& torrent = *params.ti;
    if (torrent.info_hashes().has_v1()) { facts.infohash_v1 = hex(torrent.info_hashes().v1); }
    if (torrent.info_hashes().has_v2()) { facts.infohash_v2 = hex(torrent.info_hashes().v2); }
    facts.name = torrent.name();
    facts.is_private = torrent.priv();
    facts.size_bytes = 0;
    for (const lt::file_index_t i : torrent.files().file_range()) {
      if (torrent.files().pad_file_at(i)) { continue; }
      facts.size_bytes += torrent.files().file_size(i);
      ++facts.files;
    }
  } catch (const lt::system_error& e) {
    // A name so bad that libtorrent refuses the file is the more useful thing to say.
    if (!facts.danger.empty()) { return facts; }
    return refused("not a valid .torrent: " + std::string(e.code().message()));
  }
  if (facts.size_bytes <= 0) { return refused("the torrent holds no data"); }
  return facts;
}

std::string normal_magnet(std::string_view uri) { return "magnet:" + std::string(uri.substr(uri.find(':') + 1)); }

sdk::Result<TorrentFacts> inspect_magnet(std::string_view uri) {
  if (uri.size() > 64U * 1024) { return refused("the magnet link is longer than 64 KiB"); }
  if (lower(uri.substr(0, 8)) != "magnet:?") { return refused("a magnet link starts with \"magnet:?\""); }
  lt::error_code ec;
  const lt::add_torrent_params params = lt::parse_magnet_uri(normal_magnet(uri), ec);
  if (ec) {
    return refused("the magnet link names no usable hash (xt=urn:btih: with 40 hex or 32 base32 digits): " +
                   ec.message());
  }
  if (names_two_torrents(lower(uri))) { return refused("the magnet link names two different torrents"); }
  TorrentFacts facts;
  if (params.info_hashes.has_v1()) { facts.infohash_v1 = hex(params.info_hashes.v1); }
  if (params.info_hashes.has_v2()) { facts.infohash_v2 = hex(params.info_hashes.v2); }
  if (facts.infohash_v1.empty() && facts.infohash_v2.empty()) {
    return refused("the magnet link names no usable hash (xt=urn:btih: with 40 hex or 32 base32 digits)");
  }
  facts.name = params.name;
  return facts;
}

}  // namespace quarry::queue
