// SPDX-License-Identifier: MIT
// .torrent files and magnet links: refused with a sentence, or facts that hold.
#include "require.hpp"

#include "queue/metainfo.hpp"

#include <libtorrent/load_torrent.hpp>
#include <libtorrent/torrent_info.hpp>

namespace {

using quarry::fuzz::is_hash_or_empty;
using quarry::fuzz::require;
using quarry::queue::TorrentFacts;

void check_refusal(const quarry::sdk::Failure& why) {
  require(why.status.code == quarry::sdk::Code::invalid, "what cannot be read is invalid");
  require(!why.text.empty(), "a refusal says why");
}

void check_hashes(const TorrentFacts& facts) {
  require(is_hash_or_empty(facts.infohash_v1, 40), "a v1 hash is 40 lower-case hex digits");
  require(is_hash_or_empty(facts.infohash_v2, 64), "a v2 hash is 64 lower-case hex digits");
}

/// The names libtorrent itself would write to disk.
void check_written_names(std::string_view bytes) {
  const lt::add_torrent_params params =
      lt::load_torrent_buffer({bytes.data(), static_cast<std::ptrdiff_t>(bytes.size())});
  const lt::file_storage& files = params.ti->files();
  for (const lt::file_index_t i : files.file_range()) {
    if (files.pad_file_at(i)) { continue; }
    const std::string path = files.file_path(i);
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at <= path.size();) {
      const std::size_t end = std::min(path.find('/', at), path.size());
      parts.push_back(std::string_view(path).substr(at, end - at));
      at = end + 1;
    }
    require(quarry::queue::path_danger(parts).empty(), "no file of a torrent without danger has a dangerous path");
  }
}

void check_torrent(std::string_view bytes) {
  const auto facts = quarry::queue::inspect_torrent(bytes);
  if (!facts) { return check_refusal(facts.error()); }
  check_hashes(*facts);
  if (!facts->danger.empty()) { return; }
  require(!facts->infohash_v1.empty() || !facts->infohash_v2.empty(), "a torrent has a hash");
  require(facts->size_bytes > 0 && facts->files > 0, "a torrent holds data");
  require(quarry::queue::path_danger({facts->name}, quarry::queue::PathKind::folder).empty(),
          "the name of a torrent without danger is no danger");
  check_written_names(bytes);
}

void check_magnet(std::string_view uri) {
  const auto facts = quarry::queue::inspect_magnet(uri);
  if (!facts) { return check_refusal(facts.error()); }
  check_hashes(*facts);
  require(!facts->infohash_v1.empty() || !facts->infohash_v2.empty(), "a magnet names a hash");
  require(facts->size_bytes == -1 && facts->files == 0, "a magnet tells no size");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = quarry::fuzz::text_of(data, size);
  check_torrent(input);
  check_magnet(input);
  return 0;
}
