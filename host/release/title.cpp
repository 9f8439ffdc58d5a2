// SPDX-License-Identifier: MIT
#include "release/title.hpp"

#include <algorithm>
#include <array>

namespace quarry::release {
namespace {

constexpr std::array<std::string_view, 37> kSiteEndings{
    "ag",   "at", "be", "biz",  "ca", "cam",  "cc",  "ch", "co",  "com", "cz", "de",  "es",
    "eu",   "fr", "in", "info", "io", "it",   "li",  "me", "net", "nl",  "nu", "org", "phd",
    "pics", "pl", "ru", "sbs",  "se", "site", "tel", "to", "tv",  "uk",  "za",
};

/// "www.example.org", "example.co.uk".
bool is_site(std::string_view text) noexcept {
  text = trim_separators(text);
  if (text.substr(0, 3) == "www" && text.size() > 4) { return true; }
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || text.find(' ') != std::string_view::npos) { return false; }
  return std::binary_search(kSiteEndings.begin(), kSiteEndings.end(), text.substr(dot + 1));
}

bool is_number(std::string_view word) { return std::all_of(word.begin(), word.end(), is_ascii_digit); }

/// Reads over what stands before the title: sites, "[Group]", "(1995)".
class Prefix {
 public:
  Prefix(const Tokens& tokens, TitleSpan& span) : tokens_(tokens), span_(span), text_(tokens.lower()) {}

  /// The first word of the title.
  std::size_t skip() {
    // A few rounds: "[site] - [Group] [tag] Title".
    for (int round = 0; round < 4 && step(); ++round) {}
    const std::size_t first = tokens_.at_or_after(position_);
    return skip_leading_marks(first);
  }

 private:
  bool step() {
    position_ = std::min(text_.find_first_not_of(" -_.\t", position_), text_.size());
    if (position_ == text_.size()) { return false; }
    if (text_[position_] == '[' || text_[position_] == '(') { return step_bracket(); }
    return step_bare_site();
  }

  bool step_bracket() {
    const bool square = text_[position_] == '[';
    const std::size_t close = text_.find(square ? ']' : ')', position_ + 1);
    if (close == std::string_view::npos) { return false; }
    const std::size_t next = tokens_.at_or_after(close);
    if (next == tokens_.size()) { return false; }
    const std::string_view inside = text_.substr(position_ + 1, close - position_ - 1);
    const std::size_t from = tokens_.at_or_after(position_);
    if (is_site(inside)) { return go_to(close + 1); }
    if (!square) {
      const bool year_alone = next == from + 1 && tokens_.year(from) != 0;
      if (!year_alone) { return false; }
      span_.year = tokens_.year(from);
      span_.year_word = from;
      return go_to(close + 1);
    }
    // "[REC] 2 2009" and "[Taxi 1998] [BDRemux]": what follows is no title, so the title is in the bracket.
    const bool more =
        next + 1 < tokens_.size() && tokens_[next + 1].mark.role == Role::none && tokens_.year(next + 1) == 0;
    if (tokens_[next].mark.strong || (is_number(tokens_.word(next)) && !more)) { return false; }
    bool plain = true;
    for (std::size_t i = from; i < next; ++i) { plain = plain && tokens_[i].mark.role != Role::tech; }
    if (plain && span_.leading_group.empty()) { span_.leading_group = trim_blanks(position_ + 1, close); }
    return go_to(close + 1);
  }

  /// "www.example.org - Title".
  bool step_bare_site() {
    const std::size_t dash = text_.find(" -", position_);
    const bool spaced = dash != std::string_view::npos && dash + 2 < text_.size() && text_[dash + 2] == ' ';
    if (!spaced || !is_site(text_.substr(position_, dash - position_))) { return false; }
    return go_to(dash + 2);
  }

  /// "h265 - HEVC Title": marks before the title, when a title follows at all.
  [[nodiscard]] std::size_t skip_leading_marks(std::size_t first) const {
    std::size_t i = first;
    while (i < tokens_.size() && tokens_[i].mark.role == Role::tech && tokens_[i].mark.strong) { ++i; }
    return i < tokens_.size() && tokens_[i].mark.role == Role::none ? i : first;
  }

  bool go_to(std::size_t position) {
    position_ = position;
    return true;
  }

  /// The name from `begin` to `end`. The folded text tells the blanks: a wide bracket leaves two behind.
  [[nodiscard]] std::string_view trim_blanks(std::size_t begin, std::size_t end) const {
    while (begin < end && text_[begin] == ' ') { ++begin; }
    while (begin < end && text_[end - 1] == ' ') { --end; }
    return tokens_.name().substr(begin, end - begin);
  }

  const Tokens& tokens_;
  TitleSpan& span_;
  std::string_view text_;
  std::size_t position_ = 0;
};

std::size_t first_strong(const Tokens& tokens, std::size_t first) {
  std::size_t i = first + 1;
  while (i < tokens.size() && !tokens[i].mark.strong) { ++i; }
  return std::min(i, tokens.size());
}

/// Word i stands alone in brackets.
bool in_brackets(const Tokens& tokens, std::size_t i) {
  const std::string_view text = tokens.lower();
  const std::size_t end = tokens[i].end;
  return tokens[i].begin > 0 && (text[tokens[i].begin - 1] == '(' || text[tokens[i].begin - 1] == '[') &&
         end < text.size() && (text[end] == ')' || text[end] == ']');
}

/// The last year before the marks, since earlier ones belong to the title ("2012 2009"), but a year in
/// brackets outweighs all; after the marks the first.
void find_year(const Tokens& tokens, TitleSpan& span, std::size_t strong) {
  if (span.year != 0) { return; }
  for (std::size_t i = span.first + 1; i < tokens.size(); ++i) {
    if (span.year != 0 && tokens[i].mark.role == Role::tech) { return; }
    const int year = tokens.year(i);
    if (year == 0) { continue; }
    const bool after_group = i > strong && i + 1 == tokens.size() && tokens.lower()[tokens[i].begin - 1] == '-';
    const bool colours = tokens.word(i - 1) == "bt";  // BT.2020
    if (after_group || colours) { continue; }
    span.year = year;
    span.year_word = i;
    if (in_brackets(tokens, i)) { return; }
  }
}

/// Where a bracket ends the title. A round one of ordinary words that closes before the year belongs to it.
std::size_t first_bracket(const Tokens& tokens, const TitleSpan& span, std::size_t limit) {
  const bool year_ends = limit == span.year_word && limit < tokens.size() && !tokens.opens(limit, "[{");
  for (std::size_t i = span.first + 1; i < limit; ++i) {
    if (tokens.opens(i, "[{")) { return i; }
    if (!tokens.opens(i, "(")) { continue; }
    const bool closed = year_ends && tokens.lower().find(')', tokens[i].begin) < tokens[limit].begin;
    if (!closed || tokens[i].mark.role != Role::none) { return i; }
  }
  return limit;
}

/// The start of the edition words that end at `end`, or `end`.
std::size_t edition_start(const Tokens& tokens, std::size_t first, std::size_t end) {
  std::size_t i = end;
  bool full = false;
  bool cut = false;
  while (i > first && tokens[i - 1].mark.role == Role::edition) {
    const std::uint32_t flags = tokens[--i].mark.flags;
    full = full || (flags & (kNeedsCut | kEditionEnd)) == 0 || ((flags & kNeedsCut) != 0 && cut);
    cut = cut || (flags & kEditionEnd) != 0;
    const bool counted = (flags & kNumbersEdition) != 0 && i > first && is_ascii_digit(tokens.word(i - 1).front());
    if (counted) { --i; }
  }
  return full && i > first ? i : end;
}

bool is_article(std::string_view word) { return word == "the" || word == "a" || word == "an"; }

/// Takes the marks off the end of the title which could also have been words of it.
void trim(const Tokens& tokens, TitleSpan& span) {
  const bool before_marks = span.end < tokens.size() && span.end != span.year_word;
  std::size_t end = span.end;
  while (end > span.first + 1) {
    const Mark& mark = tokens[end - 1].mark;
    const bool version = mark.version > 0 && tokens.word(end - 1).front() == 'v';
    const bool said_alone = span.end == tokens.size() && (mark.flags & kUhd) != 0;  // "Heat 4K"
    const bool soft = mark.role == Role::tag || mark.role == Role::language || mark.role == Role::tech;
    const std::size_t editions = edition_start(tokens, span.first, end);
    if (editions < end) {
      end = editions;
      const bool belongs = is_article(tokens.word(end - 1)) || tokens[end - 1].mark.role == Role::tag;
      if (belongs && end > span.first + 1) { --end; }  // "The" Uncut Version, "CUSTOM" EXTENDED
    } else if (version || said_alone || (before_marks && soft && !is_article(tokens.word(end - 2)))) {
      --end;
    } else {
      break;
    }
  }
  if (end == span.first + 1 && is_article(tokens.word(span.first))) { return; }
  span.end = end;
}

/// "U.N.C.L.E." keeps its dots, "The.Matrix" gets blanks.
std::string undotted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 1);
  const auto letter_at = [&](std::size_t i) {
    const bool alone = i < text.size() && text[i] >= 'A' && text[i] <= 'Z';
    return alone && (i + 1 == text.size() || text[i + 1] == '.') &&
           (i == 0 || text[i - 1] == '.' || text[i - 1] == ' ');
  };
  bool acronym = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '.') {
      out += c == '_' ? ' ' : c;
      if (letter_at(i) && i + 1 == text.size() && acronym) { out += '.'; }
      continue;
    }
    const bool after_letter = i > 0 && letter_at(i - 1);
    const bool before_letter = letter_at(i + 1);
    const bool inside = after_letter && before_letter;
    if (after_letter && (before_letter || acronym)) { out += '.'; }
    if (!inside && !out.empty() && out.back() != ' ') { out += ' '; }
    acronym = inside;
  }
  return out;
}

}  // namespace

TitleSpan find_title(const Tokens& tokens) {
  TitleSpan span;
  span.year_word = tokens.size();
  span.first = Prefix(tokens, span).skip();
  span.end = tokens.size();
  if (span.first >= tokens.size()) {
    span.first = tokens.size();
    return span;
  }
  const std::size_t strong = first_strong(tokens, span.first);
  find_year(tokens, span, strong);
  const bool year_ends = span.year_word > span.first && span.year_word < strong;
  span.end = first_bracket(tokens, span, year_ends ? span.year_word : strong);
  trim(tokens, span);
  return span;
}

std::string title_text(const Tokens& tokens, const TitleSpan& span) {
  if (span.first >= span.end) { return {}; }
  const std::string_view name = tokens.name();
  std::size_t begin = tokens[span.first].begin;
  std::size_t end = tokens[span.end - 1].end;
  const char before = begin > 0 ? name[begin - 1] : '\0';
  const char closing = before == '(' ? ')' : before == '[' ? ']' : '\0';
  const bool bracketed = closing != '\0' && name.substr(begin, end - begin).find(closing) != std::string_view::npos;
  if (bracketed) { --begin; }
  const bool spaced = name.substr(begin, end - begin).find(' ') != std::string_view::npos;
  while (end < name.size() && (name[end] == '!' || name[end] == '?')) { ++end; }
  if (end < name.size() && name[end] == ')' && name.substr(begin, end - begin).find('(') != std::string_view::npos) {
    ++end;
  }
  if (spaced && end + 1 < name.size() && name[end] == '.' && name[end + 1] == ' ') { ++end; }
  const std::string_view text = name.substr(begin, end - begin);
  if (!spaced) { return undotted(text); }
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool blank = c == '_' || c == ' ' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace quarry::release
