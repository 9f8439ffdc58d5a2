// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <string_view>

namespace quarry::hdbits {

const char kConfigSchema[] = R"({
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title": "HDBits",
  "type": "object",
  "properties": {
    "url": {"type": "string", "pattern": "^https?://", "default": "https://hdbits.org",
      "description": "Address of the site. Plain http is taken for a server on this machine only."},
    "username": {"type": "string", "minLength": 1, "maxLength": 128,
      "description": "Account name on the site."},
    "passkey": {"type": "string", "minLength": 6, "maxLength": 256, "secret": true,
      "description": "Passkey from the profile page of the site. The account needs two-factor login for API use."},
    "categories": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 99}, "maxItems": 20, "default": [1],
      "description": "Category ids to ask for: 1 Movie, 2 TV, 3 Documentary, 4 Music, 5 Sport, 6 Audio Track, 7 XXX, 8 Misc/Demo. Empty: all."},
    "codecs": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 99}, "maxItems": 20, "default": [],
      "description": "Codec ids to ask for: 1 H.264, 2 MPEG-2, 3 VC-1, 4 XviD, 5 HEVC. Empty: all."},
    "mediums": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 99}, "maxItems": 20, "default": [],
      "description": "Medium ids to ask for: 1 full disc, 3 encode, 4 capture, 5 remux, 6 WEB-DL. Empty: all."},
    "origins": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 1}, "maxItems": 2, "default": [],
      "description": "Origins to ask for: 0 undefined, 1 internal. Empty: all."},
    "min_interval_ms": {"type": "integer", "minimum": 0, "maximum": 600000, "default": 5000,
      "description": "Least time between two requests, in milliseconds. At least 2000, except for a server on this machine."},
    "jitter_percent": {"type": "integer", "minimum": 0, "maximum": 100, "default": 30,
      "description": "Up to this much of min_interval_ms is added at random, so that many hosts do not fall into step."},
    "daily_api_calls": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 200,
      "description": "Most searches, polls and tests in 24 hours."},
    "daily_downloads": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 50,
      "description": "Most .torrent files fetched in 24 hours."},
    "search_cache_minutes": {"type": "integer", "minimum": 0, "maximum": 1440, "default": 30,
      "description": "How long the answer to a search is used again; twice as long when nothing was found. 0: never."}
  },
  "required": ["username", "passkey"],
  "additionalProperties": false
})";

namespace {

constexpr std::int64_t kFloorMs = 2000;

std::vector<std::int64_t> ids(const sdk::Config& config, std::string_view key,
                              std::vector<std::int64_t> fallback = {}) {
  const sdk::Json list = config[key];
  if (!list.is_array()) { return fallback; }
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < list.size(); ++i) { out.push_back(list.at(i).as_int()); }
  return out;
}

/// The host of "host", "host:1" or "[::1]:1".
std::string_view host_of(std::string_view authority) noexcept {
  if (authority.starts_with('[')) { return authority.substr(0, authority.find(']') + 1); }
  return authority.substr(0, authority.find(':'));
}

bool is_loopback(std::string_view host) noexcept {
  // "127.example.org" is a name somebody can own, so all that follows has to be digits and dots.
  const bool v4 = host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return v4 || host == "localhost" || host == "[::1]";
}

/// Fills url and site; answers whether the server is on this machine.
bool take_url(Settings& s, std::string url) {
  if (url.find_first_of("@?#\\ \t\r\n") != std::string::npos) {
    throw sdk::Error(sdk::Code::invalid,
                     "\"url\" must be scheme, host and path only, such as https://hdbits.org: the name and the "
                     "passkey have fields of their own");
  }
  while (url.ends_with('/')) { url.pop_back(); }
  const std::size_t start = url.find("://");
  const std::string_view rest =
      start == std::string::npos ? std::string_view() : std::string_view(url).substr(start + 3);
  s.site = rest.substr(0, rest.find('/'));
  if (host_of(s.site).empty()) {
    throw sdk::Error(sdk::Code::invalid, "\"url\" names no host: write it like https://hdbits.org");
  }
  const bool local = is_loopback(host_of(s.site));
  if (!url.starts_with("https://") && !local) {
    throw sdk::Error(sdk::Code::invalid,
                     "\"url\" must start with https://, since every request carries the passkey; plain http is for a "
                     "server on this machine only");
  }
  s.url = std::move(url);
  return local;
}

}  // namespace

Settings settings_from(const sdk::Config& config) {
  Settings s;
  const bool local = take_url(s, config.text("url", "https://hdbits.org"));
  s.username = config.text("username");
  s.passkey = config.text("passkey");
  if (s.username.empty() || s.passkey.empty()) {
    throw sdk::Error(sdk::Code::invalid, "\"username\" and \"passkey\" must both be given");
  }
  s.categories = ids(config, "categories", {1});
  s.codecs = ids(config, "codecs");
  s.mediums = ids(config, "mediums");
  s.origins = ids(config, "origins");
  s.min_interval_ms = config.integer("min_interval_ms", s.min_interval_ms);
  s.jitter_percent = config.integer("jitter_percent", s.jitter_percent);
  s.daily_api_calls = config.integer("daily_api_calls", s.daily_api_calls);
  s.daily_downloads = config.integer("daily_downloads", s.daily_downloads);
  s.search_cache_minutes = config.integer("search_cache_minutes", s.search_cache_minutes);
  if (s.min_interval_ms < kFloorMs && !local) {
    throw sdk::Error(sdk::Code::invalid,
                     "\"min_interval_ms\" must be at least 2000: the site limits how often a program may ask; a lower "
                     "value is for a server on this machine only");
  }
  return s;
}

std::uint64_t account_mark(const Settings& settings) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) { hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL; }
    hash = (hash ^ 0xFFU) * 1099511628211ULL;  // a byte no UTF-8 text holds ends each field
  };
  mix(settings.url);
  mix(settings.username);
  mix(std::to_string(settings.passkey.size()));
  return hash;
}

}  // namespace quarry::hdbits
