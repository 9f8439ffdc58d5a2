// SPDX-License-Identifier: MIT
// Makes new inputs from good ones: the same seed, corpus and dictionary give the same inputs on every machine.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::fuzz {

/// The words of a libFuzzer dictionary: one "word" a line, with \\, \" and \xAB; # begins a comment. Throws
/// std::runtime_error for a line that is neither.
[[nodiscard]] std::vector<std::string> parse_dictionary(std::string_view text);

class Mutator {
 public:
  static constexpr std::size_t kLongest = 4096;

  /// An empty corpus counts as one empty input.
  Mutator(std::vector<std::string> corpus, std::vector<std::string> words, std::uint64_t seed);

  /// An input of the corpus after one to six changes.
  [[nodiscard]] std::string next();

 private:
  /// From 0 to n - 1. No std:: distribution: their results differ from library to library.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  const std::string& any(const std::vector<std::string>& of) { return of[below(of.size())]; }
  void change(std::string& input);

  std::vector<std::string> corpus_;
  std::vector<std::string> words_;
  std::mt19937_64 random_;
};

}  // namespace quarry::fuzz
