// SPDX-License-Identifier: MIT
#include "mutator.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace quarry::fuzz {
namespace {

/// The text of one escape; `line` begins behind the backslash, and loses what was used.
char unescape(std::string_view& line) {
  unsigned value = 0;
  if (line.starts_with('x') && line.size() > 2) {
    const auto [end, error] = std::from_chars(line.data() + 1, line.data() + 3, value, 16);
    if (error == std::errc() && end == line.data() + 3) {
      line.remove_prefix(3);
      return static_cast<char>(value);
    }
  } else if (line.starts_with('\\') || line.starts_with('"')) {
    const char c = line.front();
    line.remove_prefix(1);
    return c;
  }
  throw std::runtime_error("a dictionary knows the escapes \\\\, \\\" and \\xAB only");
}

std::string parse_word(std::string_view line) {
  if (line.size() < 2 || line.front() != '"' || line.back() != '"') {
    throw std::runtime_error("a line of a dictionary is \"word\" or # comment, not: " + std::string(line));
  }
  line = line.substr(1, line.size() - 2);
  std::string out;
  while (!line.empty()) {
    const char c = line.front();
    line.remove_prefix(1);
    out += c == '\\' ? unescape(line) : c;
  }
  return out;
}

}  // namespace

std::vector<std::string> parse_dictionary(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.front() != '#') { words.push_back(parse_word(line)); }
  }
  return words;
}

Mutator::Mutator(std::vector<std::string> corpus, std::vector<std::string> words, std::uint64_t seed)
    : corpus_(std::move(corpus)), words_(std::move(words)), random_(seed) {
  if (corpus_.empty()) { corpus_.emplace_back(); }
  if (words_.empty()) { words_.emplace_back("\xFF\xFF\xFF\xFF"); }
}

std::string Mutator::next() {
  std::string input = any(corpus_);
  for (std::size_t changes = 1 + below(6); changes > 0; --changes) { change(input); }
  input.resize(std::min(input.size(), kLongest));
  return input;
}

void Mutator::change(std::string& input) {
  const std::size_t at = below(input.size() + 1);
  const std::size_t length = below(std::min<std::size_t>(input.size() - at, 64) + 1);
  const bool inside = at < input.size();
  switch (below(8)) {
    case 0:  // a bit
      if (inside) { input[at] = static_cast<char>(static_cast<unsigned char>(input[at]) ^ (1U << below(8))); }
      break;
    case 1:  // a byte
      if (inside) { input[at] = static_cast<char>(random_() & 0xFFU); }
      break;
    case 2:
      input.resize(at);
      break;
    case 3:
      input.erase(at, length);
      break;
    case 4:  // the same piece again, at times many times over
      for (std::size_t times = 1 + (below(8) == 0 ? below(64) : 0); times > 0 && input.size() < kLongest; --times) {
        input.insert(at, input.substr(at, length));
      }
      break;
    case 5:
      input.insert(at, any(words_));
      break;
    case 6: {
      const std::string& word = any(words_);
      input.replace(at, std::min(word.size(), input.size() - at), word);
      break;
    }
    default: {  // the head of this one, the tail of another
      const std::string& other = any(corpus_);
      input = input.substr(0, at) + other.substr(below(other.size() + 1));
      break;
    }
  }
}

}  // namespace quarry::fuzz
