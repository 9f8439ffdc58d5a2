// SPDX-License-Identifier: MIT
#include "release.hpp"

#include "query.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace quarry::hdbits {
namespace {

// The site's ids, as far as this file decides by them.
constexpr std::int64_t kXxx = 7;
constexpr std::int64_t kFullDisc = 1;
constexpr std::int64_t kCapture = 4;
constexpr std::int64_t kRemux = 5;
constexpr std::int64_t kTv = 2;
constexpr std::int64_t kDocumentary = 3;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) { c = lower(c); }
  return out;
}

std::string_view category_name(std::int64_t id) noexcept {
  static constexpr std::array<std::string_view, 9> kNames = {"",      "Movie",       "TV",  "Documentary", "Music",
                                                             "Sport", "Audio Track", "XXX", "Misc/Demo"};
  return id > 0 && id < static_cast<std::int64_t>(kNames.size()) ? kNames[static_cast<std::size_t>(id)]
                                                                 : std::string_view();
}

std::int64_t integer(const sdk::Json& value, std::int64_t otherwise) noexcept {
  return lenient_integer(value).value_or(otherwise);
}

/// A count that cannot be negative; -1 when it is not known.
std::int32_t count(const sdk::Json& value) noexcept {
  const std::int64_t n = integer(value, -1);
  return n < 0 || n > std::numeric_limits<std::int32_t>::max() ? -1 : static_cast<std::int32_t>(n);
}

bool says_yes(const sdk::Json& value) {
  return value.as_bool() || lowered(value.as_string()) == "yes" || lenient_integer(value) == 1;
}

std::string title_of(const sdk::Json& row, std::int64_t category, std::int64_t medium) {
  constexpr std::string_view kSuffix = ".torrent";
  std::string file(row["filename"].as_string());
  if (lowered(file).ends_with(kSuffix)) { file.resize(file.size() - kSuffix.size()); }
  std::string name(row["name"].as_string());
  // The file name is the release name, except where uploaders do not follow one.
  const bool by_name = category == kXxx || medium == kFullDisc;
  if (by_name ? name.empty() : !file.empty()) { return file; }
  return name;
}

std::string infohash_of(const sdk::Json& value) {
  const std::string text = lowered(value.as_string());
  const bool hex = text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex ? text : std::string();
}

std::string imdb_of(const sdk::Json& imdb) {
  const sdk::Json id = imdb["id"];
  const auto number = id.is_string() ? imdb_number(id.as_string()) : lenient_integer(id);
  if (!number || *number <= 0 || *number > 999'999'999) { return {}; }
  std::string digits = std::to_string(*number);
  if (digits.size() < 7) { digits.insert(0, 7 - digits.size(), '0'); }
  return "tt" + digits;
}

/// The site's rules for what counts against a user's ratio; the first that matches wins.
void set_factors(Release& r, bool freeleech, std::int64_t category, std::int64_t medium, std::int64_t origin) {
  if (freeleech) {
    r.download_factor = 0;
  } else if (category == kXxx) {
    r.download_factor = 0;
    r.upload_factor = 0;
  } else if (medium == kFullDisc || medium == kCapture || medium == kRemux || origin == 1 || category == kTv ||
             category == kDocumentary) {
    r.download_factor = 0.5;
  }
}

}  // namespace

std::optional<std::int64_t> lenient_integer(const sdk::Json& value) noexcept {
  if (value.is_string()) {
    const std::string_view text = value.as_string();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) { return std::nullopt; }
    return number;
  }
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
  const std::int64_t number = value.as_int(kNone);
  return number == kNone ? std::nullopt : std::optional(number);
}

std::optional<Release> read_release(const sdk::Json& row) {
  const std::int64_t category = integer(row["type_category"], 0);
  const std::int64_t medium = integer(row["type_medium"], 0);
  const std::int64_t origin = integer(row["type_origin"], 0);
  Release r;
  r.id = integer(row["id"], 0);
  r.title = title_of(row, category, medium);
  if (r.id <= 0 || r.title.empty()) { return std::nullopt; }
  r.infohash = infohash_of(row["hash"]);
  r.imdb_id = imdb_of(row["imdb"]);
  r.category = category_name(category);
  const bool freeleech = says_yes(row["freeleech"]);
  r.flags = (freeleech ? sdk::kFreeleech : 0U) | (origin == 1 ? sdk::kInternal : 0U) |
            (integer(row["type_exclusive"], 0) == 1 ? sdk::kExclusive : 0U);
  const std::int64_t size = integer(row["size"], -1);
  r.size_bytes = size < 0 ? -1 : size;
  constexpr std::int64_t kYear5000 = 95'617'584'000;  // keeps the milliseconds far from overflow
  const std::int64_t added = integer(row["utadded"], 0);
  r.published_at_ms = added > 0 && added < kYear5000 ? added * 1000 : 0;
  r.seeders = count(row["seeders"]);
  r.leechers = count(row["leechers"]);
  r.grabs = count(row["times_completed"]);
  r.files = count(row["numfiles"]);
  set_factors(r, freeleech, category, medium, origin);
  return r;
}

std::vector<Release> read_releases(const sdk::Json& data, std::size_t& unreadable) {
  std::vector<Release> out;
  for (std::size_t i = 0; i < data.size(); ++i) {
    auto release = read_release(data.is_array() ? data.at(i) : data.value_at(i));
    if (release) {
      out.push_back(std::move(*release));
    } else {
      ++unreadable;
    }
  }
  return out;
}

bool give(const Release& release, std::string_view site_url, sdk::ReleaseSink& sink) {
  const std::string guid = std::to_string(release.id);
  const std::string info_url = std::string(site_url) + "/details.php?id=" + guid;
  sdk::ReleaseView view;
  view.flags = release.flags;
  view.guid = guid;
  view.title = release.title;
  view.infohash_v1 = release.infohash;
  view.info_url = info_url;
  view.category = release.category;
  view.imdb_id = release.imdb_id;
  view.size_bytes = release.size_bytes;
  view.published_at_ms = release.published_at_ms;
  view.seeders = release.seeders;
  view.leechers = release.leechers;
  view.grabs = release.grabs;
  view.files = release.files;
  view.download_factor = release.download_factor;
  view.upload_factor = release.upload_factor;
  return sink.add(view);
}

}  // namespace quarry::hdbits
