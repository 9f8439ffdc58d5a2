// SPDX-License-Identifier: MIT
// Who may call: whoever shows the API key.
#pragma once

#include "http/message.hpp"

#include <array>

namespace quarry::http {

/// Knows the key only as a digest, and compares in constant time, so that neither the time an answer
/// takes nor a picture of the memory tells the key. [thread-safe]
class ApiKey {
 public:
  /// `key` must not be empty (std::invalid_argument): a host without a key must not serve.
  explicit ApiKey(std::string_view key);

  /// True when the request shows the key in `X-Api-Key`, in `Authorization: Bearer`, or, for programs
  /// that cannot set headers, in the query as `apikey`. One right one among them is enough.
  [[nodiscard]] bool admits(const Fields& headers, const Fields& query) const;

 private:
  using Digest = std::array<unsigned char, 32>;
  [[nodiscard]] static Digest digest_of(std::string_view text);
  [[nodiscard]] bool is_key(std::string_view shown) const;

  Digest digest_;
};

}  // namespace quarry::http
