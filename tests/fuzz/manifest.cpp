// SPDX-License-Identifier: MIT
// The text of a manifest: a whole manifest, or problems that tell no secret.
#include "require.hpp"

#include "manifest/manifest.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <set>

namespace {

using quarry::fuzz::require;
using namespace quarry::manifest;

constexpr std::string_view kSecret = "hidden-value-of-the-environment";

/// A file in memory: load_manifest() reads files only.
class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("manifest", MFD_CLOEXEC)) { require(fd_ >= 0, "the system gives a file in memory"); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(fd_); }

  void write(std::string_view text) const {
    const bool good =
        ftruncate(fd_, 0) == 0 && pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
    require(good, "a file in memory takes what is written");
  }
  [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

/// What a ${file:…} names must not decide what an input does.
std::string without_files(std::string_view text) {
  std::string out(text);
  for (auto at = out.find("file:"); at != std::string::npos; at = out.find("file:", at)) { out[at] = 'p'; }
  return out;
}

std::optional<std::string> variable(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> kValues{
      {"NUMBER", "3"},
      {"EMPTY", ""},
      {"BAD", "\xFF\xFE"},
      {"TOKEN", std::string(kSecret)},
      {"URL", "http://user:" + std::string(kSecret) + "@127.0.0.1:8080"},
  };
  const auto found = kValues.find(name);
  return found == kValues.end() ? std::nullopt : std::optional(found->second);
}

/// These are shown as they are, since they are no place for a secret: ids and rules of the allow list.
bool shows_values(std::string_view problem) {
  return problem.starts_with("the id ") || problem.starts_with("[http] allow: ") ||
         problem.starts_with("[plugin.config] of ");
}

void check_problems(const std::vector<Problem>& problems, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const bool said_anyway = text.find(kSecret) != std::string_view::npos;
  require(!problems.empty(), "without a manifest there is a problem");
  for (const Problem& problem : problems) {
    require(!problem.text.empty(), "a problem says what is wrong");
    require(problem.line <= lines + 1, "a problem lies within the file");
    require((problem.line == 0) == (problem.column == 0), "a place is a line and a column");
    require(said_anyway || shows_values(problem.text) || problem.describe().find(kSecret) == std::string::npos,
            "a problem tells no secret");
  }
}

void check_plugin(const PluginEntry& plugin) {
  require(!plugin.id.empty() && plugin.id.size() <= 40, "an id has 1 to 40 characters");
  require(!plugin.library.empty(), "a plugin has a library");
  require(quarry::fuzz::is_hash_or_empty(plugin.sha256, 64), "a digest is 64 hex digits");
  require(plugin.max_concurrency >= 0 && plugin.max_concurrency <= 64, "concurrency is 1 to 64, or 0");
  if (!plugin.enabled) { return; }
  const auto config = quarry::sdk::JsonDocument::parse(plugin.config_json);
  require(config.ok() && config->root().is_object(), "the configuration of a plugin is a JSON object");
  const bool holds_secret = plugin.config_json.find(kSecret) != std::string::npos;
  require(!holds_secret || !plugin.secrets.empty(), "a secret in a configuration is known as one");
  for (const auto& pointer : plugin.expanded) { require(pointer.starts_with('/'), "a value has a JSON pointer"); }
}

void check_manifest(const Manifest& manifest) {
  const Queue& queue = manifest.queue;
  require(manifest.data_dir.is_absolute() && manifest.plugin_dir.is_absolute(), "folders are absolute");
  require(queue.max_concurrent_downloads >= 1 && queue.max_concurrent_downloads <= 10, "1 to 10 downloads");
  require(queue.retry_base_ms >= 50 && queue.retry_base_ms <= queue.retry_cap_ms && queue.retry_cap_ms <= 86'400'000,
          "the pauses between attempts are in order");
  require(queue.lease_ms >= 1000 && queue.lease_ms <= 600'000 && queue.poll_ms >= 50, "times are within their limits");
  std::set<std::string> ids;
  for (const auto& plugin : manifest.plugins) {
    check_plugin(plugin);
    require(ids.insert(plugin.id).second, "each plugin has an id of its own");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MemoryFile file;
  const std::string text = without_files(quarry::fuzz::text_of(data, size));
  file.write(text);
  const Loaded loaded = load_manifest(file.path(), variable, {});
  if (loaded.ok()) {
    require(loaded.problems.empty(), "a manifest has no problems");
    check_manifest(*loaded.manifest);
  } else {
    check_problems(loaded.problems, text);
  }
  return 0;
}
