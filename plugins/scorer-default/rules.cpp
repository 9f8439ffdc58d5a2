// SPDX-License-Identifier: MIT
#include "rules.hpp"

#include "labels.hpp"
#include "words.hpp"

#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/helpers/titles.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace quarry::scorer {
namespace {

using sdk::Source;
using sdk::VideoCodec;

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
constexpr double kUsualMinutes = 120;
constexpr double kManySeeders = 1000;
constexpr std::int64_t kMinutesPerDay = 24 * 60;

std::string decimal(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

std::string join(std::string_view a, std::string_view b, std::string_view c = {}) {
  std::string out(a);
  out += b;
  out += c;
  return out;
}

}  // namespace

/// Adds up and passes on. Points are rounded to tenths, so that what people read adds up too.
class Rules::Tally {
 public:
  explicit Tally(sdk::ScoreSink& sink) : sink_(sink) {}

  void add(std::string_view rule, double points, std::string_view detail) {
    const std::int64_t tenths = std::llround(points * 10);
    if (tenths == 0) { return; }
    tenths_ += tenths;
    if (listening_) { listening_ = sink_.contribution(rule, static_cast<double>(tenths) / 10, detail); }
  }
  void reject(std::string_view rule, std::string_view detail) {
    if (listening_) { listening_ = sink_.rejection(rule, detail); }
  }
  [[nodiscard]] double total() const { return static_cast<double>(tenths_) / 10; }

 private:
  sdk::ScoreSink& sink_;
  std::int64_t tenths_ = 0;
  bool listening_ = true;
};

std::vector<Rules::Phrase> Rules::phrases(const std::vector<std::string>& texts) {
  std::vector<Phrase> out;
  for (const std::string& text : texts) { out.push_back({text, words_of(text)}); }
  return out;
}

Rules::Rules(Settings settings)
    : settings_(std::move(settings)),
      required_(phrases(settings_.required_words)),
      forbidden_(phrases(settings_.forbidden_words)) {}

sdk::Score Rules::score(const sdk::Candidate& candidate, const sdk::Preferences& wanted,
                        sdk::ScoreSink& reasons) const {
  Tally tally(reasons);
  const sdk::ParsedName& name = *candidate.parsed;
  film(name, wanted, tally);
  picture(name, tally);
  codec(name, tally);
  extras(name, tally);
  size(candidate, wanted, tally);
  group(name, tally);
  words(candidate, tally);
  supply(candidate, tally);
  sdk::Score out;
  out.total = tally.total();
  out.threshold = settings_.threshold;
  return out;
}

void Rules::film(const sdk::ParsedName& name, const sdk::Preferences& wanted, Tally& tally) const {
  if (!wanted.title.empty() && !sdk::same_title(name.title, wanted.title)) {
    tally.reject("title", join("the name says \"", name.title, join("\", wanted is \"", wanted.title, "\"")));
  }
  if (wanted.year == 0) { return; }
  if (name.year == 0) {
    tally.add("year", settings_.year_missing, "the name states no year");
  } else if (std::abs(static_cast<double>(name.year) - wanted.year) > settings_.year_tolerance) {
    tally.reject("year",
                 join("the name says ", std::to_string(name.year), ", wanted is ") + std::to_string(wanted.year));
  }
}

void Rules::picture(const sdk::ParsedName& name, Tally& tally) const {
  const std::string lines = std::to_string(static_cast<std::int32_t>(name.resolution)) + "p";
  switch (tier_of(name.resolution)) {
    case Tier::r2160p:
      tally.add("resolution", settings_.resolution_2160p, lines);
      break;
    case Tier::r1080p:
      tally.add("resolution", settings_.resolution_1080p, lines);
      break;
    case Tier::r720p:
      tally.add("resolution", settings_.resolution_720p, lines);
      break;
    case Tier::sd:
      tally.add("resolution", settings_.resolution_sd, lines);
      break;
    case Tier::unknown:
      break;
  }
  const char* source = text_of(name.source);
  switch (name.source) {
    case Source::bluray:
      tally.add("source", settings_.source_bluray, source);
      break;
    case Source::webdl:
      tally.add("source", settings_.source_webdl, source);
      break;
    case Source::webrip:
      tally.add("source", settings_.source_webrip, source);
      break;
    case Source::tv:
      tally.add("source", settings_.source_tv, source);
      break;
    case Source::dvd:
      tally.add("source", settings_.source_dvd, source);
      break;
    case Source::cam:
    case Source::telesync:
    case Source::telecine:
    case Source::workprint:
      tally.reject("source", source);
      break;
    case Source::unknown:
      break;
  }
  if ((name.flags & sdk::kScreener) != 0) { tally.reject("source", "SCREENER"); }
}

void Rules::codec(const sdk::ParsedName& name, Tally& tally) const {
  const char* text = text_of(name.codec);
  switch (name.codec) {
    case VideoCodec::h265:
      tally.add("codec", settings_.codec_hevc, text);
      break;
    case VideoCodec::av1:
      tally.add("codec", settings_.codec_av1, text);
      break;
    case VideoCodec::h264:
      if (tier_of(name.resolution) == Tier::r2160p) {
        tally.add("codec", settings_.codec_avc_2160p, "AVC in 2160p");
      } else {
        tally.add("codec", settings_.codec_avc, text);
      }
      break;
    case VideoCodec::unknown:
      break;
    default:
      tally.add("codec", settings_.codec_other, text);
      break;
  }
}

void Rules::extras(const sdk::ParsedName& name, Tally& tally) const {
  const auto has = [&](sdk::NameFlag flag) { return (name.flags & flag) != 0; };
  const Tier tier = tier_of(name.resolution);
  const bool high = tier == Tier::r1080p || tier == Tier::r2160p;
  if (has(sdk::kRemux)) { tally.add("remux", settings_.remux, "untouched picture and sound"); }
  if (has(sdk::kDisk)) { tally.add("disk", settings_.disk, "a full disc"); }
  if (name.version > 1) {
    tally.add("proper", settings_.proper * (name.version - 1), has(sdk::kProper) ? "PROPER" : "REPACK");
  }
  if (has(sdk::kHdr) && high) { tally.add("hdr", settings_.hdr, "HDR"); }
  if (has(sdk::kDolbyVision) && high) { tally.add("dolby_vision", settings_.dolby_vision, "Dolby Vision"); }
  if (has(sdk::kThreeD)) { tally.add("three_d", settings_.three_d, "3D"); }
  if (has(sdk::kHardcodedSubs)) { tally.add("hardcoded_subs", settings_.hardcoded_subs, "subtitles in the picture"); }
  if (has(sdk::kRegional)) { tally.add("regional", settings_.regional, "REGIONAL"); }
}

void Rules::size(const sdk::Candidate& candidate, const sdk::Preferences& wanted, Tally& tally) const {
  double least = 0;
  double most = 0;
  switch (tier_of(candidate.parsed->resolution)) {
    case Tier::r2160p:
      least = settings_.size_2160p_min, most = settings_.size_2160p_max;
      break;
    case Tier::r1080p:
      least = settings_.size_1080p_min, most = settings_.size_1080p_max;
      break;
    case Tier::r720p:
      least = settings_.size_720p_min, most = settings_.size_720p_max;
      break;
    case Tier::sd:
      least = settings_.size_sd_min, most = settings_.size_sd_max;
      break;
    case Tier::unknown:
      return;
  }
  if (candidate.size_bytes <= 0) { return; }
  const double minutes = wanted.runtime_minutes > 0 ? wanted.runtime_minutes : kUsualMinutes;
  const double gib = static_cast<double>(candidate.size_bytes) / kGib;
  const double scale = minutes / kUsualMinutes;
  const std::string text = decimal(gib) + " GiB";
  if (gib < least * scale) {
    tally.add("size", settings_.size_too_small, text + " is less than " + decimal(least * scale) + " GiB");
  } else if (gib > most * scale) {
    tally.add("size", settings_.size_too_large, text + " is more than " + decimal(most * scale) + " GiB");
  } else {
    tally.add("size", settings_.size_good, text);
  }
}

void Rules::group(const sdk::ParsedName& name, Tally& tally) const {
  if (name.group.empty()) { return; }
  const auto listed = [&](const std::vector<std::string>& groups) {
    return std::any_of(groups.begin(), groups.end(), [&](const std::string& g) { return same_text(g, name.group); });
  };
  if (listed(settings_.preferred_groups)) { tally.add("preferred_group", settings_.preferred_group, name.group); }
  if (listed(settings_.ignored_groups)) { tally.reject("ignored_group", name.group); }
}

void Rules::words(const sdk::Candidate& candidate, Tally& tally) const {
  const std::vector<std::string> all = words_of(candidate.name);
  // A film may be called "Cam": its own title forbids nothing.
  const WordRange title = find_title(all, candidate.parsed->title);
  for (const Phrase& phrase : forbidden_) {
    if (holds_words(all, phrase.words, title)) { tally.reject("forbidden_word", phrase.text); }
  }
  for (const Phrase& phrase : required_) {
    if (!holds_words(all, phrase.words)) { tally.reject("required_word", join("\"", phrase.text, "\" is missing")); }
  }
}

void Rules::supply(const sdk::Candidate& candidate, Tally& tally) const {
  if (candidate.seeders == 0) { tally.reject("seeders", "no seeders"); }
  if (candidate.seeders > 0) {
    const double share = std::min(1.0, std::log10(1.0 + candidate.seeders) / std::log10(1.0 + kManySeeders));
    tally.add("seeders", settings_.seeders * share, std::to_string(candidate.seeders));
  }
  if ((candidate.flags & sdk::kFreeleech) != 0) { tally.add("freeleech", settings_.freeleech, "freeleech"); }
  const bool fresh = candidate.age_minutes >= 0 && static_cast<double>(candidate.age_minutes) <
                                                       settings_.fresh_days * static_cast<double>(kMinutesPerDay);
  if (fresh) {
    tally.add("fresh", settings_.fresh, std::to_string(candidate.age_minutes / kMinutesPerDay) + " days old");
  }
}

}  // namespace quarry::scorer
