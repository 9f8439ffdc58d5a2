// SPDX-License-Identifier: MIT
#include "release/marks.hpp"

#include "release/vocabulary.hpp"

#include <algorithm>
#include <array>

namespace quarry::release {
namespace {

using vocabulary::kVocabulary;
using vocabulary::Words;

/// The first eight bytes as one number, in the order of the text, so that most comparisons are one step.
constexpr std::uint64_t key_of(std::string_view word) noexcept {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    key = (key << 8U) | (i < word.size() ? static_cast<unsigned char>(word[i]) : 0U);
  }
  return key;
}

struct Row {
  std::uint64_t key = 0;
  std::string_view word;
  Mark mark;
};

constexpr std::size_t word_count() {
  std::size_t n = 0;
  for (const Words& group : kVocabulary) {
    n += 1 + static_cast<std::size_t>(std::count(group.words.begin(), group.words.end(), ' '));
  }
  return n;
}

/// The vocabulary one word a row, sorted, so that a look-up is a binary search.
constexpr auto kRows = [] {
  std::array<Row, word_count()> rows{};
  std::size_t n = 0;
  for (const Words& group : kVocabulary) {
    for (std::string_view rest = group.words; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      rows[n++] = {key_of(rest.substr(0, end)), rest.substr(0, end), group.mark};
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.word < b.word; });
  return rows;
}();
static_assert(std::adjacent_find(kRows.begin(), kRows.end(),
                                 [](const Row& a, const Row& b) { return a.word == b.word; }) == kRows.end(),
              "a word stands twice in the vocabulary");
constexpr std::size_t kLongestWord = std::max_element(kRows.begin(), kRows.end(), [](const Row& a, const Row& b) {
                                       return a.word.size() < b.word.size();
                                     })->word.size();

/// Where the rows of each first letter begin, to spare most of the search.
constexpr auto kFirstRow = [] {
  std::array<std::uint16_t, 257> first{};
  std::size_t row = 0;
  for (std::size_t c = 0; c < 256; ++c) {
    first[c] = static_cast<std::uint16_t>(row);
    while (row < kRows.size() && static_cast<unsigned char>(kRows[row].word.front()) == c) { ++row; }
  }
  first[256] = static_cast<std::uint16_t>(row);
  return first;
}();

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Length of the digits at the end of `text`.
std::size_t digits_at_end(std::string_view text) noexcept {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[text.size() - 1 - n])) { ++n; }
  return n;
}

int to_number(std::string_view digits) noexcept {
  int number = 0;
  for (const char c : digits.substr(0, 6)) { number = number * 10 + (c - '0'); }
  return number;
}

/// 720 for "720", also for the odd heights of a WxH; 0 when it is no picture height.
std::int16_t picture_lines(int number) noexcept {
  switch (number) {
    case 360:
    case 480:
    case 540:
    case 576:
    case 720:
    case 1080:
    case 1440:
    case 2160:
      return static_cast<std::int16_t>(number);
    default:
      return 0;
  }
}

/// The lines a cropped picture of this width had.
std::int16_t lines_of_width(int width) noexcept {
  if (width == 3840) { return 2160; }
  if (width == 1920) { return 1080; }
  return width == 1280 ? 720 : 0;
}

/// "1080p", "bluray720p", "uhdremux2160p", "1080i", "1080p10bit".
Mark resolution_mark(std::string_view word) noexcept {
  if (const std::size_t bit = word.find("p10bit"); bit != std::string_view::npos) { word = word.substr(0, bit + 1); }
  if (word.size() < 4 || (word.back() != 'p' && word.back() != 'i')) { return {}; }
  const std::string_view stem = word.substr(0, word.size() - 1);
  const std::size_t digits = digits_at_end(stem);
  if (digits < 3 || digits > 4) { return {}; }
  const int number = to_number(stem.substr(stem.size() - digits));
  const std::string_view prefix = stem.substr(0, stem.size() - digits);
  const Mark* glued = prefix.empty() ? nullptr : find_mark(prefix);
  if (!prefix.empty() && glued == nullptr) { return {}; }
  Mark mark = glued == nullptr ? Mark{} : *glued;
  mark.role = Role::tech;
  mark.strong = true;
  mark.joins = false;
  mark.resolution = picture_lines(number);
  if (word.back() == 'i') { mark.flags |= kInterlaced; }
  return mark;
}

/// "1920x1080".
Mark size_mark(std::string_view word) noexcept {
  const std::size_t digits = digits_at_end(word);
  if (digits < 3 || digits > 4 || word.size() < digits + 4 || word[word.size() - digits - 1] != 'x') { return {}; }
  const std::string_view width = word.substr(0, word.size() - digits - 1);
  if (digits_at_end(width) != width.size() || width.size() > 4) { return {}; }
  Mark mark = vocabulary::strong_tech(0);
  mark.resolution = picture_lines(to_number(word.substr(word.size() - digits)));
  if (mark.resolution == 0) { mark.resolution = lines_of_width(to_number(width)); }
  return mark;
}

/// "s01", "s01e02", "1x02".
bool is_episode(std::string_view word) noexcept {
  if (word.size() >= 3 && word[0] == 's' && is_digit(word[1]) && is_digit(word[2])) {
    const std::string_view rest = word.substr(3);
    return rest.empty() || (rest.size() >= 2 && rest[0] == 'e' && is_digit(rest[1]));
  }
  const std::size_t digits = digits_at_end(word);
  if (digits < 2 || digits > 3 || word.size() < digits + 2 || word.size() > digits + 3) { return false; }
  return word[word.size() - digits - 1] == 'x' && is_digit(word[0]) && (word.size() == digits + 2 || is_digit(word[1]));
}

/// "aac2" of "AAC2.0", "dd5", "v2", "hevc10".
Mark numbered_mark(std::string_view word) noexcept {
  const std::size_t digits = digits_at_end(word);
  if (digits == 0 || digits == word.size()) { return {}; }
  const std::string_view stem = word.substr(0, word.size() - digits);
  if (stem == "v" && digits == 1) {
    const int number = word.back() - '0';
    return number >= 1 ? vocabulary::version(0, static_cast<std::int16_t>(number)) : Mark{};
  }
  const Mark* plain = stem.size() >= 2 ? find_mark(stem) : nullptr;
  const bool stands_numbered = plain != nullptr && plain->role == Role::tech && plain->source == sdk::Source::unknown;
  return stands_numbered ? *plain : Mark{};
}

template <std::size_t N>
constexpr bool holds(const std::array<std::string_view, N>& sorted, std::string_view word) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

constexpr std::array<std::string_view, 29> kRepostSuffixes{
    "1",          "4p",          "4planet",     "alternativetorequested",
    "altezachen", "asrequested", "buymore",     "captcha",
    "chamele0n",  "gerov",       "inc-nzbgeek", "newz",
    "nzb",        "nzbgeek",     "obfuscated",  "obfuscation",
    "postbot",    "poster",      "postx",       "repackpost",
    "repost",     "rp",          "sample",      "scrambled",
    "usenet",     "whiterev",    "xpost",       "z0ids3n",
    "zer0",
};
static_assert(std::is_sorted(kRepostSuffixes.begin(), kRepostSuffixes.end()));

constexpr std::array<std::string_view, 24> kExtensions{
    "3gp", "avi", "divx", "flv", "iso",  "m2ts", "m4v", "mkv", "mov", "mp4",     "mpeg", "mpg",
    "nfo", "nzb", "ogm",  "rar", "rmvb", "srt",  "sub", "ts",  "vob", "torrent", "webm", "wmv",
};

}  // namespace

const Mark* find_mark(std::string_view word) noexcept {
  if (word.empty() || word.size() > kLongestWord) { return nullptr; }
  const std::uint64_t key = key_of(word);
  const auto c = static_cast<unsigned char>(word.front());
  const auto* const end = kRows.data() + kFirstRow[c + 1U];
  const auto* row =
      std::lower_bound(kRows.data() + kFirstRow[c], end, key, [](const Row& r, std::uint64_t k) { return r.key < k; });
  while (row != end && row->key == key && row->word != word) { ++row; }
  return row != end && row->key == key ? &row->mark : nullptr;
}

Mark mark_of(std::string_view word) noexcept {
  if (const Mark* known = find_mark(word); known != nullptr) { return *known; }
  // All that follows is a number with letters around it, so most words end here.
  const auto digits = static_cast<std::size_t>(std::count_if(word.begin(), word.end(), is_digit));
  if (digits == 0 || digits == word.size() || word.size() > 24) { return {}; }
  if (const Mark mark = resolution_mark(word); mark.role != Role::none) { return mark; }
  if (is_episode(word)) {
    Mark mark = vocabulary::flagged(Role::episode, 0);
    mark.strong = true;
    return mark;
  }
  if (const Mark mark = size_mark(word); mark.role != Role::none) { return mark; }
  return numbered_mark(word);
}

bool is_repost_suffix(std::string_view word) noexcept {
  return holds(kRepostSuffixes, word) || word.substr(0, 5) == "rakuv";
}

bool is_extension(std::string_view word) noexcept {
  return std::find(kExtensions.begin(), kExtensions.end(), word) != kExtensions.end();
}

}  // namespace quarry::release
