// SPDX-License-Identifier: MIT
#include "rules.hpp"
#include "words.hpp"

#include <quarry/sdk/abi/indexer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace quarry::scorer {
namespace {

using sdk::Resolution;
using sdk::Source;
using sdk::VideoCodec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

struct Line {
  std::string rule;
  double points = 0;
  std::string detail;
  bool operator==(const Line&) const = default;
};

class Reasons final : public sdk::ScoreSink {
 public:
  bool contribution(std::string_view rule, double points, std::string_view detail) noexcept override {
    contributions.push_back({std::string(rule), points, std::string(detail)});
    return contributions.size() < limit;
  }
  bool rejection(std::string_view rule, std::string_view detail) noexcept override {
    rejections.push_back({std::string(rule), 0, std::string(detail)});
    return true;
  }
  [[nodiscard]] double points(std::string_view rule) const {
    for (const Line& line : contributions) {
      if (line.rule == rule) { return line.points; }
    }
    return 0;
  }
  [[nodiscard]] std::vector<std::string> rejected_by() const {
    std::vector<std::string> out;
    for (const Line& line : rejections) { out.push_back(line.rule); }
    return out;
  }

  std::vector<Line> contributions;
  std::vector<Line> rejections;
  std::size_t limit = 1000;
};

/// A release, ready to be scored; a good one until something is changed.
struct Release {
  Release() {
    parsed.title = "The Matrix";
    parsed.group = "GRP";
    parsed.year = 1999;
    parsed.resolution = Resolution::r1080p;
    parsed.source = Source::bluray;
    parsed.codec = VideoCodec::h265;
    candidate.name = "The.Matrix.1999.1080p.BluRay.DTS.x265-GRP";
    candidate.size_bytes = static_cast<std::int64_t>(8 * kGib);
    candidate.seeders = 40;
    candidate.age_minutes = 400 * 24 * 60;
    wanted.title = "Matrix";
    wanted.year = 1999;
    wanted.runtime_minutes = 136;
  }
  sdk::Score score(Reasons& reasons, const Settings& settings = {}) {
    candidate.parsed = &parsed;
    return Rules(settings).score(candidate, wanted, reasons);
  }
  double total(const Settings& settings = {}) {
    Reasons reasons;
    return score(reasons, settings).total;
  }
  std::vector<std::string> rejected_by(const Settings& settings = {}) {
    Reasons reasons;
    static_cast<void>(score(reasons, settings));
    return reasons.rejected_by();
  }

  sdk::ParsedName parsed;
  sdk::Candidate candidate;
  sdk::Preferences wanted;
};

Release framestor() {
  Release r;
  r.candidate.name = "The.Matrix.1999.2160p.UHD.BluRay.REMUX.HDR.HEVC.TrueHD.7.1.Atmos-FraMeSToR";
  r.parsed.group = "FraMeSToR";
  r.parsed.resolution = Resolution::r2160p;
  r.parsed.flags = sdk::kRemux | sdk::kHdr;
  r.candidate.size_bytes = static_cast<std::int64_t>(62 * kGib);
  r.candidate.seeders = 120;
  r.candidate.flags = sdk::kFreeleech;
  return r;
}

Release broadcast() {
  Release r;
  r.candidate.name = "The.Matrix.1999.720p.HDTV.x264-GRP";
  r.parsed.resolution = Resolution::r720p;
  r.parsed.source = Source::tv;
  r.parsed.codec = VideoCodec::h264;
  r.candidate.size_bytes = static_cast<std::int64_t>(3.1 * kGib);
  r.candidate.seeders = 4;
  return r;
}

TEST(DefaultScorer, AGoodReleasePassesAndSaysWhy) {
  Release r;
  Reasons reasons;
  const sdk::Score score = r.score(reasons);
  EXPECT_GE(score.total, 75);
  EXPECT_EQ(score.threshold, 75);
  EXPECT_THAT(reasons.rejections, IsEmpty());
  EXPECT_EQ(reasons.contributions.front(), (Line{"resolution", 40, "1080p"}));
  EXPECT_EQ(reasons.points("source"), 25);
  EXPECT_EQ(reasons.points("codec"), 10);
  EXPECT_EQ(reasons.points("size"), 8);
}

TEST(DefaultScorer, OrdersReleasesAsPeopleExpect) {
  Release webdl;
  webdl.parsed.source = Source::webdl;
  webdl.parsed.codec = VideoCodec::h264;
  webdl.candidate.seeders = 10;
  EXPECT_GE(webdl.total(), 75);
  EXPECT_GT(framestor().total(), Release().total() + 20);
  EXPECT_GT(Release().total(), webdl.total());
  EXPECT_GT(webdl.total(), broadcast().total());
}

TEST(DefaultScorer, ABroadcastIn720pNeverPasses) {
  Release best = broadcast();
  best.parsed.codec = VideoCodec::h265;
  best.parsed.version = 2;
  best.parsed.flags = sdk::kProper | sdk::kHdr | sdk::kDolbyVision;
  best.candidate.seeders = 100'000;
  best.candidate.age_minutes = 0;
  best.candidate.flags = sdk::kFreeleech;
  EXPECT_LT(best.total(), 75);
}

TEST(DefaultScorer, SumsUpWhatItTells) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): a fixed seed makes a failure repeatable
  const Rules rules{Settings{}};
  for (int round = 0; round < 5000; ++round) {
    Release r;
    r.parsed.resolution = static_cast<Resolution>(std::array{0, 480, 576, 720, 1080, 1440, 2160}[random() % 7]);
    r.parsed.source = static_cast<Source>(random() % 10);
    r.parsed.codec = static_cast<VideoCodec>(random() % 9);
    r.parsed.flags = random() & 0x7FFU;
    r.parsed.version = static_cast<std::int32_t>(random() % 5);
    r.parsed.year = static_cast<std::int32_t>(random() % 3) * 1999;
    r.candidate.size_bytes = static_cast<std::int64_t>(random()) * 40 - 1000;
    r.candidate.seeders = static_cast<std::int32_t>(random() % 4000) - 1;
    r.candidate.age_minutes = static_cast<std::int64_t>(random() % 100'000) - 1;
    r.wanted.runtime_minutes = static_cast<std::int32_t>(random() % 300);
    Reasons reasons;
    const sdk::Score score = r.score(reasons);
    double sum = 0;
    for (const Line& line : reasons.contributions) {
      ASSERT_TRUE(std::isfinite(line.points)) << line.rule;
      ASSERT_NE(line.points, 0) << line.rule;
      ASSERT_FALSE(line.detail.empty()) << line.rule;
      sum += line.points;
    }
    ASSERT_NEAR(score.total, sum, 1e-9);
    Reasons again;
    ASSERT_EQ(r.score(again).total, score.total);
    ASSERT_EQ(again.contributions, reasons.contributions);
    ASSERT_EQ(again.rejections, reasons.rejections);
  }
}

TEST(DefaultScorer, OddNumbersGiveFiniteScores) {
  Release r;
  r.candidate.size_bytes = INT64_MAX;
  r.candidate.seeders = INT32_MAX;
  r.candidate.age_minutes = INT64_MAX;
  r.wanted.runtime_minutes = INT32_MAX;
  EXPECT_TRUE(std::isfinite(r.total()));
  r.candidate.size_bytes = INT64_MIN;
  r.candidate.seeders = INT32_MIN;
  r.candidate.age_minutes = INT64_MIN;
  r.wanted.runtime_minutes = INT32_MIN;
  EXPECT_TRUE(std::isfinite(r.total()));
  r.parsed.year = INT32_MIN;
  r.wanted.year = INT32_MAX;
  EXPECT_THAT(r.rejected_by(), ElementsAre("year"));
}

TEST(DefaultScorer, ASinkThatHasEnoughIsToldNoMore) {
  Release r;
  Reasons reasons;
  reasons.limit = 1;
  EXPECT_EQ(r.score(reasons).total, r.total());
  EXPECT_EQ(reasons.contributions.size(), 1U);
}

TEST(DefaultScorer, ForbiddenWordsAreWholeWords) {
  Release r;
  for (const char* name : {"The.Matrix.1999.1080p.BluRay.DTS.x265-GRP", "The.Matrix.1999.Camcorder.x265",
                           "The Matrix 1999 Screeners x265", "The.Matrix.1999.TSCAM.x265"}) {
    r.candidate.name = name;
    EXPECT_THAT(r.rejected_by(), IsEmpty()) << name;
  }
  for (const char* name : {"The.Matrix.1999.TS.x265-GRP", "The Matrix 1999 ts x265", "The-Matrix-1999-[TS]",
                           "The.Matrix.1999.cam", "TS.The.Matrix.1999.x265", "The_Matrix_1999_DVDScr_x265"}) {
    r.candidate.name = name;
    EXPECT_THAT(r.rejected_by(), ElementsAre("forbidden_word")) << name;
  }
}

TEST(DefaultScorer, ATitleForbidsNothing) {
  Release r;
  r.parsed.title = r.wanted.title = "Cam";
  r.candidate.name = "Cam.2018.1080p.WEB-DL.x265-GRP";
  EXPECT_THAT(r.rejected_by(), IsEmpty());
  r.candidate.name = "Cam.2018.CAM.x265-GRP";
  EXPECT_THAT(r.rejected_by(), ElementsAre("forbidden_word"));
  // All is title here, since nothing else was found: then the word is searched after all.
  r.parsed.title = r.wanted.title = "Some Film TS";
  r.candidate.name = "Some.Film.TS";
  EXPECT_THAT(r.rejected_by(), ElementsAre("forbidden_word"));
}

TEST(DefaultScorer, RequiredWordsMustBeThere) {
  Settings settings;
  settings.required_words = {"German", "Dual Audio"};
  Release r;
  r.candidate.name = "The.Matrix.1999.German.Dual.Audio.1080p.BluRay.x265-GRP";
  EXPECT_THAT(r.rejected_by(settings), IsEmpty());
  r.candidate.name = "The.Matrix.1999.Germany.Audio.Dual.1080p.BluRay.x265-GRP";
  EXPECT_THAT(r.rejected_by(settings), ElementsAre("required_word", "required_word"));
}

TEST(DefaultScorer, RejectsRecordingsAndScreeners) {
  for (const Source source : {Source::cam, Source::telesync, Source::telecine, Source::workprint}) {
    Release r;
    r.parsed.source = source;
    EXPECT_THAT(r.rejected_by(), ElementsAre("source"));
  }
  Release r;
  r.parsed.flags = sdk::kScreener;
  EXPECT_THAT(r.rejected_by(), ElementsAre("source"));
}

TEST(DefaultScorer, RejectsAnotherFilm) {
  Release r;
  r.wanted.title = "The Matrix Reloaded";
  Reasons reasons;
  static_cast<void>(r.score(reasons));
  ASSERT_THAT(reasons.rejected_by(), ElementsAre("title"));
  EXPECT_EQ(reasons.rejections[0].detail, "the name says \"The Matrix\", wanted is \"The Matrix Reloaded\"");
  r.wanted.title = "the matrix!";
  r.wanted.year = 2003;
  EXPECT_THAT(r.rejected_by(), ElementsAre("year"));
  r.wanted.year = 2000;  // festival and cinema years differ by one
  EXPECT_THAT(r.rejected_by(), IsEmpty());
  r.wanted = {};
  EXPECT_THAT(r.rejected_by(), IsEmpty());
}

TEST(DefaultScorer, ANameWithoutYearLosesPoints) {
  Release r;
  const double with_year = r.total();
  r.parsed.year = 0;
  EXPECT_THAT(r.rejected_by(), IsEmpty());
  EXPECT_DOUBLE_EQ(r.total(), with_year - 5);
}

TEST(DefaultScorer, RejectsWhatNobodyHas) {
  Release r;
  r.candidate.seeders = 0;
  EXPECT_THAT(r.rejected_by(), ElementsAre("seeders"));
  r.candidate.seeders = -1;
  EXPECT_THAT(r.rejected_by(), IsEmpty());
}

TEST(DefaultScorer, SeedersCountOnALogarithmicScale) {
  Release r;
  const auto points = [&](int seeders) {
    r.candidate.seeders = seeders;
    Reasons reasons;
    static_cast<void>(r.score(reasons));
    return reasons.points("seeders");
  };
  EXPECT_DOUBLE_EQ(points(10), 2.8);
  EXPECT_DOUBLE_EQ(points(1000), 8);
  EXPECT_DOUBLE_EQ(points(1'000'000), 8);
  EXPECT_LT(points(100), points(200));
}

TEST(DefaultScorer, GroupsAreComparedWithoutCase) {
  Release r;
  const double plain = r.total();
  r.parsed.group = "framestor";
  EXPECT_DOUBLE_EQ(r.total(), plain + 10);
  r.parsed.group = "yify";
  EXPECT_THAT(r.rejected_by(), ElementsAre("ignored_group"));
}

TEST(DefaultScorer, SizesScaleWithTheRunningTime) {
  Release r;
  const auto points = [&](double gib, int minutes) {
    r.candidate.size_bytes = static_cast<std::int64_t>(gib * kGib);
    r.wanted.runtime_minutes = minutes;
    Reasons reasons;
    static_cast<void>(r.score(reasons));
    return reasons.points("size");
  };
  EXPECT_EQ(points(1.9, 0), -20);
  EXPECT_EQ(points(2, 0), 8);
  EXPECT_EQ(points(45, 0), 8);
  EXPECT_EQ(points(45.1, 0), -10);
  EXPECT_EQ(points(1.9, 90), 8);
  EXPECT_EQ(points(2.5, 180), -20);
  r.candidate.size_bytes = -1;
  Reasons reasons;
  static_cast<void>(r.score(reasons));
  EXPECT_EQ(reasons.points("size"), 0);
}

TEST(DefaultScorer, AvcCountsLessIn2160p) {
  Release r;
  r.parsed.codec = VideoCodec::h264;
  Reasons hd;
  static_cast<void>(r.score(hd));
  r.parsed.resolution = Resolution::r2160p;
  Reasons uhd;
  static_cast<void>(r.score(uhd));
  EXPECT_EQ(hd.points("codec"), 6);
  EXPECT_EQ(uhd.points("codec"), 2);
}

std::string json_of(const NumberField& field, const char* number) {
  const std::string member = std::string("\"") + field.key + "\":" + number;
  if (*field.section == '\0') { return "{" + member + "}"; }
  return std::string("{\"") + field.section + "\":{" + member + "}}";
}

TEST(ScorerSettings, EveryNumberIsInTheSchemaAndRead) {
  for (const NumberField& field : number_fields()) {
    const std::string json = json_of(field, "7");
    EXPECT_TRUE(sdk::validate_json(kSchema, json).ok()) << json;
    EXPECT_FALSE(sdk::validate_json(kSchema, json_of(field, "\"7\"")).ok()) << json;
    EXPECT_EQ(read_settings(sdk::Config::parse(json)).*field.member, 7) << json;
  }
  EXPECT_TRUE(sdk::validate_json(kSchema, "{}").ok());
  EXPECT_EQ(read_settings(sdk::Config::parse("{}")).threshold, 75);
}

TEST(ScorerSettings, TheSchemaRefusesWhatItDoesNotKnow) {
  for (const char* json :
       {R"({"tresholt":1})", R"({"source":{"vhs":1}})", R"({"forbidden_words":["a",1]})", R"({"forbidden_words":"TS"})",
        R"({"ignored_groups":[""]})", R"({"threshold":1e9})", R"({"fresh_days":-1})", R"({"year_tolerance":1.5})"}) {
    EXPECT_FALSE(sdk::validate_json(kSchema, json).ok()) << json;
  }
}

TEST(ScorerSettings, AListReplacesTheDefault) {
  const Settings settings = read_settings(sdk::Config::parse(R"({"forbidden_words":["XviD"],"preferred_groups":[]})"));
  EXPECT_THAT(settings.forbidden_words, ElementsAre("XviD"));
  EXPECT_THAT(settings.preferred_groups, IsEmpty());
  EXPECT_EQ(settings.ignored_groups, Settings{}.ignored_groups);
}

TEST(Words, AreRunsOfLettersAndDigits) {
  EXPECT_THAT(words_of("HD-TS.x264 [Am\xC3\xA9lie]"), ElementsAre("hd", "ts", "x264", "am\xC3\xA9lie"));
  EXPECT_THAT(words_of("..."), IsEmpty());
  EXPECT_FALSE(holds_words(words_of("a b"), {}));
  EXPECT_TRUE(holds_words(words_of("a HD-TS b"), words_of("hd ts")));
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string readme() {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "README.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) { out += (out.empty() ? "" : ", ") + text; }
  return out.empty() ? "none" : out;
}

TEST(ScorerReadme, NamesTheDefaultsThatHold) {
  const std::string text = readme();
  const Settings defaults;
  for (const NumberField& field : number_fields()) {
    const std::string name = *field.section == '\0' ? field.key : std::string(field.section) + "." + field.key;
    EXPECT_THAT(text, HasSubstr("| `" + name + "` | " + number(defaults.*field.member) + " |"));
  }
  EXPECT_THAT(text, HasSubstr("| `preferred_groups` | " + joined(defaults.preferred_groups) + " |"));
  EXPECT_THAT(text, HasSubstr("| `ignored_groups` | " + joined(defaults.ignored_groups) + " |"));
  EXPECT_THAT(text, HasSubstr("| `required_words` | " + joined(defaults.required_words) + " |"));
  EXPECT_THAT(text, HasSubstr("| `forbidden_words` | " + joined(defaults.forbidden_words) + " |"));
}

std::string as_table(Release release) {
  Reasons reasons;
  const sdk::Score score = release.score(reasons);
  std::string out = "| rule | points | reason |\n| --- | --- | --- |\n";
  for (const Line& line : reasons.contributions) {
    out += "| " + line.rule + " | " + number(line.points) + " | " + line.detail + " |\n";
  }
  const bool reached = score.total >= score.threshold;
  return out + "| **score** | **" + number(score.total) + "** | " + (reached ? "reaches" : "does not reach") +
         " the threshold of " + number(score.threshold) + " |\n";
}

TEST(ScorerReadme, ShowsExamplesAsTheyAreScored) {
  const std::string text = readme();
  EXPECT_THAT(text, HasSubstr(as_table(framestor())));
  EXPECT_THAT(text, HasSubstr(as_table(broadcast())));
}

}  // namespace
}  // namespace quarry::scorer
