// SPDX-License-Identifier: MIT
#include "query.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <charconv>

namespace quarry::hdbits {
namespace {

bool in_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool has_word(std::string_view words, std::string_view word) {
  return (' ' + std::string(words) + ' ').find(' ' + std::string(word) + ' ') != std::string::npos;
}

void list_member(sdk::JsonWriter& w, std::string_view name, const std::vector<std::int64_t>& values) {
  if (values.empty()) { return; }
  w.key(name).begin_array();
  for (const std::int64_t v : values) { w.value(v); }
  w.end_array();
}

}  // namespace

std::optional<std::int64_t> imdb_number(std::string_view text) noexcept {
  if (text.starts_with("tt")) { text.remove_prefix(2); }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0 || text.size() > 12) {
    return std::nullopt;
  }
  return number;
}

std::string words_of(std::string_view text) {
  std::string out;
  bool gap = false;
  for (const char c : text) {
    if (!in_word(c)) {
      gap = !out.empty();
      continue;
    }
    if (gap) { out += ' '; }
    gap = false;
    out += c;
  }
  return out;
}

SiteQuery site_query(const sdk::IndexerQuery& query) {
  SiteQuery q;
  q.limit = std::clamp(query.limit, 1, kPageSize);
  q.page = std::max(query.offset, 0) / q.limit;
  q.imdb = imdb_number(query.imdb_id);
  if (q.imdb) { return q; }
  q.text = words_of(query.term);
  if (q.text.empty() && !query.term.empty()) {
    throw sdk::Error(sdk::Code::invalid,
                     "the search term holds no letter and no digit: name at least one word of the title");
  }
  if (q.text.empty() && !query.imdb_id.empty()) {
    throw sdk::Error(sdk::Code::invalid,
                     "the IMDb id is not of the form tt0133093, and there is no title to search for instead");
  }
  const std::string year = query.year > 0 ? std::to_string(query.year) : std::string();
  if (!q.text.empty() && !year.empty() && !has_word(q.text, year)) { q.text += ' ' + year; }
  return q;
}

std::string canonical_body(const Settings& settings, const SiteQuery& query) {
  sdk::JsonWriter w;
  w.begin_object();
  list_member(w, "category", settings.categories);
  list_member(w, "codec", settings.codecs);
  list_member(w, "medium", settings.mediums);
  list_member(w, "origin", settings.origins);
  if (query.imdb) {
    w.key("imdb").begin_object().member("id", *query.imdb).end_object();
  } else if (!query.text.empty()) {
    w.member("search", query.text);
  }
  w.member("limit", query.limit).member("page", query.page).end_object();
  return w.take();
}

std::string with_credentials(const Settings& settings, std::string_view canonical) {
  sdk::JsonWriter w;
  w.begin_object().member("username", settings.username).member("passkey", settings.passkey).end_object();
  std::string out = w.take();
  if (canonical.size() > 2) {
    out.back() = ',';
    out += canonical.substr(1);
  }
  return out;
}

}  // namespace quarry::hdbits
