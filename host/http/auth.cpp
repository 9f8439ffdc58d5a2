// SPDX-License-Identifier: MIT
#include "http/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <stdexcept>

namespace quarry::http {

ApiKey::ApiKey(std::string_view key) : digest_(digest_of(key)) {
  if (key.empty()) { throw std::invalid_argument("the API key is empty"); }
}

ApiKey::Digest ApiKey::digest_of(std::string_view text) {
  Digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

bool ApiKey::is_key(std::string_view shown) const {
  const Digest digest = digest_of(shown);
  return CRYPTO_memcmp(digest.data(), digest_.data(), digest_.size()) == 0;
}

bool ApiKey::admits(const Fields& headers, const Fields& query) const {
  constexpr std::string_view kBearer = "bearer ";
  bool admitted = false;
  for (const auto& [name, value] : headers) {
    if (equal_ignoring_case(name, "x-api-key")) { admitted |= is_key(value); }
    const std::string_view text = value;
    if (equal_ignoring_case(name, "authorization") && equal_ignoring_case(text.substr(0, kBearer.size()), kBearer)) {
      admitted |= is_key(text.substr(kBearer.size()));
    }
  }
  for (const auto& [name, value] : query) {
    if (equal_ignoring_case(name, "apikey")) { admitted |= is_key(value); }
  }
  return admitted;
}

}  // namespace quarry::http
