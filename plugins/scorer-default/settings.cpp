// SPDX-License-Identifier: MIT
#include "settings.hpp"

namespace quarry::scorer {

namespace {

constexpr NumberField kNumbers[] = {
    {"", "threshold", &Settings::threshold},
    {"resolution", "2160p", &Settings::resolution_2160p},
    {"resolution", "1080p", &Settings::resolution_1080p},
    {"resolution", "720p", &Settings::resolution_720p},
    {"resolution", "sd", &Settings::resolution_sd},
    {"source", "bluray", &Settings::source_bluray},
    {"source", "webdl", &Settings::source_webdl},
    {"source", "webrip", &Settings::source_webrip},
    {"source", "tv", &Settings::source_tv},
    {"source", "dvd", &Settings::source_dvd},
    {"codec", "hevc", &Settings::codec_hevc},
    {"codec", "av1", &Settings::codec_av1},
    {"codec", "avc", &Settings::codec_avc},
    {"codec", "avc_2160p", &Settings::codec_avc_2160p},
    {"codec", "other", &Settings::codec_other},
    {"size_gib", "2160p_min", &Settings::size_2160p_min},
    {"size_gib", "2160p_max", &Settings::size_2160p_max},
    {"size_gib", "1080p_min", &Settings::size_1080p_min},
    {"size_gib", "1080p_max", &Settings::size_1080p_max},
    {"size_gib", "720p_min", &Settings::size_720p_min},
    {"size_gib", "720p_max", &Settings::size_720p_max},
    {"size_gib", "sd_min", &Settings::size_sd_min},
    {"size_gib", "sd_max", &Settings::size_sd_max},
    {"size", "good", &Settings::size_good},
    {"size", "too_small", &Settings::size_too_small},
    {"size", "too_large", &Settings::size_too_large},
    {"", "remux", &Settings::remux},
    {"", "disk", &Settings::disk},
    {"", "proper", &Settings::proper},
    {"", "hdr", &Settings::hdr},
    {"", "dolby_vision", &Settings::dolby_vision},
    {"", "three_d", &Settings::three_d},
    {"", "hardcoded_subs", &Settings::hardcoded_subs},
    {"", "regional", &Settings::regional},
    {"", "preferred_group", &Settings::preferred_group},
    {"", "seeders", &Settings::seeders},
    {"", "freeleech", &Settings::freeleech},
    {"", "fresh", &Settings::fresh},
    {"", "fresh_days", &Settings::fresh_days},
    {"", "year_missing", &Settings::year_missing},
    {"", "year_tolerance", &Settings::year_tolerance},
};

}  // namespace

const char kSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-04/schema#",
  "type": "object",
  "additionalProperties": false,
  "definitions": {
    "points": {"type": "number", "minimum": -1000, "maximum": 1000},
    "gib": {"type": "number", "minimum": 0, "maximum": 100000},
    "names": {"type": "array", "maxItems": 1000, "items": {"type": "string", "minLength": 1, "maxLength": 100}}
  },
  "properties": {
    "threshold": {"$ref": "#/definitions/points"},
    "resolution": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "2160p": {"$ref": "#/definitions/points"}, "1080p": {"$ref": "#/definitions/points"},
        "720p": {"$ref": "#/definitions/points"}, "sd": {"$ref": "#/definitions/points"}
      }
    },
    "source": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "bluray": {"$ref": "#/definitions/points"}, "webdl": {"$ref": "#/definitions/points"},
        "webrip": {"$ref": "#/definitions/points"}, "tv": {"$ref": "#/definitions/points"},
        "dvd": {"$ref": "#/definitions/points"}
      }
    },
    "codec": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "hevc": {"$ref": "#/definitions/points"}, "av1": {"$ref": "#/definitions/points"},
        "avc": {"$ref": "#/definitions/points"}, "avc_2160p": {"$ref": "#/definitions/points"},
        "other": {"$ref": "#/definitions/points"}
      }
    },
    "size_gib": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "2160p_min": {"$ref": "#/definitions/gib"}, "2160p_max": {"$ref": "#/definitions/gib"},
        "1080p_min": {"$ref": "#/definitions/gib"}, "1080p_max": {"$ref": "#/definitions/gib"},
        "720p_min": {"$ref": "#/definitions/gib"}, "720p_max": {"$ref": "#/definitions/gib"},
        "sd_min": {"$ref": "#/definitions/gib"}, "sd_max": {"$ref": "#/definitions/gib"}
      }
    },
    "size": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "good": {"$ref": "#/definitions/points"}, "too_small": {"$ref": "#/definitions/points"},
        "too_large": {"$ref": "#/definitions/points"}
      }
    },
    "remux": {"$ref": "#/definitions/points"},
    "disk": {"$ref": "#/definitions/points"},
    "proper": {"$ref": "#/definitions/points"},
    "hdr": {"$ref": "#/definitions/points"},
    "dolby_vision": {"$ref": "#/definitions/points"},
    "three_d": {"$ref": "#/definitions/points"},
    "hardcoded_subs": {"$ref": "#/definitions/points"},
    "regional": {"$ref": "#/definitions/points"},
    "preferred_group": {"$ref": "#/definitions/points"},
    "seeders": {"$ref": "#/definitions/points"},
    "freeleech": {"$ref": "#/definitions/points"},
    "fresh": {"$ref": "#/definitions/points"},
    "fresh_days": {"type": "integer", "minimum": 0, "maximum": 36500},
    "year_missing": {"$ref": "#/definitions/points"},
    "year_tolerance": {"type": "integer", "minimum": 0, "maximum": 10},
    "preferred_groups": {"$ref": "#/definitions/names"},
    "ignored_groups": {"$ref": "#/definitions/names"},
    "required_words": {"$ref": "#/definitions/names"},
    "forbidden_words": {"$ref": "#/definitions/names"}
  }
})json";

std::span<const NumberField> number_fields() noexcept { return kNumbers; }

Settings read_settings(const sdk::Config& config) {
  Settings out;
  for (const NumberField& field : kNumbers) {
    const std::string_view section = field.section;
    const sdk::Json value = section.empty() ? config[field.key] : config[section][field.key];
    out.*field.member = value.as_double(out.*field.member);
  }
  out.preferred_groups = config.texts("preferred_groups", std::move(out.preferred_groups));
  out.ignored_groups = config.texts("ignored_groups", std::move(out.ignored_groups));
  out.required_words = config.texts("required_words", std::move(out.required_words));
  out.forbidden_words = config.texts("forbidden_words", std::move(out.forbidden_words));
  return out;
}

}  // namespace quarry::scorer
