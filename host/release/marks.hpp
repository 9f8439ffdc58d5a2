// SPDX-License-Identifier: MIT
// The words that mean something in a release name.
#pragma once

#include <quarry/sdk/abi/scorer.hpp>

#include <cstdint>
#include <string_view>

namespace quarry::release {

/// What a word is. Only `tech` and `episode` may end a title by themselves, and only when `strong`.
enum class Role : std::uint8_t {
  none,      ///< an ordinary word
  tech,      ///< source, resolution, codec, audio, HDR …
  edition,   ///< "EXTENDED", "Cut"
  language,  ///< "German", "ENG"
  tag,       ///< "INTERNAL", "PROPER", "10bit", "AMZN", "mkv"
  episode,   ///< "S01E02"
};

// Further bits of Mark::flags, above those of sdk::NameFlag, for what is decided from several words.
inline constexpr std::uint32_t kSharp =
    1U << 16;  ///< a recording in a cinema, plainly named: outweighs every other source
inline constexpr std::uint32_t kVague =
    1U << 17;  ///< a source that counts only when nothing better is named ("BD", "WEB", "TS")
inline constexpr std::uint32_t kRipped = 1U << 18;  ///< a re-encode, so no full disc ("BDRip")
inline constexpr std::uint32_t kDiskHint = 1U
                                           << 19;  ///< "COMPLETE", "UNTOUCHED": a full disc when the source is a disc
inline constexpr std::uint32_t kDiskCodec =
    1U << 20;  ///< "AVC", "VC-1": as a disc names its video; no encoder does on a BluRay
inline constexpr std::uint32_t kUhd = 1U << 21;  ///< 2160p unless the name states another resolution
inline constexpr std::uint32_t kInterlaced = 1U << 22;
inline constexpr std::uint32_t kHdDvd = 1U << 23;
inline constexpr std::uint32_t kNumbersEdition = 1U
                                                 << 24;  ///< "Anniversary": the number before it belongs to the edition
inline constexpr std::uint32_t kNeedsCut =
    1U << 25;  ///< an edition word only with "Cut", "Edition" or "Version" behind it
inline constexpr std::uint32_t kEditionEnd = 1U << 26;  ///< "Cut", "Edition", "Version"

/// What one word says. Zero and unknown: nothing about that.
struct Mark {
  Role role = Role::none;
  bool strong = false;  ///< never part of a title, so it ends one
  bool joins = false;   ///< may form one word with the next: "Blu" "ray"
  sdk::Source source = sdk::Source::unknown;
  sdk::VideoCodec codec = sdk::VideoCodec::unknown;
  std::int16_t resolution = 0;  ///< lines
  std::int16_t version = 0;     ///< of PROPER, REPACK, v2 …
  std::uint32_t flags = 0;      ///< sdk::NameFlag bits and those above
};

/// What `word` (lower-case ASCII, other bytes as they are) means. Role::none when nothing. [thread-safe]
[[nodiscard]] Mark mark_of(std::string_view word) noexcept;
/// A row of the table itself, without reading numbers out of the word. Null when absent. [thread-safe]
[[nodiscard]] const Mark* find_mark(std::string_view word) noexcept;
/// Says that a trailing "-word" was put there by a re-poster and is not the group. [thread-safe]
[[nodiscard]] bool is_repost_suffix(std::string_view word) noexcept;
/// A file name extension: "mkv". [thread-safe]
[[nodiscard]] bool is_extension(std::string_view word) noexcept;

}  // namespace quarry::release
