// SPDX-License-Identifier: MIT
#include "release/release_name.hpp"

#include <quarry/sdk/helpers/titles.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <vector>

namespace quarry::release {
namespace {

using sdk::NameFlag;
using sdk::Resolution;
using sdk::Source;
using sdk::VideoCodec;

std::string text_of(Source source) {
  constexpr const char* kNames[] = {"-",   "cam", "telesync", "telecine", "workprint",
                                    "dvd", "tv",  "webdl",    "webrip",   "bluray"};
  return kNames[static_cast<int>(source)];
}
std::string text_of(VideoCodec codec) {
  constexpr const char* kNames[] = {"-", "h264", "h265", "xvid", "divx", "mpeg2", "vc1", "av1", "vp9"};
  return kNames[static_cast<int>(codec)];
}
std::string modifier_of(std::uint32_t flags) {
  if ((flags & sdk::kRemux) != 0) { return "remux"; }
  if ((flags & sdk::kDisk) != 0) { return "disk"; }
  if ((flags & sdk::kScreener) != 0) { return "screener"; }
  if ((flags & sdk::kRegional) != 0) { return "regional"; }
  return (flags & sdk::kRawHd) != 0 ? "rawhd" : "-";
}
std::string or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }
std::string number_or_dash(int number, const char* unit = "") {
  return number == 0 ? "-" : std::to_string(number) + unit;
}

std::string field(const ReleaseName& name, const std::string& column) {
  if (column == "title") { return or_dash(name.title); }
  if (column == "year") { return number_or_dash(name.year); }
  if (column == "source") { return text_of(name.source); }
  if (column == "resolution") { return number_or_dash(static_cast<int>(name.resolution), "p"); }
  if (column == "codec") { return text_of(name.codec); }
  if (column == "group") { return or_dash(name.group); }
  if (column == "version") { return std::to_string(name.version); }
  if (column == "edition") { return or_dash(name.edition); }
  return modifier_of(name.flags);
}

bool agrees(const std::string& column, const std::string& expected, const std::string& found) {
  if (column == "title" || column == "edition") { return sdk::fold_title(expected) == sdk::fold_title(found); }
  const auto lower = [](std::string text) {
    for (char& c : text) { c = static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
    return text;
  };
  return lower(expected) == lower(found);
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, '\t');) { out.push_back(cell); }
  return out;
}

// testdata/films.tsv: an empty cell is not asked for, "-" means that nothing may be found. Rows marked
// "all" must agree in every field; the floors keep the others from getting worse unseen.
TEST(ReleaseNameCorpus, AgreesWithTheKnownNames) {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "testdata" / "films.tsv");
  ASSERT_TRUE(file.is_open());
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> columns = cells(line);
  std::map<std::string, std::pair<int, int>> counts;
  int rows = 0;
  while (std::getline(file, line)) {
    ++rows;
    const std::vector<std::string> row = cells(line);
    const ReleaseName name = parse_release_name(row[1]);
    for (std::size_t i = 2; i < row.size(); ++i) {
      if (row[i].empty()) { continue; }
      const std::string found = field(name, columns[i]);
      const bool good = agrees(columns[i], row[i], found);
      counts[columns[i]].first += good ? 1 : 0;
      counts[columns[i]].second += 1;
      if (row[0] == "all") {
        EXPECT_TRUE(good) << row[1] << "\n  " << columns[i] << ": " << found << " instead of " << row[i];
      }
    }
  }
  EXPECT_GT(rows, 400);
  const std::map<std::string, double> floors{{"title", 0.93},  {"year", 0.99},    {"source", 0.98},
                                             {"group", 0.93},  {"codec", 1.00},   {"resolution", 1.00},
                                             {"version", 1.0}, {"modifier", 1.0}, {"edition", 0.96}};
  ASSERT_EQ(counts.size(), floors.size());
  for (const auto& [column, floor] : floors) {
    const auto [good, all] = counts[column];
    EXPECT_GE(static_cast<double>(good) / all, floor) << column << ": " << good << " of " << all;
  }
}

TEST(ReleaseName, ReadsAFullName) {
  const ReleaseName name =
      parse_release_name("The.Matrix.1999.UHD.BluRay.2160p.TrueHD.Atmos.7.1.DV.HDR10.HEVC.REMUX-FraMeSToR");
  EXPECT_EQ(name.title, "The Matrix");
  EXPECT_EQ(name.year, 1999);
  EXPECT_EQ(name.source, Source::bluray);
  EXPECT_EQ(name.resolution, Resolution::r2160p);
  EXPECT_EQ(name.codec, VideoCodec::h265);
  EXPECT_EQ(name.group, "FraMeSToR");
  EXPECT_EQ(name.flags, sdk::kRemux | sdk::kDolbyVision | sdk::kHdr);
  EXPECT_EQ(name.version, 1);
}

TEST(ReleaseName, ViewPointsIntoTheName) {
  const ReleaseName name = parse_release_name("Heat.1995.Directors.Cut.PROPER.1080p.BluRay.x264-GRP");
  const sdk::ParsedName view = name.view();
  EXPECT_EQ(view.struct_size, sizeof(sdk::ParsedName));
  EXPECT_EQ(view.title.data(), name.title.data());
  EXPECT_EQ(view.edition, "Directors Cut");
  EXPECT_EQ(view.group, "GRP");
  EXPECT_EQ(view.year, 1995);
  EXPECT_EQ(view.version, 2);
  EXPECT_EQ(view.flags, static_cast<std::uint32_t>(sdk::kProper));
}

struct TitleCase {
  const char* name;
  const char* title;
  int year;
};
class ReleaseTitle : public testing::TestWithParam<TitleCase> {};
TEST_P(ReleaseTitle, AndYear) {
  const ReleaseName name = parse_release_name(GetParam().name);
  EXPECT_EQ(name.title, GetParam().title);
  EXPECT_EQ(name.year, GetParam().year);
}
INSTANTIATE_TEST_SUITE_P(
    Years, ReleaseTitle,
    testing::Values(TitleCase{"2012.2009.1080p.BluRay.x264-GRP", "2012", 2009},
                    TitleCase{"1917.2019.2160p.WEB-DL.x265-GRP", "1917", 2019},
                    TitleCase{"1917.1080p.BluRay.x264-GRP", "1917", 0},
                    TitleCase{"Blade.Runner.2049.2017.1080p.BluRay.x264-GRP", "Blade Runner 2049", 2017},
                    TitleCase{"Blade Runner 2049 1080p BluRay", "Blade Runner 2049", 0},
                    TitleCase{"2001.A.Space.Odyssey.1968.720p.BluRay-GRP", "2001 A Space Odyssey", 1968},
                    TitleCase{"Wonder.Woman.1984.2020.1080p.BluRay.x264-GRP", "Wonder Woman 1984", 2020},
                    TitleCase{"(1995) Movie Name", "Movie Name", 1995},
                    TitleCase{"Movie Name 1984 (2020) (1080p WEB-DL x265 Silence)", "Movie Name 1984", 2020},
                    TitleCase{"Mise.a.Sac.(Alain.Cavalier,.1967).[DVDRip]", "Mise a Sac", 1967},
                    TitleCase{"Movie.German.Bluray.720p.1998", "Movie", 1998}));
INSTANTIATE_TEST_SUITE_P(
    Titles, ReleaseTitle,
    testing::Values(TitleCase{"G.I.Joe.2009.720p.BluRay-GRP", "G.I. Joe", 2009},
                    TitleCase{"The.Man.from.U.N.C.L.E.2015.1080p.BluRay-GRP", "The Man from U.N.C.L.E.", 2015},
                    TitleCase{"(500).Days.of.Summer.2009.BluRay", "(500) Days of Summer", 2009},
                    TitleCase{"Birdman.or.(The.Unexpected.Virtue).2014.1080p", "Birdman or (The Unexpected Virtue)",
                              2014},
                    TitleCase{"Airplane! (1980) 1080p", "Airplane!", 1980},
                    TitleCase{"[REC] 2 2009 720p BluRay", "[REC] 2", 2009},
                    TitleCase{"www.example.org - Cube.1997.720p.x264-GRP", "Cube", 1997},
                    TitleCase{"[www.example.co.uk] - Cube.1997.720p.x264-GRP", "Cube", 1997},
                    TitleCase{"【字幕组】Cube.1997.1080p.WEB-DL-GRP", "Cube", 1997},
                    TitleCase{"Cam.2018.1080p.NF.WEB-DL.x264-GRP", "Cam", 2018},
                    TitleCase{"Uncut.Gems.2019.1080p.WEB.H264-GRP", "Uncut Gems", 2019},
                    TitleCase{"The.Final.Cut.2004.DVDRip", "The Final Cut", 2004},
                    TitleCase{"Amélie_2001_720p", "Amélie", 2001}, TitleCase{"Just words", "Just words", 0},
                    TitleCase{"Heat 4K", "Heat", 0}, TitleCase{"Show.Name.S01E02.720p.HDTV.x264-GRP", "Show Name", 0}));

struct GroupCase {
  const char* name;
  const char* group;
};
class ReleaseGroup : public testing::TestWithParam<GroupCase> {};
TEST_P(ReleaseGroup, IsFound) { EXPECT_EQ(parse_release_name(GetParam().name).group, GetParam().group); }
INSTANTIATE_TEST_SUITE_P(Suffixes, ReleaseGroup,
                         testing::Values(GroupCase{"Film.2019.1080p.BluRay.x264-GRP", "GRP"},
                                         GroupCase{"Film.2019.1080p.BluRay.x264-GRP.mkv", "GRP"},
                                         GroupCase{"Film.2019.1080p.BluRay.x264-GRP[rartv]", "GRP"},
                                         GroupCase{"Film.2019.1080p.BluRay.x264-GRP [PublicHD]", "GRP"},
                                         GroupCase{"Film.2019.1080p.BluRay.x264-GRP-xpost", "GRP"},
                                         GroupCase{"Film.2019.1080p.BluRay.x264-GRP-Obfuscated", "GRP"},
                                         GroupCase{"Film.2019.1080p.BluRay.x264-GRP-RP-RP", "GRP"},
                                         GroupCase{"Film.2019.1080p.BluRay.x264-GRP-RakuvFoo", "GRP"},
                                         GroupCase{"Film 2019 1080p BluRay x264-GRP mkv", "GRP"},
                                         GroupCase{"Film.2019.1080p.BluRay.x264-[YTS.MX]", "YTS.MX"},
                                         GroupCase{"Film (2019) (1080p BluRay x265 10bit Tigole)", "Tigole"},
                                         GroupCase{"Film (2019) (1080p BluRay x265 English - DarQ)", "DarQ"},
                                         GroupCase{"Film.2019.1080p.BluRay.DTS.x264.-D-Z0N3.mkv", "D-Z0N3"},
                                         GroupCase{"[SubsPlease] Film (1080p) [B1F227CF]", "SubsPlease"}));
INSTANTIATE_TEST_SUITE_P(Absent, ReleaseGroup,
                         testing::Values(GroupCase{"Film.2019.1080p.WEB-DL", ""}, GroupCase{"Film.2019.DTS-HD", ""},
                                         GroupCase{"Spider-Man", ""}, GroupCase{"Spider-Man.2002.1080p.BluRay", ""},
                                         GroupCase{"Film.2019.1080p.Blu-ray", ""},
                                         GroupCase{"Film.2019.1080p.BluRay.DTS-MA.5.1", ""}));

TEST(ReleaseName, TelesyncIsAWordOfItsOwn) {
  EXPECT_EQ(parse_release_name("Film.2019.1080p.BluRay.DTS.x264-GRP").source, Source::bluray);
  EXPECT_EQ(parse_release_name("Film.2019.1080p.DTS.x264-GRP").source, Source::unknown);
  EXPECT_EQ(parse_release_name("Film.2019.TS.x264-GRP").source, Source::telesync);
  EXPECT_EQ(parse_release_name("Film.2019.HD-TS.x264-GRP").source, Source::telesync);
  EXPECT_EQ(parse_release_name("Film.2019.TS").source, Source::telesync);
  EXPECT_EQ(parse_release_name("Film.2019.DVDRip.ts").source, Source::dvd);
}

TEST(ReleaseName, ARecordingInACinemaOutweighsWhatElseIsClaimed) {
  EXPECT_EQ(parse_release_name("Film.2019.1080p.BluRay.HDCAM.x264-GRP").source, Source::cam);
  EXPECT_EQ(parse_release_name("Film 2019 WEB-DL HD-CAM x264").source, Source::cam);
}

TEST(ReleaseName, FlagsFromSeveralWords) {
  const auto flags = [](const char* name) { return parse_release_name(name).flags; };
  EXPECT_EQ(flags("Film.2019.1080p.BluRay.AVC.DTS-HD.MA.5.1-GRP"), static_cast<std::uint32_t>(sdk::kDisk));
  EXPECT_EQ(flags("Film.2019.1080p.BluRay.REMUX.AVC-GRP"), static_cast<std::uint32_t>(sdk::kRemux));
  EXPECT_EQ(flags("Film.2019.COMPLETE.BLURAY-GRP"), static_cast<std::uint32_t>(sdk::kDisk));
  EXPECT_EQ(flags("Film.2019.1080i.HDTV.MPEG2-GRP"), static_cast<std::uint32_t>(sdk::kRawHd));
  EXPECT_EQ(flags("Film.2019.DVDSCR.XviD-GRP"), static_cast<std::uint32_t>(sdk::kScreener));
  EXPECT_EQ(flags("Film.2019.R5.XviD-GRP"), static_cast<std::uint32_t>(sdk::kRegional));
  EXPECT_EQ(flags("Film.2019.3D.1080p.BluRay.Half-SBS.x264-GRP"), static_cast<std::uint32_t>(sdk::kThreeD));
  EXPECT_EQ(flags("Film.2019.HC.HDRip.x264-GRP"), static_cast<std::uint32_t>(sdk::kHardcodedSubs));
  EXPECT_EQ(flags("Film.2019.REPACK2.1080p.WEB.H264-GRP"), static_cast<std::uint32_t>(sdk::kRepack));
  EXPECT_EQ(parse_release_name("Film.2019.REPACK2.1080p.WEB.H264-GRP").version, 3);
}

TEST(ReleaseName, TakesAnyBytes) {
  const std::vector<std::string> hostile{
      "",
      " ",
      ".",
      "-",
      "[",
      ")",
      "[]",
      "()",
      "-.-",
      "....mkv",
      ".mkv",
      "\xFF\xFE\x80",
      std::string("\0\0\0", 3),
      "\xE3\x80",
      "[[[[[[[[[[[[",
      "))))))))))))",
      "- - - - -",
      "1080p",
      "x264-",
      "-GRP",
      "2019",
      "(2019)",
      "[2019]",
      "【",
      "】【】",
  };
  for (const std::string& name : hostile) {
    const ReleaseName out = parse_release_name(name);
    EXPECT_LE(out.title.size(), name.size() + 1);
    EXPECT_GE(out.version, 1);
  }
}

TEST(ReleaseName, ReadsOnlyTheBeginningOfAMegabyte) {
  constexpr std::size_t kMegabyte = 1U << 20U;
  for (const std::string& unit :
       {std::string("."), std::string("["), std::string("( "), std::string("a-"), std::string("1080p."),
        std::string("\xE3\x80\x90"), std::string(" - [1"), std::string("H.264-"), std::string("extended.cut.")}) {
    std::string name;
    while (name.size() < kMegabyte) { name += unit; }
    const ReleaseName out = parse_release_name(name);
    EXPECT_LE(out.title.size(), 1100U) << unit;
    EXPECT_LE(out.group.size() + out.edition.size(), 1100U) << unit;
  }
}

// Every name of the corpus with bytes changed, removed and doubled at random: it must come back.
TEST(ReleaseName, SurvivesDamagedNames) {
  std::mt19937 random(20240229);  // NOLINT(cert-msc32-c,cert-msc51-cpp): a fixed seed makes a failure repeatable
  const std::string alphabet =
      "[]()-. _{}\xE3\x80\x90\xFF"
      "0129apxsXDtT'";
  for (int round = 0; round < 20'000; ++round) {
    std::string name = "[Grp] The.Film.(2019).1080p.Blu-ray.H.264.DTS-HD-GRP[tag].mkv";
    for (int change = 0; change < 8; ++change) {
      const std::size_t at = random() % name.size();
      switch (random() % 3) {
        case 0:
          name[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          name.erase(at, 1 + random() % 4);
          break;
        default:
          name.insert(at, name.substr(at, random() % 9));
          break;
      }
      if (name.empty()) { name.push_back('.'); }
    }
    const ReleaseName out = parse_release_name(name);
    ASSERT_LE(out.title.size(), name.size() + 1) << name;
    ASSERT_LE(out.group.size(), name.size()) << name;
  }
}

TEST(SameTitle, LooksThroughCaseAccentsAndPunctuation) {
  EXPECT_TRUE(same_title("The Matrix", "matrix"));
  EXPECT_TRUE(same_title("Am\xC3\xA9lie", "Amelie"));
  EXPECT_TRUE(same_title("Spider-Man: Far From Home", "Spider Man Far from Home"));
  EXPECT_FALSE(same_title("The Matrix", "The Matrix Reloaded"));
}

}  // namespace
}  // namespace quarry::release
