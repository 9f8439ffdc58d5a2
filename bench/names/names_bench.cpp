// SPDX-License-Identifier: MIT
// Names a second: the parser, parser and scorer together, and the floor beneath both.
#include "token_floor.hpp"

#include <release/release_name.hpp>
#include <rules.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <random>
#include <string>
#include <vector>

namespace quarry::bench {
namespace {

template <std::size_t N>
const char* any(std::mt19937& random, const std::array<const char*, N>& words) {
  return words[random() % N];
}

/// A name as groups write them: title, year, perhaps an edition, resolution, source, sound, codec, group.
std::string make_name(std::mt19937& random) {
  static constexpr std::array kWords = {"The",    "Last",  "Return", "of",    "Night", "Matrix", "House", "Silent",
                                        "Runner", "Blade", "King",   "River", "2049",  "Love",   "and",   "Winter"};
  static constexpr std::array kEditions = {
      "", "", "", "", "Extended.", "Directors.Cut.", "PROPER.", "REPACK.", "Theatrical.Cut.", "IMAX."};
  static constexpr std::array kResolutions = {"2160p", "1080p", "720p", "1080p", "480p"};
  static constexpr std::array kSources = {"UHD.BluRay", "BluRay",      "WEB-DL",      "WEBRip",
                                          "HDTV",       "AMZN.WEB-DL", "BluRay.REMUX"};
  static constexpr std::array kSounds = {"DTS-HD.MA.5.1", "TrueHD.7.1.Atmos", "DD5.1", "AAC2.0", "DDP5.1", "FLAC.2.0"};
  static constexpr std::array kCodecs = {"x264", "x265", "HEVC", "AVC", "H.264", "HDR.x265", "DV.HDR.HEVC"};
  static constexpr std::array kGroups = {"FraMeSToR", "SPARKS", "NTb", "CtrlHD", "EVO", "YIFY", "DON", "FLUX"};
  static constexpr std::array kEnds = {"", "", "", "", ".mkv", "[rartv]"};
  std::string name;
  for (auto words = 1 + random() % 5; words > 0; --words) { name += std::string(any(random, kWords)) + "."; }
  name += std::to_string(1950 + random() % 75) + "." + any(random, kEditions) + any(random, kResolutions) + ".";
  name += std::string(any(random, kSources)) + "." + any(random, kSounds) + "." + any(random, kCodecs) + "-";
  return name + any(random, kGroups) + any(random, kEnds);
}

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    std::mt19937 random(20240229);
    std::vector<std::string> made;
    for (int i = 0; i < 6000; ++i) { made.push_back(make_name(random)); }
    return made;
  }();
  return all;
}

/// Calls `work` with name after name.
template <class Work>
void over_names(benchmark::State& state, const Work& work) {
  const std::vector<std::string>& all = names();
  std::size_t next = 0;
  for (auto _ : state) {
    work(all[next]);
    next = next + 1 == all.size() ? 0 : next + 1;
  }
  state.SetItemsProcessed(state.iterations());
}

void floor(benchmark::State& state) {
  over_names(state, [](const std::string& name) { benchmark::DoNotOptimize(token_floor(name)); });
}
BENCHMARK(floor);

void parse(benchmark::State& state) {
  over_names(state, [](const std::string& name) { benchmark::DoNotOptimize(release::parse_release_name(name)); });
}
BENCHMARK(parse);

/// Takes all reasons, keeps none.
struct NoReasons final : sdk::ScoreSink {
  bool contribution(std::string_view, double points, std::string_view) noexcept override {
    benchmark::DoNotOptimize(points);
    return true;
  }
  bool rejection(std::string_view rule, std::string_view) noexcept override {
    benchmark::DoNotOptimize(rule.size());
    return true;
  }
};

void parse_and_score(benchmark::State& state) {
  const scorer::Rules rules{scorer::Settings{}};
  sdk::Preferences wanted;
  wanted.title = "The Matrix";
  wanted.year = 1999;
  wanted.runtime_minutes = 136;
  NoReasons reasons;
  over_names(state, [&](const std::string& name) {
    const release::ReleaseName read = release::parse_release_name(name);
    const sdk::ParsedName parsed = read.view();
    sdk::Candidate candidate;
    candidate.name = name;
    candidate.indexer = "bench";
    candidate.parsed = &parsed;
    candidate.size_bytes = 12'000'000'000;
    candidate.age_minutes = 5000;
    candidate.seeders = 40;
    candidate.leechers = 3;
    benchmark::DoNotOptimize(rules.score(candidate, wanted, reasons));
  });
}
BENCHMARK(parse_and_score);

}  // namespace
}  // namespace quarry::bench

BENCHMARK_MAIN();
