// SPDX-License-Identifier: MIT
// What a plugin library says of itself, read without calling any of its functions.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace quarry::plugins {

/// A copy of a checked PluginEntry, and the way to its create().
struct EntryInfo {
  std::string id;
  std::string version;
  std::string description;
  std::vector<std::string> provides;  ///< interface ids, at least one known to this host
  std::string config_schema;
  std::uint32_t max_concurrency = 1;        ///< 1–64
  std::filesystem::path library;            ///< absolute, symbolic links resolved
  const sdk::PluginEntry* entry = nullptr;  ///< lives as long as the process: libraries are never closed
};

/// Which library, and what must hold of it.
struct LibraryRef {
  std::string library;               ///< a name inside plugin_dir, or an absolute path
  std::filesystem::path plugin_dir;  ///< may be empty when `library` is absolute
  std::string sha256;                ///< lower-case hex; empty: not pinned
};

/// Checks the file (owner, mode, sha256, ELF, entry symbol), loads it and checks its entry. The
/// library's static constructors run; nothing else of it does. The same file is loaded once and
/// stays loaded. A failure is one sentence with the file in it, for the person who installed it:
/// docs/plugin-errors.md lists them. [thread-safe]
[[nodiscard]] sdk::Result<EntryInfo> read_entry(const LibraryRef& ref);
/// The same for a file named directly.
[[nodiscard]] sdk::Result<EntryInfo> read_entry(const std::filesystem::path& file);

/// "storage", "download-client", "indexer", "scorer" for a known interface id, else empty.
[[nodiscard]] std::string_view kind_of(std::string_view interface_id) noexcept;

}  // namespace quarry::plugins
