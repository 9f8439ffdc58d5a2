// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/titles.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace quarry::sdk {
namespace {

constexpr char32_t kBad = 0xFFFFFFFF;

/// The next code point of `text`, taken off its front; kBad for a byte that is not UTF-8.
char32_t next_code_point(std::string_view& text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
  bool good = length != 0 && length <= text.size();
  for (std::size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xC0U) == 0x80U;
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  text.remove_prefix(good ? length : 1);
  return good ? code : kBad;
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

/// U+00C0 to U+017F without accents, two bytes each; blank: nothing, dot: keep as it is.
constexpr std::string_view kLatin =
    "a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thss"
    "a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thy "
    "a a a a a a c c c c c c c c d d d d e e e e e e e e e e g g g g "
    "g g g g h h h h i i i i i i i i i i ijijj j k k k l l l l l l l "
    "l l l n n n n n n n n n o o o o o o oeoer r r r r r s s s s s s "
    "s s t t t t t t u u u u u u u u u u u u w w y y y z z z z z z s ";
static_assert(kLatin.size() == 2 * (0x180 - 0xC0));

bool is_dropped(char32_t code) noexcept {
  const bool punctuation = (code >= 0x2000 && code <= 0x206F) || (code >= 0x3000 && code <= 0x303F);
  const bool accents = code >= 0x300 && code <= 0x36F;
  const bool wide = (code >= 0xFF00 && code <= 0xFF0F) || (code >= 0xFF1A && code <= 0xFF20);
  return code == kBad || punctuation || accents || wide || (code >= 0x80 && code < 0xC0);
}

char32_t lower_case(char32_t code) noexcept {
  if ((code >= 0x391 && code <= 0x3A9) || (code >= 0x410 && code <= 0x42F)) { return code + 0x20; }
  if (code >= 0x400 && code <= 0x40F) { return code + 0x50; }
  return code;
}

char lower_ascii(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_ascii_alnum(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string_view without_article(std::string_view title) {
  const std::size_t begin = title.find_first_not_of(" ._-");
  title.remove_prefix(std::min(begin, title.size()));
  for (const std::string_view article : {"the", "an", "a"}) {
    if (title.size() <= article.size() + 1) { continue; }
    const bool same =
        std::equal(article.begin(), article.end(), title.begin(), [](char a, char b) { return a == lower_ascii(b); });
    const char after = title[article.size()];
    if (same && (after == ' ' || after == '.' || after == '_')) { return title.substr(article.size() + 1); }
  }
  return title;
}

std::string fold_letters(std::string_view title) {
  std::string out;
  out.reserve(title.size());
  while (!title.empty()) {
    const char32_t code = next_code_point(title);
    if (code < 0x80) {
      const char c = lower_ascii(static_cast<char>(code));
      if (is_ascii_alnum(c)) {
        out += c;
      } else if (c == '&' || c == '+') {
        out += "and";
      }
    } else if (code >= 0xC0 && code < 0x180) {
      for (const char c : kLatin.substr(2 * (code - 0xC0), 2)) {
        if (c != ' ') { out += c; }
      }
    } else if (!is_dropped(code)) {
      append_utf8(out, lower_case(code));
    }
  }
  return out;
}

/// The whole title and, when it lists several, each of them; folded.
std::vector<std::string> alternatives(std::string_view title) {
  std::vector<std::string> all{fold_title(title)};
  std::string lower(title);
  std::transform(lower.begin(), lower.end(), lower.begin(), lower_ascii);
  for (const std::string_view mark : {" aka ", " a.k.a. ", " / ", " ("}) {
    const std::size_t at = lower.find(mark);
    if (at == std::string::npos) { continue; }
    all.push_back(fold_title(title.substr(0, at)));
    all.push_back(fold_title(title.substr(at + mark.size())));
  }
  if (lower.size() > 3 && lower.ends_with(" 3d")) { all.push_back(fold_title(title.substr(0, title.size() - 3))); }
  return all;
}

}  // namespace

std::string fold_title(std::string_view title) {
  std::string folded = fold_letters(without_article(title));
  if (folded.empty()) { folded = fold_letters(title); }
  if (folded.empty()) {
    folded = title;
    std::transform(folded.begin(), folded.end(), folded.begin(), lower_ascii);
  }
  return folded;
}

bool same_title(std::string_view a, std::string_view b) {
  const std::vector<std::string> of_a = alternatives(a);
  const std::vector<std::string> of_b = alternatives(b);
  return std::any_of(of_a.begin(), of_a.end(), [&](const std::string& one) {
    return !one.empty() && std::find(of_b.begin(), of_b.end(), one) != of_b.end();
  });
}

}  // namespace quarry::sdk
