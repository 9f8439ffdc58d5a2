// SPDX-License-Identifier: MIT
#include "ops/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

namespace quarry::ops {
namespace {

void fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t n = getrandom(out.data(), out.size(), 0);
    if (n < 0) {
      if (errno == EINTR) { continue; }
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace

std::string random_hex(std::size_t bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<std::byte> raw(bytes);
  fill(raw);
  std::string hex;
  hex.reserve(2 * bytes);
  for (const std::byte b : raw) {
    hex += kDigits[std::to_integer<std::size_t>(b >> 4)];
    hex += kDigits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return hex;
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  fill(std::as_writable_bytes(std::span(&seed, 1)));
  return seed;
}

}  // namespace quarry::ops
