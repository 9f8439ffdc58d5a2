// SPDX-License-Identifier: MIT
// The key that programs show to the HTTP API, kept in a file only its owner can read.
#pragma once

#include <quarry/sdk/helpers/result.hpp>

#include <filesystem>
#include <string>

namespace quarry::ops {

struct ApiKey {
  std::string key;       ///< 64 lower-case hex digits, or what the owner wrote into the file
  bool created = false;  ///< this call made the file
};

/// The key in `file`; when there is no such file, makes one of 32 random bytes with mode 0600, whole
/// or not at all: two starts at the same moment agree on one key, and a crash leaves no half file.
/// The folder must exist. [any-worker]
///
/// Refuses (`invalid`) a file that others than its owner can read or write, that belongs to another
/// user (root's is accepted), that is not a plain file, or whose content is no key: 16 to 128
/// printable characters without a blank, and at most one line end. Answers `unavailable` when it
/// cannot be read or written. The text names the file and what to do, never the key.
[[nodiscard]] sdk::Result<ApiKey> load_or_create_api_key(const std::filesystem::path& file);

}  // namespace quarry::ops
