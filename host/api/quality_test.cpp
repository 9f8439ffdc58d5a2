// SPDX-License-Identifier: MIT
#include "api/quality.hpp"

#include <gtest/gtest.h>

namespace quarry::api {
namespace {

release::ReleaseName name(sdk::Source source, sdk::Resolution resolution, std::uint32_t flags = 0) {
  release::ReleaseName out;
  out.source = source;
  out.resolution = resolution;
  out.flags = flags;
  return out;
}

TEST(Quality, HasTheNamesOfTheField) {
  using sdk::Resolution;
  using sdk::Source;
  EXPECT_EQ(quality_name(name(Source::bluray, Resolution::r2160p)), "Bluray-2160p");
  EXPECT_EQ(quality_name(name(Source::bluray, Resolution::r1080p, sdk::kRemux)), "Remux-1080p");
  EXPECT_EQ(quality_name(name(Source::bluray, Resolution::r1080p, sdk::kDisk)), "BR-DISK");
  EXPECT_EQ(quality_name(name(Source::webdl, Resolution::r720p)), "WEBDL-720p");
  EXPECT_EQ(quality_name(name(Source::webrip, Resolution::r480p)), "WEBRip-480p");
  EXPECT_EQ(quality_name(name(Source::tv, Resolution::r1080p)), "HDTV-1080p");
  EXPECT_EQ(quality_name(name(Source::tv, Resolution::r480p)), "SDTV");
  EXPECT_EQ(quality_name(name(Source::tv, Resolution::r1080p, sdk::kRawHd)), "Raw-HD");
  EXPECT_EQ(quality_name(name(Source::dvd, Resolution::unknown)), "DVD");
  EXPECT_EQ(quality_name(name(Source::dvd, Resolution::r480p, sdk::kScreener)), "DVDSCR");
  EXPECT_EQ(quality_name(name(Source::cam, Resolution::unknown)), "CAM");
  EXPECT_EQ(quality_name(name(Source::unknown, Resolution::r1080p)), "Unknown");
}

TEST(Quality, IsWrittenAsOtherProgramsReadIt) {
  auto repack = name(sdk::Source::bluray, sdk::Resolution::r1080p, sdk::kRemux | sdk::kRepack);
  repack.version = 2;
  EXPECT_EQ(quality_json(repack),
            R"({"quality":{"name":"Remux-1080p","source":"bluray","resolution":1080,"modifier":"remux"},)"
            R"("revision":{"version":2,"real":0,"isRepack":true}})");
}

TEST(QualityCache, AnswersTheSameAsReadingAgain) {
  QualityCache cache;
  const std::string title = "The.Matrix.1999.1080p.BluRay.x264-GRP";
  const auto written = [&](std::string_view name) {
    sdk::JsonWriter w;
    cache.write(w, name);
    return w.take();
  };
  const std::string first = written(title);
  EXPECT_EQ(first, quality_json(release::parse_release_name(title)));
  EXPECT_EQ(written(title), first);
  for (int i = 0; i < 5000; ++i) { (void)written("Film." + std::to_string(i) + ".1080p.WEB-DL-X"); }
  EXPECT_EQ(written(title), first);
}

}  // namespace
}  // namespace quarry::api
