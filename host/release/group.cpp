// SPDX-License-Identifier: MIT
#include "release/group.hpp"

#include <algorithm>
#include <array>

namespace quarry::release {
namespace {

/// Groups whose own name holds a hyphen, in lower case.
constexpr std::array<std::string_view, 9> kHyphenated{
    "blu-bits", "d-z0n3", "de-[42]", "dx-tv", "erai-raws", "ftw-hs", "hive-cm8", "tsundere-raws", "vh-prod",
};

/// Works on the name from its end; `end_` moves forward past what is not the group.
class GroupFinder {
 public:
  GroupFinder(const Tokens& tokens, const TitleSpan& title)
      : tokens_(tokens), text_(tokens.lower()), title_(title), end_(text_.size()) {
    floor_ = title.end < tokens.size() ? tokens[title.end].begin : text_.size();
    if (title.year_word < tokens.size() && title.year_word >= title.end) {
      floor_ = std::max<std::size_t>(floor_, tokens[title.year_word].end);
    }
  }

  GroupSpan find() {
    drop_reposts();
    if (const GroupSpan found = at_end(); !found.text.empty()) { return found; }
    if (!title_.leading_group.empty()) { return {title_.leading_group, text_.size()}; }
    return {{}, text_.size()};
  }

 private:
  [[nodiscard]] char last() const { return end_ == 0 ? '\0' : text_[end_ - 1]; }

  void trim_end() {
    while (end_ > 0 && (last() == ' ' || last() == '.' || last() == '_' || last() == '-')) { --end_; }
  }

  /// A trailing "mkv" after a blank, "-xpost", " English" behind a group.
  void drop_reposts() {
    trim_end();
    for (int round = 0; round < 4; ++round) {
      const std::size_t cut = text_.substr(0, end_).find_last_of(" -");
      if (cut == std::string_view::npos || cut < floor_) { return; }
      const std::string_view word = text_.substr(cut + 1, end_ - cut - 1);
      const bool repost = text_[cut] == '-' && is_repost_suffix(word) &&
                          text_.substr(0, cut).find_last_of('-') != std::string_view::npos;
      const bool container = text_[cut] == ' ' && is_extension(word);
      if (!repost && !container) { return; }
      end_ = cut;
      trim_end();
    }
  }

  GroupSpan at_end() {
    // Brackets at the end are tags, or hold the group; three are enough for any real name.
    for (int round = 0; round < 3; ++round) {
      trim_end();
      if (end_ <= floor_) { return {}; }
      if (last() != ']' && last() != ')') { break; }
      const GroupSpan found = bracket();
      if (!found.text.empty()) { return found; }
    }
    trim_end();
    if (const GroupSpan found = after_hyphen(); !found.text.empty()) { return found; }
    return after_bracket();
  }

  /// Looks into the bracket that ends the name, and takes it off when the group is not in it.
  GroupSpan bracket() {
    const bool square = last() == ']';
    const std::size_t open = text_.substr(0, end_ - 1).find_last_of(square ? '[' : '(');
    if (open == std::string_view::npos || open + 1 < floor_) {
      // "x265.10bit.Tigole)": the opening half was lost.
      --end_;
      return open == std::string_view::npos ? last_word(floor_, end_) : GroupSpan{};
    }
    const std::size_t inner_end = end_ - 1;
    const GroupSpan behind = word_after_hyphen(open);
    const std::size_t before = end_;
    end_ = open;
    if (!behind.text.empty()) { return behind; }
    end_ = before;
    const GroupSpan found = square ? square_bracket(open, inner_end) : round_bracket(open, inner_end);
    end_ = open;
    return found;
  }

  /// "-ROUGH [PublicHD]", "-PUNCH[TGx]": the bracket only tags a release that names its group before it.
  [[nodiscard]] GroupSpan word_after_hyphen(std::size_t open) {
    const std::size_t keep = end_;
    end_ = open;
    trim_end();
    const std::size_t hyphen = text_.substr(0, open).rfind('-');
    const bool glued = hyphen != std::string_view::npos && hyphen + 1 < open && text_[hyphen + 1] != ' ';
    const GroupSpan found = glued ? after_hyphen() : GroupSpan{};
    end_ = keep;
    return found;
  }

  GroupSpan square_bracket(std::size_t open, std::size_t close) {
    if (close > open + 1 && text_[close - 1] == ')') {  // "[Softsubs (Group)]"
      const std::size_t inner = text_.substr(0, close).find_last_of('(');
      if (inner != std::string_view::npos && inner > open && plain(inner + 1, close - 1)) {
        return span(inner + 1, close - 1);
      }
    }
    const std::string_view inside = text_.substr(open + 1, close - open - 1);
    const bool site = inside.substr(0, 3) == "www" || inside.find("://") != std::string_view::npos;
    if (site || is_checksum(inside) || is_size(inside)) { return {}; }
    return plain(open + 1, close) ? span(open + 1, close) : last_word_of_marks(open + 1, close);
  }

  GroupSpan round_bracket(std::size_t open, std::size_t close) {
    const std::size_t dash = text_.substr(0, close).rfind(" - ");
    if (dash != std::string_view::npos && dash > open && plain(dash + 3, close)) { return span(dash + 3, close); }
    return last_word_of_marks(open + 1, close);
  }

  /// "(1080p BluRay x265 10bit Tigole)".
  [[nodiscard]] GroupSpan last_word_of_marks(std::size_t begin, std::size_t end) const {
    bool strong = false;
    for (std::size_t i = tokens_.at_or_after(begin); i < tokens_.size() && tokens_[i].end <= end; ++i) {
      strong = strong || tokens_[i].mark.strong;
    }
    return strong ? last_word(begin, end) : GroupSpan{};
  }

  [[nodiscard]] GroupSpan last_word(std::size_t begin, std::size_t end) const {
    const std::size_t after = tokens_.at_or_after(end);
    if (after == 0 || tokens_[after - 1].begin < begin || tokens_[after - 1].end > end) { return {}; }
    const Token& word = tokens_[after - 1];
    return plain(word.begin, word.end) && word.end - word.begin >= 3 ? span(word.begin, word.end) : GroupSpan{};
  }

  GroupSpan after_hyphen() const {
    const std::string_view stem = text_.substr(0, end_);
    const std::size_t hyphen = stem.rfind('-');
    if (hyphen == std::string_view::npos || hyphen + 1 < floor_) { return {}; }
    for (const std::string_view name : kHyphenated) {
      if (stem.size() > name.size() && stem.substr(stem.size() - name.size()) == name) {
        return span(end_ - name.size(), end_);
      }
    }
    const std::size_t begin = stem.find_first_not_of(' ', hyphen + 1);
    if (begin == std::string_view::npos) { return {}; }
    std::size_t end = end_;
    // "-SKGTV English": a language was put behind the group.
    const std::size_t cut = stem.find_last_of(" ._");
    if (cut != std::string_view::npos && cut > begin) {
      const std::size_t word = tokens_.at_or_after(cut);
      const bool language = word < tokens_.size() && tokens_[word].mark.role == Role::language;
      if (language) { end = cut; }
    }
    const bool sentence = begin > hyphen + 1 && stem.substr(begin, end - begin).find(' ') != std::string_view::npos;
    return !sentence && plain(begin, end) ? span(begin, end) : GroupSpan{};
  }

  /// "(1080p ... Garshasp) QxR".
  GroupSpan after_bracket() const {
    const std::size_t close = text_.substr(0, end_).find_last_of(")]");
    if (close == std::string_view::npos || close < floor_ || close + 2 > end_ || text_[close + 1] != ' ') { return {}; }
    return plain(close + 2, end_) ? span(close + 2, end_) : GroupSpan{};
  }

  /// At most three words, none of which means anything, and not just a number.
  [[nodiscard]] bool plain(std::size_t begin, std::size_t end) const {
    std::size_t count = 0;
    bool letters = false;
    for (std::size_t i = tokens_.at_or_after(begin); i < tokens_.size() && tokens_[i].begin < end; ++i) {
      if (tokens_[i].mark.role != Role::none || ++count > 3) { return false; }
      const std::string_view word = tokens_.word(i);
      letters = letters || !std::all_of(word.begin(), word.end(), is_ascii_digit);
    }
    // A word that began before `begin` and was joined with the first here: "WEB-DL".
    const std::size_t first = tokens_.at_or_after(begin);
    const bool split = first > 0 && tokens_[first - 1].end > begin;
    return count > 0 && letters && !split && begin >= floor_;
  }

  static bool is_checksum(std::string_view text) {
    return text.size() == 8 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }
  /// "700mb", "2.2gb".
  static bool is_size(std::string_view text) {
    const bool unit =
        text.size() > 2 && text.back() == 'b' && (text[text.size() - 2] == 'm' || text[text.size() - 2] == 'g');
    return unit && is_ascii_digit(text.front());
  }

  [[nodiscard]] GroupSpan span(std::size_t begin, std::size_t end) const {
    // The folded text tells the blanks: a wide bracket leaves two behind.
    while (begin < end && text_[begin] == ' ') { ++begin; }
    while (begin < end && text_[end - 1] == ' ') { --end; }
    return {tokens_.name().substr(begin, end - begin), begin};
  }

  const Tokens& tokens_;
  std::string_view text_;
  const TitleSpan& title_;
  std::size_t end_;
  std::size_t floor_ = 0;  ///< the title reaches to here; no group before
};

}  // namespace

GroupSpan find_group(const Tokens& tokens, const TitleSpan& title) { return GroupFinder(tokens, title).find(); }

}  // namespace quarry::release
