// SPDX-License-Identifier: MIT
#include "plugins/plugin_entry.hpp"

#include "plugins/library_file.hpp"

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/scorer.hpp>
#include <quarry/sdk/helpers/json.hpp>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

namespace quarry::plugins {
namespace {

constexpr std::size_t kMaxProvides = 32;

using FileId = std::pair<dev_t, ino_t>;

/// Every library ever loaded. Never closed, never freed: code and statics of a plugin may be in use
/// until the process ends.
struct LoadedLibraries {
  std::mutex mutex;
  std::map<FileId, boost::dll::shared_library> by_file;
};
LoadedLibraries& loaded_libraries() {
  static auto& libraries = *new LoadedLibraries;
  return libraries;
}

sdk::Failure bad_entry(const std::filesystem::path& file, const std::string& clause) {
  return sdk::failure(sdk::Code::invalid, file.string() + " " + clause);
}

/// What the dynamic loader said, without the file's name, which our sentence has already.
std::string loader_message(const std::system_error& error, const std::string& opened) {
  std::string text = error.what();
  if (const auto at = text.find(opened + ": "); at != std::string::npos) { text = text.substr(at + opened.size() + 2); }
  if (const auto end = text.rfind("): Bad file descriptor"); end != std::string::npos) { text.resize(end); }
  return text;
}

sdk::Result<const boost::dll::shared_library*> load(LibraryFile& file, bool pinned) {
  auto& libraries = loaded_libraries();
  const std::lock_guard lock(libraries.mutex);
  if (const auto known = libraries.by_file.find(file.id()); known != libraries.by_file.end()) { return &known->second; }
  // A pinned file is opened through the descriptor that was hashed, so it cannot be swapped in between.
  // Else by its path, which a debugger understands.
  const std::string name = pinned ? "/proc/self/fd/" + std::to_string(file.fd()) : file.path().string();
  try {
    boost::dll::shared_library library(name, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    if (pinned) { file.keep_open(); }
    return &libraries.by_file.emplace(file.id(), std::move(library)).first->second;
  } catch (const std::system_error& e) {
    return bad_entry(file.path(), "cannot be loaded: " + loader_message(e, name));
  }
}

bool is_plugin_id(std::string_view id) {
  return !id.empty() && id.size() <= 40 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string hex(std::uint32_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "0x";
  for (unsigned shift = 32; shift > 0; shift -= 4) { out += kDigits[(value >> (shift - 4)) & 15U]; }
  return out;
}

/// The head of the entry, whose place is the same in every version: read before the rest is trusted.
std::string head_problem(const sdk::PluginEntry& entry) {
  if (entry.magic != sdk::kEntryMagic) {
    return "has an entry that does not begin with the magic number " + hex(sdk::kEntryMagic) + " but with " +
           hex(entry.magic) + ": define it with QUARRY_PLUGIN()";
  }
  if (entry.struct_size < sizeof(sdk::PluginEntry)) {
    return "has an entry of " + std::to_string(entry.struct_size) + " bytes where this Quarry needs " +
           std::to_string(sizeof(sdk::PluginEntry)) + ": build it again with this SDK";
  }
  const bool same = entry.sdk_major == sdk::kSdkMajor && (sdk::kSdkMajor != 0 || entry.sdk_minor == sdk::kSdkMinor);
  if (!same) {
    return "is built for SDK " + std::to_string(entry.sdk_major) + "." + std::to_string(entry.sdk_minor) +
           ", this Quarry has SDK " + std::to_string(sdk::kSdkMajor) + "." + std::to_string(sdk::kSdkMinor) +
           ": build it again with this SDK";
  }
  const std::string tag = entry.abi_tag == nullptr ? "" : entry.abi_tag;
  if (tag != sdk::kAbiTag) {
    return "is built for \"" + tag + "\", this Quarry for \"" + sdk::kAbiTag +
           "\": build it with the same kind of compiler";
  }
  return {};
}

std::string body_problem(const sdk::PluginEntry& entry) {
  if (entry.id == nullptr || !is_plugin_id(entry.id)) {
    return "has an id that is not 1 to 40 of the characters a-z, 0-9 and -";
  }
  if (entry.version == nullptr || entry.description == nullptr || entry.create == nullptr ||
      entry.provides == nullptr) {
    return "has an entry with an empty field: version, description, provides and create are required";
  }
  if (entry.max_concurrency < 1 || entry.max_concurrency > 64) {
    return "has max_concurrency " + std::to_string(entry.max_concurrency) + ": it must be 1 to 64";
  }
  if (entry.config_schema == nullptr) { return "has no configuration schema: give at least {\"type\": \"object\"}"; }
  const auto schema = sdk::JsonDocument::parse(entry.config_schema);
  if (!schema) { return "has a configuration schema that is " + schema.error().text; }
  if (!schema->root().is_object()) { return "has a configuration schema that is no JSON object"; }
  return {};
}

std::vector<std::string> interfaces_of(const sdk::PluginEntry& entry) {
  std::vector<std::string> ids;
  for (const char* const* id = entry.provides; *id != nullptr && ids.size() < kMaxProvides; ++id) {
    ids.emplace_back(*id);
  }
  return ids;
}

}  // namespace

std::string_view kind_of(std::string_view interface_id) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kKinds{{
      {sdk::QueueStore::kId, "storage"},
      {sdk::DownloadClient::kId, "download-client"},
      {sdk::Indexer::kId, "indexer"},
      {sdk::Scorer::kId, "scorer"},
  }};
  for (const auto& [id, kind] : kKinds) {
    if (id == interface_id) { return kind; }
  }
  return {};
}

sdk::Result<EntryInfo> read_entry(const LibraryRef& ref) {
  auto file = open_library(ref);
  if (!file) { return file.error(); }
  const auto library = load(*file, !ref.sha256.empty());
  if (!library) { return library.error(); }
  const auto& entry = (*library)->get<const sdk::PluginEntry>(sdk::kEntrySymbol);
  std::string problem = head_problem(entry);
  if (problem.empty()) { problem = body_problem(entry); }
  if (!problem.empty()) { return bad_entry(file->path(), problem); }
  EntryInfo info{
      entry.id,     entry.version, entry.description, interfaces_of(entry), entry.config_schema, entry.max_concurrency,
      file->path(), &entry};
  if (std::none_of(info.provides.begin(), info.provides.end(), [](const auto& id) { return !kind_of(id).empty(); })) {
    std::string offered;
    for (const auto& id : info.provides) { offered += (offered.empty() ? "" : ", ") + id; }
    return bad_entry(file->path(),
                     "provides nothing this Quarry knows (it offers: " + (offered.empty() ? "nothing" : offered) + ")");
  }
  return info;
}

sdk::Result<EntryInfo> read_entry(const std::filesystem::path& file) {
  return read_entry(LibraryRef{std::filesystem::absolute(file).string(), {}, {}});
}

}  // namespace quarry::plugins
