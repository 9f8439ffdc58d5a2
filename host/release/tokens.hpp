// SPDX-License-Identifier: MIT
// A release name cut into words, each with its meaning. Internal to this folder.
#pragma once

#include "release/marks.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::release {

/// Words stand at [begin, end) of the name. "Blu-ray" and "H.264" are one word.
struct Token {
  std::uint16_t begin = 0;
  std::uint16_t end = 0;
  Mark mark;
};

/// One pass over the name, then one over the words. The views passed in must outlive it.
class Tokens {
 public:
  /// `name` without its extension, at most kLongestName bytes of it.
  explicit Tokens(std::string_view name);

  static constexpr std::size_t kLongestName = 1024;

  [[nodiscard]] std::size_t size() const noexcept { return words_.size(); }
  [[nodiscard]] const Token& operator[](std::size_t i) const noexcept { return words_[i]; }
  /// The name as it was given.
  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  /// The name in lower-case ASCII, byte for byte as long; 【】 became [ ] and wide blanks plain ones.
  [[nodiscard]] std::string_view lower() const noexcept { return lower_; }
  /// Word i in lower case.
  [[nodiscard]] std::string_view word(std::size_t i) const noexcept {
    return std::string_view(lower_).substr(words_[i].begin, words_[i].end - words_[i].begin);
  }
  /// The first word that begins at or after `offset`; size() when there is none.
  [[nodiscard]] std::size_t at_or_after(std::size_t offset) const noexcept;
  /// An opening bracket among `kinds` stands right between word i - 1 and word i.
  [[nodiscard]] bool opens(std::size_t i, std::string_view kinds) const noexcept;
  /// A year a film can be of, when word i is one; else 0.
  [[nodiscard]] int year(std::size_t i) const noexcept;

 private:
  void fold();
  void split();
  void give_meaning();

  std::string_view name_;
  std::string lower_;
  std::vector<Token> words_;
};

[[nodiscard]] constexpr bool is_ascii_digit(char c) noexcept { return c >= '0' && c <= '9'; }
/// `text` without blanks, dots, underscores and hyphens at both ends.
[[nodiscard]] std::string_view trim_separators(std::string_view text) noexcept;

}  // namespace quarry::release
