// SPDX-License-Identifier: MIT
#include "words.hpp"

#include <algorithm>

namespace quarry::scorer {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool in_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char raw : text) {
    const char c = lower(raw);
    if (!in_word(c)) {
      inside = false;
      continue;
    }
    if (!inside) { words.emplace_back(); }
    inside = true;
    words.back() += c;
  }
  return words;
}

bool holds_words(const std::vector<std::string>& words, const std::vector<std::string>& wanted, WordRange except) {
  if (wanted.empty() || wanted.size() > words.size()) { return false; }
  for (std::size_t i = 0; i + wanted.size() <= words.size(); ++i) {
    const bool apart = i >= except.last || i + wanted.size() <= except.first;
    if (apart && std::equal(wanted.begin(), wanted.end(), words.begin() + static_cast<std::ptrdiff_t>(i))) {
      return true;
    }
  }
  return false;
}

WordRange find_title(const std::vector<std::string>& words, std::string_view title) {
  const std::vector<std::string> wanted = words_of(title);
  const auto at = std::search(words.begin(), words.end(), wanted.begin(), wanted.end());
  if (wanted.empty() || at == words.end() || wanted.size() == words.size()) { return {}; }
  const auto first = static_cast<std::size_t>(at - words.begin());
  return {first, first + wanted.size()};
}

bool same_text(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace quarry::scorer
