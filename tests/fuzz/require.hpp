// SPDX-License-Identifier: MIT
// What the fuzz targets share: a promise that must hold for every input, and reading an input piece by piece.
//
// A target is a function of its input alone: no clock, no network, no file. It answers 0; a broken promise, an
// exception that escapes and a sanitizer's finding all end the process, and the input is kept by whoever runs it
// (driver.cpp in every build, libFuzzer in script/fuzz).
#pragma once

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace quarry::fuzz {

/// Ends the process when `holds` is false. `promise` says what should have been so.
inline void require(bool holds, std::string_view promise) {
  if (holds) { return; }
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

/// The JSON writer repairs what is not UTF-8: a text that comes back changed was not.
[[nodiscard]] inline bool is_utf8(std::string_view text) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), plain)) { return true; }
  const auto parsed = sdk::JsonDocument::parse(sdk::JsonWriter().value(text).take());
  return parsed.ok() && parsed->root().as_string() == text;
}

/// Empty, or that many lower-case hex digits.
[[nodiscard]] inline bool is_hash_or_empty(std::string_view text, std::size_t digits) {
  return text.empty() ||
         (text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

/// Takes an input apart from its front. What is asked for beyond its end is empty or 0.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  /// Up to the next end of line, which is taken too.
  std::string_view line() {
    const auto end = rest_.find('\n');
    const std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return out;
  }
  std::string_view bytes(std::size_t most) {
    const std::string_view out = rest_.substr(0, most);
    rest_.remove_prefix(out.size());
    return out;
  }
  /// Little-endian, of as many bytes as the type has.
  template <class Number>
  Number number() {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const char c : bytes(sizeof(Number))) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << shift;
      shift += 8;
    }
    return static_cast<Number>(value);
  }

 private:
  std::string_view rest_;
};

}  // namespace quarry::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
