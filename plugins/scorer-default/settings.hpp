// SPDX-License-Identifier: MIT
// What the scorer is told by its configuration. README.md has the table of all fields and defaults.
#pragma once

#include <quarry/sdk/helpers/config.hpp>

#include <span>
#include <string>
#include <vector>

namespace quarry::scorer {

/// Points unless a comment says otherwise. The values here are the documented defaults.
struct Settings {
  double threshold = 75;

  double resolution_2160p = 50;
  double resolution_1080p = 40;
  double resolution_720p = 30;
  double resolution_sd = 10;

  double source_bluray = 25;
  double source_webdl = 20;
  double source_webrip = 15;
  double source_tv = 10;
  double source_dvd = 5;

  double codec_hevc = 10;
  double codec_av1 = 8;
  double codec_avc = 6;
  double codec_avc_2160p = 2;
  double codec_other = 0;

  // GiB of a film of two hours
  double size_2160p_min = 10;
  double size_2160p_max = 100;
  double size_1080p_min = 2;
  double size_1080p_max = 45;
  double size_720p_min = 1;
  double size_720p_max = 15;
  double size_sd_min = 0.4;
  double size_sd_max = 6;

  double size_good = 8;
  double size_too_small = -20;
  double size_too_large = -10;

  double remux = 10;
  double disk = -40;
  double proper = 3;  ///< for each version above the first
  double hdr = 2;
  double dolby_vision = 2;
  double three_d = -30;
  double hardcoded_subs = -20;
  double regional = -20;
  double preferred_group = 10;
  double seeders = 8;  ///< with 1,000 seeders or more; less on a logarithmic scale
  double freeleech = 2;
  double fresh = 2;
  double fresh_days = 30;  ///< days
  double year_missing = -5;
  double year_tolerance = 1;  ///< years

  std::vector<std::string> preferred_groups{"FraMeSToR", "CiNEPHiLES", "EPSiLON", "playBD",
                                            "NTb",       "FLUX",       "DON",     "CtrlHD"};
  std::vector<std::string> ignored_groups{"YIFY", "YTS", "YTS.MX", "YTS.LT", "YTS.AG", "YTS.AM"};
  std::vector<std::string> required_words;
  std::vector<std::string> forbidden_words{"CAM",  "HDCAM",    "CAMRip",    "TS",       "HDTS",   "TELESYNC", "TC",
                                           "HDTC", "TELECINE", "WORKPRINT", "SCREENER", "DVDSCR", "SCR"};
};

/// A number of the configuration: `section` "" for the top level.
struct NumberField {
  const char* section;
  const char* key;
  double Settings::*member;
};
[[nodiscard]] std::span<const NumberField> number_fields() noexcept;

/// JSON Schema (draft 4) of the configuration.
extern const char kSchema[];

/// Defaults for what `config` leaves out. `config` has passed the schema.
[[nodiscard]] Settings read_settings(const sdk::Config& config);

}  // namespace quarry::scorer
