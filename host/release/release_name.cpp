// SPDX-License-Identifier: MIT
#include "release/release_name.hpp"

#include "release/group.hpp"
#include "release/title.hpp"
#include "release/tokens.hpp"

#include <quarry/sdk/helpers/titles.hpp>

#include <algorithm>
#include <array>

namespace quarry::release {
namespace {

constexpr std::uint32_t kPublicFlags = (1U << 16) - 1;

/// The name without its extension, which is left in `extension` in lower case.
std::string_view without_extension(std::string_view name, std::array<char, 8>& extension, std::size_t& length) {
  length = 0;
  while (!name.empty() && name.back() == ' ') { name.remove_suffix(1); }
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > extension.size()) { return name; }
  for (const char c : name.substr(dot + 1)) {
    extension[length++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (is_extension({extension.data(), length})) { return name.substr(0, dot); }
  length = 0;
  return name;
}

/// What all words outside title and group say together.
class Facts {
 public:
  explicit Facts(ReleaseName& out) : out_(out) {}

  void add(const Mark& mark) {
    const std::uint32_t rank = source_rank(mark);
    if (rank > rank_) {
      rank_ = rank;
      out_.source = mark.source;
    }
    if (out_.codec == sdk::VideoCodec::unknown) { out_.codec = mark.codec; }
    if (out_.resolution == sdk::Resolution::unknown) {
      out_.resolution = static_cast<sdk::Resolution>(mark.resolution);
    }
    out_.version = std::max<int>(out_.version, mark.version);
    flags_ |= mark.flags;
  }

  /// Decides what takes more than one word.
  void conclude(std::string_view extension) {
    out_.flags |= flags_ & kPublicFlags;
    if (out_.resolution == sdk::Resolution::unknown && has(kUhd)) { out_.resolution = sdk::Resolution::r2160p; }
    imply_source(extension);
    const bool ripped = has(kRipped) || has(sdk::kRemux);
    const bool disc = out_.source == sdk::Source::bluray || out_.source == sdk::Source::dvd;
    const bool disc_codec = has(kDiskCodec) && out_.source == sdk::Source::bluray && rank_ > 1;
    if (disc && !ripped && (has(kDiskHint) || disc_codec)) { out_.flags |= sdk::kDisk; }
    if (has(sdk::kRemux) || has(sdk::kScreener)) { out_.flags &= ~static_cast<std::uint32_t>(sdk::kDisk); }
    const bool high = out_.resolution == sdk::Resolution::r720p || out_.resolution == sdk::Resolution::r1080p;
    if (out_.source == sdk::Source::tv && out_.codec == sdk::VideoCodec::mpeg2 && high) { out_.flags |= sdk::kRawHd; }
  }

 private:
  [[nodiscard]] bool has(std::uint32_t flag) const { return (flags_ & flag) != 0; }

  static std::uint32_t source_rank(const Mark& mark) {
    if (mark.source == sdk::Source::unknown) { return 0; }
    if ((mark.flags & kSharp) != 0) { return 3; }
    return (mark.flags & kVague) != 0 ? 1 : 2;
  }

  void imply_source(std::string_view extension) {
    if (extension == "iso") { out_.flags |= sdk::kDisk; }
    if (out_.source != sdk::Source::unknown) { return; }
    if (has(sdk::kRemux)) {
      out_.source = sdk::Source::bluray;
    } else if (has(sdk::kScreener) || has(sdk::kRegional)) {
      out_.source = sdk::Source::dvd;
    } else if (extension == "ts" && out_.resolution == sdk::Resolution::unknown) {
      // With nothing else said, ".ts" at the end is the mark of a telesync rather than a file type.
      out_.source = sdk::Source::telesync;
    }
  }

  ReleaseName& out_;
  std::uint32_t rank_ = 0;
  std::uint32_t flags_ = 0;
};

bool is_edition(const Tokens& tokens, std::size_t i, std::size_t end) {
  if (tokens[i].mark.role == Role::edition) { return true; }
  const bool before_anniversary = i + 1 < end && (tokens[i + 1].mark.flags & kNumbersEdition) != 0;
  return before_anniversary && is_ascii_digit(tokens.word(i).front());
}

/// Words i to j make an edition, rather than a stray "Version".
bool says_edition(const Tokens& tokens, std::size_t i, std::size_t j) {
  for (; i < j; ++i) {
    const std::uint32_t flags = tokens[i].mark.flags;
    const bool weak = (flags & kNeedsCut) != 0 && (i + 1 == j || (tokens[i + 1].mark.flags & kEditionEnd) == 0);
    if (tokens[i].mark.role == Role::edition && (flags & kEditionEnd) == 0 && !weak) { return true; }
  }
  return false;
}

/// The first run of edition words after the title.
std::string edition_text(const Tokens& tokens, std::size_t from, std::size_t end) {
  for (std::size_t i = from; i < end; ++i) {
    std::size_t j = i;
    while (j < end && is_edition(tokens, j, end)) { ++j; }
    if (j == i) { continue; }
    if (says_edition(tokens, i, j)) {
      std::string text(tokens.name().substr(tokens[i].begin, tokens[j - 1].end - tokens[i].begin));
      std::replace_if(
          text.begin(), text.end(), [](char c) { return c == '.' || c == '_'; }, ' ');
      return text;
    }
    i = j - 1;
  }
  return {};
}

}  // namespace

sdk::ParsedName ReleaseName::view() const noexcept {
  sdk::ParsedName out;
  out.flags = flags;
  out.title = title;
  out.group = group;
  out.edition = edition;
  out.year = year;
  out.version = version;
  out.resolution = resolution;
  out.source = source;
  out.codec = codec;
  return out;
}

ReleaseName parse_release_name(std::string_view name) {
  std::array<char, 8> extension{};
  std::size_t extension_length = 0;
  const Tokens tokens(without_extension(name, extension, extension_length));
  const TitleSpan title = find_title(tokens);
  const GroupSpan group = find_group(tokens, title);
  const std::size_t end = tokens.at_or_after(group.offset);

  ReleaseName out;
  out.title = title_text(tokens, title);
  out.group = group.text;
  out.year = title.year;
  out.edition = edition_text(tokens, title.end, end);
  Facts facts(out);
  for (std::size_t i = 0; i < end; ++i) {
    const bool in_title = i >= title.first && i < title.end;
    // Before the title only what is plain counts: a group may call itself "TS".
    const bool counts = i >= title.end || (tokens[i].mark.strong || tokens[i].mark.source == sdk::Source::bluray);
    // "Movie v2 [BD]": without a year the number may well be the film's.
    const bool numbered_title = i == title.end && title.year == 0 && tokens.word(i).front() == 'v';
    if (!in_title && counts && !numbered_title && i != title.year_word) { facts.add(tokens[i].mark); }
  }
  facts.conclude({extension.data(), extension_length});
  return out;
}

bool same_title(std::string_view a, std::string_view b) { return sdk::same_title(a, b); }

}  // namespace quarry::release
