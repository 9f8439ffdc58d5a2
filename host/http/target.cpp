// SPDX-License-Identifier: MIT
#include "http/target.hpp"

namespace quarry::http {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') { return c - '0'; }
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) { return std::nullopt; }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (c == '\0') { return std::nullopt; }
    out += c;
  }
  if (!is_utf8(out)) { return std::nullopt; }
  return out;
}

/// Calls `f` for each part between separators, until it answers false.
template <class F>
bool for_each_part(std::string_view text, char separator, F f) {
  while (true) {
    const auto end = text.find(separator);
    if (!f(text.substr(0, end))) { return false; }
    if (end == std::string_view::npos) { return true; }
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto byte = [&](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U; };
    const unsigned c = byte(i);
    const unsigned next = byte(i + 1);
    std::size_t length = 1;
    if (c >= 0x80) {
      if (c < 0xC2 || c > 0xF4) { return false; }
      length = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
      // Overlong forms, surrogates and what lies above U+10FFFF show in the second byte.
      const bool misused = (c == 0xE0 && next < 0xA0) || (c == 0xED && next > 0x9F) || (c == 0xF0 && next < 0x90) ||
                           (c == 0xF4 && next > 0x8F);
      if (misused) { return false; }
    }
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0U) != 0x80U) { return false; }
    }
    i += length;
  }
  return true;
}

std::optional<Target> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') { return std::nullopt; }
  Target out;
  const auto mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  out.path = path;
  path.remove_prefix(1);
  if (!path.empty() && path.back() == '/') { path.remove_suffix(1); }
  const bool path_ok = path.empty() || for_each_part(path, '/', [&](std::string_view part) {
                         auto segment = decode(part, false);
                         if (segment) { out.segments.push_back(std::move(*segment)); }
                         return segment.has_value();
                       });
  if (!path_ok) { return std::nullopt; }
  if (mark == std::string_view::npos) { return out; }
  const bool query_ok = for_each_part(target.substr(mark + 1), '&', [&](std::string_view part) {
    if (part.empty()) { return true; }
    const auto equals = part.find('=');
    auto name = decode(part.substr(0, equals), true);
    auto value = decode(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1), true);
    if (!name || !value) { return false; }
    out.query.emplace_back(std::move(*name), std::move(*value));
    return true;
  });
  if (!query_ok) { return std::nullopt; }
  return out;
}

}  // namespace quarry::http
