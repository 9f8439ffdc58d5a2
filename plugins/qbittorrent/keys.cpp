// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/keys.hpp"

namespace quarry::qbittorrent {
namespace {
constexpr std::size_t kIdDigits = 40;
constexpr std::size_t kV2Digits = 64;
}  // namespace

std::string hex_of(std::string_view text, std::size_t digits) {
  if (text.size() != digits) { return {}; }
  std::string out;
  out.reserve(digits);
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
      out += c;
    } else if (c >= 'A' && c <= 'F') {
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      return {};
    }
  }
  return out;
}

KeySet::KeySet(std::span<const sdk::ItemKey> keys) {
  for (const sdk::ItemKey& key : keys) {
    add_id(hex_of(key.id, kIdDigits));
    add_id(hex_of(key.infohash_v1, kIdDigits));
    const std::string v2 = hex_of(key.infohash_v2, kV2Digits);
    if (!v2.empty()) {
      add_id(std::string_view(v2).substr(0, kIdDigits));
      known_.insert(v2);
    }
  }
}

void KeySet::add_id(std::string_view hex) {
  if (!hex.empty() && known_.emplace(hex).second) { ids_.emplace_back(hex); }
}

std::vector<std::string> KeySet::chunks(std::size_t most) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (i % most == 0) {
      out.push_back(ids_[i]);
    } else {
      out.back().append("|").append(ids_[i]);
    }
  }
  return out;
}

bool KeySet::matches(const sdk::ItemView& item) const {
  return known_.contains(item.id) || known_.contains(item.infohash_v1) || known_.contains(item.infohash_v2);
}

}  // namespace quarry::qbittorrent
