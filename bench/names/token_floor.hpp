// SPDX-License-Identifier: MIT
// The least any reader of release names must do: look at each byte once, split into words, hash each
// word without case, notice a year and the group. It understands nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace quarry::bench {

struct Tokens {
  std::uint64_t hash = 0;  ///< of all words
  int words = 0;
  int year = 0;
  std::string_view group;  ///< what follows the last '-'
};

[[nodiscard]] inline Tokens token_floor(std::string_view name) noexcept {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  Tokens out;
  std::uint64_t word = 0;
  int length = 0;
  int number = 0;
  bool digits = true;
  const auto end_word = [&] {
    if (length == 0) { return; }
    if (digits && length == 4 && number >= 1900 && number < 2100) { out.year = number; }
    out.hash = (out.hash ^ word) * kPrime;
    ++out.words;
    word = 0;
    length = 0;
    number = 0;
    digits = true;
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (lower < 'a' || lower > 'z')) {
      end_word();
      if (c == '-') { out.group = name.substr(i + 1); }
      continue;
    }
    word = (word ^ static_cast<unsigned char>(lower)) * kPrime;
    number = digit && length < 4 ? number * 10 + (c - '0') : number;
    digits = digits && digit;
    ++length;
  }
  end_word();
  return out;
}

}  // namespace quarry::bench
