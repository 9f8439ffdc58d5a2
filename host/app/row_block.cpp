// SPDX-License-Identifier: MIT
#include "app/row_block.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace quarry::app {
namespace {

using Kind = sdk::Value::Kind;
constexpr std::size_t kPiece = 1U << 20U;

bool has_text(const sdk::Value& value) noexcept { return value.kind == Kind::text || value.kind == Kind::bytes; }

}  // namespace

void RowSum::mix(std::uint64_t word) noexcept {
  sum_ ^= word;
  sum_ *= 0xD6E8FEB86659FD93U;
  sum_ ^= sum_ >> 32U;
  sum_ *= 0xD6E8FEB86659FD93U;
  sum_ ^= sum_ >> 29U;
}

void RowSum::mix(std::string_view bytes) noexcept {
  mix(bytes.size());
  std::uint64_t word = 0;
  for (; bytes.size() >= sizeof word; bytes.remove_prefix(sizeof word)) {
    std::memcpy(&word, bytes.data(), sizeof word);
    mix(word);
  }
  if (bytes.empty()) { return; }
  word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  mix(word);
}

void RowSum::add(std::span<const sdk::Value> row) noexcept {
  for (const sdk::Value& value : row) {
    mix(static_cast<std::uint64_t>(value.kind));
    switch (value.kind) {
      case Kind::null:
        break;
      case Kind::real:
        // Minus zero is zero: not every storage can tell them apart.
        mix(std::bit_cast<std::uint64_t>(value.real == 0 ? 0.0 : value.real));
        break;
      case Kind::text:
      case Kind::bytes:
        mix(value.text);
        break;
      case Kind::integer:
      case Kind::boolean:
        mix(static_cast<std::uint64_t>(value.integer));
        break;
    }
  }
}

std::string RowSum::text() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (unsigned shift = 64; shift > 0; shift -= 4) { out += kDigits[(sum_ >> (shift - 4)) & 15U]; }
  return out;
}

RowKey::RowKey(const sdk::Value& value) : kind_(value.kind), integer_(value.integer) {
  if (has_text(value)) { text_ = value.text; }
}

sdk::Value RowKey::value() const noexcept {
  sdk::Value made;
  made.kind = kind_;
  made.integer = integer_;
  made.text = text_;
  return made;
}

std::string RowKey::text() const {
  if (empty()) { return "the start"; }
  return kind_ == Kind::integer ? std::to_string(integer_) : '"' + text_ + '"';
}

bool RowKey::operator<(const RowKey& other) const noexcept {
  if (empty() || other.empty()) { return empty() && !other.empty(); }
  return kind_ == Kind::integer ? integer_ < other.integer_ : text_ < other.text_;
}

char* RowBlock::room_for(std::size_t size) {
  if (left_ < size) {
    left_ = std::max(kPiece, size);
    pieces_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    place_ = pieces_.back().get();
  }
  char* const room = place_;
  place_ += size;
  left_ -= size;
  return room;
}

bool RowBlock::add(std::span<const sdk::Value> row) noexcept {
  if (row.size() != columns_) {
    misfit_ = true;
    return false;
  }
  std::size_t size = 0;
  for (const sdk::Value& value : row) { size += has_text(value) ? value.text.size() : 0; }
  char* place = room_for(size);
  for (const sdk::Value& value : row) {
    values_.push_back(value);
    if (!has_text(value)) { continue; }
    if (!value.text.empty()) { std::memcpy(place, value.text.data(), value.text.size()); }
    values_.back().text = {place, value.text.size()};
    place += value.text.size();
  }
  bytes_ += size + row.size() * sizeof(sdk::Value);
  return bytes_ < kBytes;
}

void RowBlock::clear() noexcept {
  values_.clear();
  pieces_.clear();
  left_ = 0;
  bytes_ = 0;
}

}  // namespace quarry::app
