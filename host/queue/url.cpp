// SPDX-License-Identifier: MIT
#include "queue/url.hpp"

#include <algorithm>
#include <vector>

namespace quarry::queue {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

char lower_char(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_letter(char c) noexcept { return lower_char(c) >= 'a' && lower_char(c) <= 'z'; }
bool is_scheme_char(char c) noexcept {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}
std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_char);
  return out;
}

/// A URL or a relative reference taken apart. The views include their mark: "http:", "//host", "?query".
struct Reference {
  std::string_view scheme, authority, path, query;
};

Reference split(std::string_view text) noexcept {
  Reference parts;
  text = text.substr(0, text.find('#'));
  const auto mark = text.find_first_of(":/?");
  const bool named = mark != std::string_view::npos && mark > 0 && text[mark] == ':' && is_letter(text[0]) &&
                     std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(mark), is_scheme_char);
  if (named) {
    parts.scheme = text.substr(0, mark + 1);
    text.remove_prefix(mark + 1);
  }
  if (text.substr(0, 2) == "//") {
    parts.authority = text.substr(0, text.find_first_of("/?", 2));
    text.remove_prefix(parts.authority.size());
  }
  parts.path = text.substr(0, text.find('?'));
  parts.query = text.substr(parts.path.size());
  return parts;
}

std::string joined(std::string_view scheme, std::string_view authority, std::string_view path, std::string_view query) {
  std::string out(scheme);
  return out.append(authority).append(path).append(query);
}

/// Takes the "." and ".." out of a path that starts with "/".
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    const bool dots = part == "." || part == "..";
    if (part == ".." && !kept.empty()) { kept.pop_back(); }
    if (!dots) { kept.push_back(part); }
    if (dots && end == path.size()) { kept.emplace_back(); }  // "/a/.." is a folder: it ends in "/"
    at = end + 1;
  }
  std::string out;
  for (const std::string_view part : kept) { out.append("/").append(part); }
  return out;
}

std::string_view without_user(std::string_view authority) noexcept {
  if (authority.substr(0, 2) == "//") { authority.remove_prefix(2); }
  const auto at = authority.rfind('@');
  return at == std::string_view::npos ? authority : authority.substr(at + 1);
}

void replace_all(std::string& text, std::string_view what) {
  static constexpr std::string_view kCut = "…";
  if (what.size() < 2) { return; }
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + kCut.size())) {
    text.replace(at, what.size(), kCut);
  }
}

}  // namespace

bool has_scheme(std::string_view url, std::string_view scheme) noexcept {
  return url.size() > scheme.size() && url[scheme.size()] == ':' &&
         std::equal(scheme.begin(), scheme.end(), url.begin(), [](char a, char b) { return a == lower_char(b); });
}

std::string host_of(std::string_view url) {
  const std::string_view authority = without_user(split(url).authority);
  const auto bracket = authority.find(']');  // an IPv6 address holds colons of its own
  return lower_case(authority.substr(0, authority.find(':', bracket == std::string_view::npos ? 0 : bracket)));
}

std::string origin_of(std::string_view url) {
  const Reference parts = split(url);
  return lower_case(parts.scheme) + "//" + lower_case(without_user(parts.authority));
}

std::string without_paths(std::string_view text, std::string_view url) {
  std::string out;
  while (!text.empty()) {
    const auto mark = text.find("://");
    std::size_t begin = std::min(mark, text.size());
    while (mark != std::string_view::npos && begin > 0 && is_scheme_char(text[begin - 1])) { --begin; }
    out.append(text.substr(0, begin));
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    if (!word.empty()) {
      const bool colon = word.back() == ':';  // of the sentence, as in "GET https://host/path: timed out"
      out += origin_of(colon ? word.substr(0, word.size() - 1) : word) + (colon ? ":" : "");
    }
    text.remove_prefix(word.size());
  }
  const Reference parts = split(url);
  replace_all(out, joined({}, {}, parts.path, parts.query));
  replace_all(out, parts.path);
  replace_all(out, parts.query);
  return out;
}

std::string resolve_location(std::string_view base, std::string_view location) {
  const Reference from = split(base);
  std::string encoded;
  for (const char c : location) { encoded += c == ' ' ? std::string("%20") : std::string(1, c); }
  const Reference to = split(encoded);
  if (!to.scheme.empty() && to.authority.empty()) { return encoded; }  // magnet: has no path to tidy
  if (!to.scheme.empty()) { return joined(to.scheme, to.authority, without_dots(to.path), to.query); }
  if (!to.authority.empty()) { return joined(from.scheme, to.authority, without_dots(to.path), to.query); }
  if (to.path.empty()) {
    return joined(from.scheme, from.authority, from.path, to.query.empty() ? from.query : to.query);
  }
  std::string path(to.path);
  if (path.front() != '/') {
    const std::string_view folder = from.path.substr(0, from.path.rfind('/') + 1);
    path.insert(0, folder.empty() ? "/" : folder);
  }
  return joined(from.scheme, from.authority, without_dots(path), to.query);
}

}  // namespace quarry::queue
