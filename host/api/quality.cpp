// SPDX-License-Identifier: MIT
#include "api/quality.hpp"

#include <array>

namespace quarry::api {
namespace {

constexpr std::size_t kMostTitles = 4096;

bool has(const release::ReleaseName& name, sdk::NameFlag flag) { return (name.flags & flag) != 0; }

std::string_view modifier_word(const release::ReleaseName& name) {
  if (has(name, sdk::kRegional)) { return "regional"; }
  if (has(name, sdk::kScreener)) { return "screener"; }
  if (has(name, sdk::kRawHd)) { return "rawhd"; }
  if (has(name, sdk::kDisk)) { return "brdisk"; }
  return has(name, sdk::kRemux) ? "remux" : "none";
}

}  // namespace

std::string_view source_word(sdk::Source source) noexcept {
  static constexpr std::array<std::string_view, 10> kWords = {"unknown", "cam", "telesync", "telecine", "workprint",
                                                              "dvd",     "tv",  "webdl",    "webrip",   "bluray"};
  const auto i = static_cast<std::size_t>(source);
  return i < kWords.size() ? kWords[i] : kWords[0];
}

std::string_view codec_word(sdk::VideoCodec codec) noexcept {
  static constexpr std::array<std::string_view, 9> kWords = {"unknown", "h264", "h265", "xvid", "divx",
                                                             "mpeg2",   "vc1",  "av1",  "vp9"};
  const auto i = static_cast<std::size_t>(codec);
  return i < kWords.size() ? kWords[i] : kWords[0];
}

std::string quality_name(const release::ReleaseName& name) {
  const int lines = static_cast<int>(name.resolution);
  const auto with_lines = [&](std::string_view kind) { return std::string(kind) + "-" + std::to_string(lines) + "p"; };
  switch (name.source) {
    case sdk::Source::unknown:
      return "Unknown";
    case sdk::Source::cam:
      return "CAM";
    case sdk::Source::telesync:
      return "TELESYNC";
    case sdk::Source::telecine:
      return "TELECINE";
    case sdk::Source::workprint:
      return "WORKPRINT";
    case sdk::Source::dvd:
      if (has(name, sdk::kScreener)) { return "DVDSCR"; }
      if (has(name, sdk::kRegional)) { return "REGIONAL"; }
      return has(name, sdk::kRemux) ? "DVD-R" : "DVD";
    case sdk::Source::tv:
      if (has(name, sdk::kRawHd)) { return "Raw-HD"; }
      return lines >= 720 ? with_lines("HDTV") : "SDTV";
    case sdk::Source::webdl:
      return lines == 0 ? "WEBDL" : with_lines("WEBDL");
    case sdk::Source::webrip:
      return lines == 0 ? "WEBRip" : with_lines("WEBRip");
    case sdk::Source::bluray:
      break;
  }
  if (has(name, sdk::kDisk)) { return "BR-DISK"; }
  const std::string_view kind = has(name, sdk::kRemux) ? "Remux" : "Bluray";
  return lines == 0 ? std::string(kind) : with_lines(kind);
}

std::string quality_json(const release::ReleaseName& name) {
  sdk::JsonWriter w;
  w.begin_object().key("quality").begin_object();
  w.member("name", quality_name(name)).member("source", source_word(name.source));
  w.member("resolution", static_cast<std::int64_t>(name.resolution))
      .member("modifier", modifier_word(name))
      .end_object();
  w.key("revision").begin_object().member("version", name.version).member("real", 0);
  w.member("isRepack", has(name, sdk::kRepack)).end_object().end_object();
  return w.take();
}

void QualityCache::write(sdk::JsonWriter& w, std::string_view title) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = known_.find(title); it != known_.end()) {
      w.raw(it->second);
      return;
    }
  }
  std::string json = quality_json(release::parse_release_name(title));
  w.raw(json);
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMostTitles) { known_.clear(); }
  known_.emplace(title, std::move(json));
}

}  // namespace quarry::api
