// SPDX-License-Identifier: MIT
// quarry.scorer/1: how good a release is, and why.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>

namespace quarry::sdk {

enum class Resolution : std::int32_t {
  unknown = 0,
  r360p = 360,
  r480p = 480,
  r540p = 540,
  r576p = 576,
  r720p = 720,
  r1080p = 1080,
  r1440p = 1440,
  r2160p = 2160,
};
enum class Source : std::int32_t {
  unknown = 0,
  cam = 1,
  telesync = 2,
  telecine = 3,
  workprint = 4,
  dvd = 5,
  tv = 6,
  webdl = 7,
  webrip = 8,
  bluray = 9,
};
enum class VideoCodec : std::int32_t {
  unknown = 0,
  h264 = 1,
  h265 = 2,
  xvid = 3,
  divx = 4,
  mpeg2 = 5,
  vc1 = 6,
  av1 = 7,
  vp9 = 8,
};
/// Bits of ParsedName::flags.
enum NameFlag : std::uint32_t {
  kProper = 1U << 0,
  kRepack = 1U << 1,
  kRemux = 1U << 2,
  kDisk = 1U << 3,  ///< a full disc (ISO, BDMV)
  kScreener = 1U << 4,
  kHdr = 1U << 5,
  kDolbyVision = 1U << 6,
  kThreeD = 1U << 7,
  kHardcodedSubs = 1U << 8,
  kRegional = 1U << 9,
  kRawHd = 1U << 10,
};

/// A release name as the host read it, once for all scorers.
struct ParsedName {
  std::uint32_t struct_size = sizeof(ParsedName);
  std::uint32_t flags = 0;   ///< NameFlag bits
  std::string_view title;    ///< "The Matrix"
  std::string_view group;    ///< "FraMeSToR"; empty when there is none
  std::string_view edition;  ///< "Directors Cut"; empty when there is none
  std::int32_t year = 0;     ///< 0 unknown
  std::int32_t version = 1;  ///< PROPER and REPACK 2, REPACK2 3 …
  Resolution resolution = Resolution::unknown;
  Source source = Source::unknown;
  VideoCodec codec = VideoCodec::unknown;
  std::uint32_t reserved = 0;
};

struct Candidate {
  std::uint32_t struct_size = sizeof(Candidate);
  std::uint32_t flags = 0;             ///< ReleaseFlag bits
  std::string_view name;               ///< the release name, as the indexer gave it
  std::string_view indexer;            ///< instance id
  const ParsedName* parsed = nullptr;  ///< never null in a call
  std::int64_t size_bytes = -1;        ///< -1 unknown
  std::int64_t age_minutes = -1;       ///< since publication; -1 unknown
  std::int32_t seeders = -1;           ///< -1 unknown
  std::int32_t leechers = -1;
};

/// What is wanted. Empty or 0: not stated.
struct Preferences {
  std::uint32_t struct_size = sizeof(Preferences);
  std::int32_t year = 0;
  std::string_view title;
  std::int32_t runtime_minutes = 0;
  std::uint32_t reserved = 0;
};

/// Receives the reasons. The contributions add up to the score.
struct ScoreSink {
  /// `rule` is short and lasting ("resolution"), `detail` is for people ("2160p"). Points may be
  /// negative, never NaN or infinite.
  virtual bool contribution(std::string_view rule, double points, std::string_view detail) noexcept = 0;
  /// A reason why this release must not be taken whatever its score.
  virtual bool rejection(std::string_view rule, std::string_view detail) noexcept = 0;

 protected:
  ~ScoreSink() = default;
};

struct Score {
  std::uint32_t struct_size = sizeof(Score);
  std::uint32_t reserved = 0;
  double total = 0;      ///< the sum of the contributions
  double threshold = 0;  ///< a release is grabbed by itself only when total >= threshold
};

/// Frozen under this id. Pure: the same input gives the same output, no clock, no state, no I/O.
struct Scorer {
  static constexpr std::string_view kId = "quarry.scorer/1";
  virtual Status score(CallContext& ctx, const Candidate& candidate, const Preferences& wanted, ScoreSink& reasons,
                       Score& out) noexcept = 0;  // [thread-safe]

 protected:
  ~Scorer() = default;
};

}  // namespace quarry::sdk
