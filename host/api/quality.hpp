// SPDX-License-Identifier: MIT
// What a release name says of quality, in the shape that programs of this field read.
#pragma once

#include "release/release_name.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <mutex>
#include <unordered_map>

namespace quarry::api {

/// "Bluray-2160p", "WEBDL-1080p", "Remux-1080p", "CAM" …; "Unknown" when the name states no source.
[[nodiscard]] std::string quality_name(const release::ReleaseName& name);

/// "bluray", "webdl" …; "h265" …; "unknown" when not stated.
[[nodiscard]] std::string_view source_word(sdk::Source source) noexcept;
[[nodiscard]] std::string_view codec_word(sdk::VideoCodec codec) noexcept;

/// {"quality": {"name", "source", "resolution", "modifier"}, "revision": {"version", "real", "isRepack"}}
[[nodiscard]] std::string quality_json(const release::ReleaseName& name);

/// quality_json of titles: a page of the queue shows the same ones again and again, and reading a name
/// costs more than writing the rest of its row. Holds at most 4,096 titles. [thread-safe]
class QualityCache {
 public:
  /// Writes the value of a key, or an element.
  void write(sdk::JsonWriter& w, std::string_view title);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> known_;
};

}  // namespace quarry::api
