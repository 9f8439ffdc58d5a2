// SPDX-License-Identifier: MIT
// The target of a request to our own API.
#include "require.hpp"

#include "http/target.hpp"

namespace {

using quarry::fuzz::require;

void check_text(std::string_view text) {
  require(text.find('\0') == std::string_view::npos, "what is decoded holds no NUL");
  require(quarry::fuzz::is_utf8(text), "what is decoded is UTF-8");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = quarry::fuzz::text_of(data, size);
  require(quarry::http::is_utf8(text) == quarry::fuzz::is_utf8(text), "all agree on what is UTF-8");
  const auto target = quarry::http::parse_target(text);
  if (!target) { return 0; }
  require(target->path.starts_with('/') && text.starts_with(target->path), "the path stays as it came");
  require(target->path.find('?') == std::string::npos, "a path holds no query");
  const auto slashes = static_cast<std::size_t>(std::count(target->path.begin(), target->path.end(), '/'));
  require(target->segments.size() <= slashes, "there are no more segments than slashes");
  for (const auto& segment : target->segments) { check_text(segment); }
  for (const auto& [name, value] : target->query) {
    check_text(name);
    check_text(value);
  }
  return 0;
}
