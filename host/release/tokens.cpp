// SPDX-License-Identifier: MIT
#include "release/tokens.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace quarry::release {
namespace {

/// Bytes that belong to a word: ASCII letters and digits, '@' as groups use it, all of other scripts.
constexpr auto kInWord = [] {
  std::array<bool, 256> in{};
  for (std::size_t c = 0; c < 256; ++c) {
    in[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '@' || c >= 0x80;
  }
  return in;
}();

constexpr int kFirstFilm = 1888;
// Films announced for later than this are not released yet, while titles such as "Blade Runner 2049" exist.
constexpr int kLastYear = 2039;

bool in_word(char c) noexcept { return kInWord[static_cast<unsigned char>(c)]; }

/// The name up to the limit, without half a UTF-8 sequence at the cut.
std::string_view cut(std::string_view name) noexcept {
  if (name.size() <= Tokens::kLongestName) { return name; }
  std::size_t end = Tokens::kLongestName;
  for (int back = 0; back < 3 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U; ++back) { --end; }
  return name.substr(0, end);
}

}  // namespace

std::string_view trim_separators(std::string_view text) noexcept {
  constexpr std::string_view kSeparators = " ._-\t";
  const std::size_t begin = text.find_first_not_of(kSeparators);
  if (begin == std::string_view::npos) { return {}; }
  return text.substr(begin, text.find_last_not_of(kSeparators) - begin + 1);
}

Tokens::Tokens(std::string_view name) : name_(cut(name)), lower_(name_) {
  words_.reserve(32);
  fold();
  split();
  give_meaning();
}

void Tokens::fold() {
  const auto replace = [this](std::size_t at, std::string_view bytes, std::string_view by) {
    if (std::string_view(lower_).substr(at, bytes.size()) == bytes) { lower_.replace(at, by.size(), by); }
  };
  for (std::size_t i = 0; i < lower_.size(); ++i) {
    const char c = lower_[i];
    if (c >= 'A' && c <= 'Z') {
      lower_[i] = static_cast<char>(c - 'A' + 'a');
    } else if (c == '\xE3') {
      replace(i, "\xE3\x80\x90", "[  ");
      replace(i, "\xE3\x80\x91", "]  ");
      replace(i, "\xE3\x80\x80", "   ");
    } else if (c == '\xC2') {
      replace(i, "\xC2\xA0", "  ");
    }
  }
}

void Tokens::split() {
  std::size_t i = 0;
  while (i < lower_.size()) {
    if (!in_word(lower_[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    // An apostrophe between letters belongs to the word: "director's".
    while (i < lower_.size() &&
           (in_word(lower_[i]) || (lower_[i] == '\'' && i + 1 < lower_.size() && in_word(lower_[i + 1])))) {
      ++i;
    }
    words_.push_back({static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(i), {}});
  }
}

void Tokens::give_meaning() {
  std::size_t out = 0;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    Token token = words_[i];
    token.mark = mark_of(std::string_view(lower_).substr(token.begin, token.end - token.begin));
    std::array<char, 32> joined{};
    while (token.mark.joins && i + 1 < words_.size() && words_[i + 1].begin - token.end == 1) {
      std::size_t length = 0;
      for (std::size_t at = token.begin; at < words_[i + 1].end && length < joined.size(); ++at) {
        if (in_word(lower_[at])) { joined[length++] = lower_[at]; }
      }
      const Mark* both = find_mark({joined.data(), length});
      if (both == nullptr) { break; }
      token.end = words_[++i].end;
      token.mark = *both;
    }
    words_[out++] = token;
  }
  words_.resize(out);
}

std::size_t Tokens::at_or_after(std::size_t offset) const noexcept {
  const auto it = std::lower_bound(words_.begin(), words_.end(), offset,
                                   [](const Token& token, std::size_t at) { return token.begin < at; });
  return static_cast<std::size_t>(it - words_.begin());
}

bool Tokens::opens(std::size_t i, std::string_view kinds) const noexcept {
  const std::size_t from = i == 0 ? 0 : words_[i - 1].end;
  for (std::size_t at = from; at < words_[i].begin; ++at) {
    for (const char kind : kinds) {
      if (lower_[at] == kind) { return true; }
    }
  }
  return false;
}

int Tokens::year(std::size_t i) const noexcept {
  const std::string_view text = word(i);
  if (text.size() != 4 || !std::all_of(text.begin(), text.end(), is_ascii_digit)) { return 0; }
  const int number = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
  return number >= kFirstFilm && number <= kLastYear ? number : 0;
}

}  // namespace quarry::release
