// SPDX-License-Identifier: MIT
// quarry.toml: one file in, one typed and fully checked Manifest out.
//
// Where a setting can be given in several places, the first of these wins: command-line flag,
// environment variable, manifest, default. docs/configuration.md describes each setting.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::manifest {

/// Something to correct. `text` says what is wrong and what to write instead; it holds no secret.
struct Problem {
  std::string source;        ///< the file as it was named, a flag ("--listen") or a variable ("QUARRY_LISTEN")
  std::uint32_t line = 0;    ///< from 1; 0: not in the file
  std::uint32_t column = 0;  ///< from 1; 0 when line is 0
  std::string text;

  /// "quarry.toml:12:3: text", as compilers and editors write it.
  [[nodiscard]] std::string describe() const;
};

struct Listen {
  std::string address = "127.0.0.1";  ///< numeric IPv4 or IPv6 without brackets, or "localhost"
  std::uint16_t port = 7878;          ///< 0: any free port
};

enum class LogLevel : std::int32_t { debug = 0, info = 1, warning = 2, error = 3 };

struct Queue {
  int max_concurrent_downloads = 3;                        ///< 1–10
  int default_max_retries = 3;                             ///< 1–10
  bool priority_queue = true;                              ///< false: first come, first served
  std::int64_t priority_step_ms = 7LL * 24 * 3600 * 1000;  ///< `priority_step_hours`, 1–8760 h
  std::int64_t retry_base_ms = 1000;                       ///< `retry_base_s`, 0.05–3600 s
  std::int64_t retry_cap_ms = 3600 * 1000;                 ///< `retry_cap_s`, not less than the base, to 86400 s
  std::int64_t poll_ms = 2000;                             ///< 50–600000: pause between two looks at a client
  std::int64_t absence_span_ms = 10'000;    ///< 0–3600000: how long an item must be absent to count as gone
  std::int64_t lease_ms = 30'000;           ///< 1000–600000
  bool check_announced_size = true;         ///< block what is far from the size its indexer announced
  std::string default_category = "quarry";  ///< given to items in the download client
};

struct PluginEntry {
  std::string id;           ///< of the instance, [a-z0-9-]{1,40}, unique
  std::string library;      ///< as written: a name inside the plugin directory, or an absolute path
  std::string config_json;  ///< the [plugin.config] table as JSON, ${…} resolved; "{}" when absent
  /// Strings that must never be shown: values of ${file:…}, values of ${env:…} whose name speaks of a
  /// secret (PASS, KEY, TOKEN, SECRET, COOKIE), passwords inside URLs.
  std::vector<std::string> secrets;
  /// JSON pointers of the values that were one whole ${…}: text that may stand for a number or a
  /// boolean, if the plugin's schema says so.
  std::vector<std::string> expanded;
  std::string sha256;                ///< lower-case hex, or empty: not pinned
  std::int32_t max_concurrency = 0;  ///< 1–64; 0: what the plugin offers
  std::uint32_t line = 0;            ///< of its [[plugin]] in the manifest
  bool enabled = true;               ///< false: kept in the file, not loaded
  /// With Demand::storage: variables and files that the configuration names and that are not there or cannot be used.
  /// Where there are any, config_json is not to be used.
  std::vector<Problem> absences;
};

struct Manifest {
  std::filesystem::path file;
  Listen listen;
  std::filesystem::path data_dir;    ///< absolute
  std::filesystem::path plugin_dir;  ///< absolute
  LogLevel log_level = LogLevel::info;
  std::int64_t start_timeout_ms = 300'000;  ///< `start_timeout_s`, 0–86400 s: how long a start waits for the storage
  Queue queue;
  /// Hosts that may be reached although their address is private: "host:port", an address, or a CIDR block.
  std::vector<std::string> http_allow;
  std::vector<PluginEntry> plugins;  ///< in the order of the file
};

/// Reads an environment variable; nullopt when it is not set. A test passes a map.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
/// The environment of this process.
[[nodiscard]] Environment process_environment();

/// Command-line flags; empty: not given.
struct Overrides {
  std::optional<std::string> listen;
  std::optional<std::string> data_dir;
  std::optional<std::string> plugin_dir;
  std::optional<std::string> log_level;
  /// Used when plugin_dir is given nowhere; itself empty: "plugins" beside the manifest.
  std::filesystem::path default_plugin_dir;
};

/// What must be there of the variables and files that the manifest names.
enum class Demand : std::int32_t {
  everything = 0,
  /// Only what is needed to look after the storage. Which of the plugins that is, is not known here: each keeps its
  /// `absences`. Settings of [host] (but plugin_dir), [queue] and [http] whose values are not there keep their
  /// defaults.
  storage = 1,
};

/// Exactly one of the two is filled.
struct Loaded {
  std::optional<Manifest> manifest;
  std::vector<Problem> problems;  ///< all of them at once, in the order of the file

  [[nodiscard]] bool ok() const noexcept { return manifest.has_value(); }
};

/// Reads and checks the file; touches nothing else but the files named by ${file:…}. Relative paths
/// in the manifest are meant from its folder, those of flags and variables from the working folder.
/// Never throws for bad input. The order of plugins and whether their files exist is not judged here.
[[nodiscard]] Loaded load_manifest(const std::filesystem::path& file, const Environment& environment,
                                   const Overrides& overrides, Demand demand = Demand::everything);

/// "127.0.0.1:7878", "[::1]:0", "localhost:80"; nullopt when it is not of that form.
[[nodiscard]] std::optional<Listen> parse_listen(std::string_view text);

}  // namespace quarry::manifest
