// SPDX-License-Identifier: MIT
#include "labels.hpp"

namespace quarry::scorer {

using sdk::Resolution;
using sdk::Source;
using sdk::VideoCodec;

Tier tier_of(Resolution resolution) {
  const auto lines = static_cast<std::int32_t>(resolution);
  if (lines <= 0) { return Tier::unknown; }
  if (lines < 720) { return Tier::sd; }
  if (lines < 1080) { return Tier::r720p; }
  return lines < 2160 ? Tier::r1080p : Tier::r2160p;
}

const char* text_of(Source source) {
  switch (source) {
    case Source::cam:
      return "CAM";
    case Source::telesync:
      return "TELESYNC";
    case Source::telecine:
      return "TELECINE";
    case Source::workprint:
      return "WORKPRINT";
    case Source::dvd:
      return "DVD";
    case Source::tv:
      return "HDTV";
    case Source::webdl:
      return "WEB-DL";
    case Source::webrip:
      return "WEBRip";
    case Source::bluray:
      return "BluRay";
    case Source::unknown:
      break;
  }
  return "unknown";
}

const char* text_of(VideoCodec codec) {
  switch (codec) {
    case VideoCodec::h264:
      return "AVC";
    case VideoCodec::h265:
      return "HEVC";
    case VideoCodec::xvid:
      return "Xvid";
    case VideoCodec::divx:
      return "DivX";
    case VideoCodec::mpeg2:
      return "MPEG-2";
    case VideoCodec::vc1:
      return "VC-1";
    case VideoCodec::av1:
      return "AV1";
    case VideoCodec::vp9:
      return "VP9";
    case VideoCodec::unknown:
      break;
  }
  return "unknown";
}

}  // namespace quarry::scorer
