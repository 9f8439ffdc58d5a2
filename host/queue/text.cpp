// SPDX-License-Identifier: MIT
#include "queue/text.hpp"

#include <algorithm>

namespace quarry::queue {
namespace {

/// Length of the character at the front of `text`; 0 when it is no UTF-8 (overlong forms, surrogates
/// and what lies above U+10FFFF are none).
std::size_t character_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) { return 1; }
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || length > text.size()) { return 0; }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) { return 0; }
  }
  const unsigned second = byte(1);
  const bool bad = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                   (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

bool is_control(std::string_view character) noexcept {
  const auto lead = static_cast<unsigned char>(character[0]);
  const bool c1 = lead == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  return lead < 0x20 || lead == 0x7F || c1;
}

}  // namespace

std::string clean_line(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(character.size());
    if (length == 0 || is_control(character)) { continue; }
    if (out.size() + length > max_bytes) { break; }
    out += character;
  }
  return out;
}

bool is_sound_text(std::string_view text) noexcept {
  if (text.find('\0') != text.npos) { return false; }
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) { return true; }
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) { return false; }
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace quarry::queue
