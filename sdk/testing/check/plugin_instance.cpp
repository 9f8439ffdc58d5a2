// SPDX-License-Identifier: MIT
#include "plugin_instance.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <dlfcn.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace quarry::sdk::check {
namespace {

std::string with_folder(std::string text, const std::string& folder) {
  constexpr std::string_view kMark = "{fresh}";
  for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + folder.size())) {
    text.replace(at, kMark.size(), folder);
  }
  return text;
}

const PluginEntry& load() {
  const std::string file = settings().library.string();
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    throw std::runtime_error("cannot be loaded: " + std::string(why == nullptr ? "no reason given" : why));
  }
  const auto* entry = static_cast<const PluginEntry*>(::dlsym(library, kEntrySymbol));
  if (entry == nullptr) { throw std::runtime_error("has no " + std::string(kEntrySymbol)); }
  const bool same = entry->magic == kEntryMagic && entry->struct_size >= sizeof(PluginEntry) &&
                    entry->sdk_major == kSdkMajor && entry->sdk_minor == kSdkMinor &&
                    entry->abi_tag == std::string_view(kAbiTag);
  if (!same) {
    throw std::runtime_error("was built for another SDK than this program: see `quarry plugin check FILE`");
  }
  return *entry;
}

}  // namespace

Settings& settings() {
  static Settings all;
  return all;
}

const PluginEntry& loaded_entry() {
  static const PluginEntry& entry = load();
  return entry;
}

std::string run_command(std::string_view option, const std::string& command) {
  FILE* output = ::popen(command.c_str(), "re");
  if (output == nullptr) { throw std::runtime_error("the shell cannot be started"); }
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), output)) > 0;) {
    text.append(buffer.data(), n);
  }
  const int status = ::pclose(output);
  if (status != 0) {
    const std::string code = WIFEXITED(status) ? std::to_string(WEXITSTATUS(status)) : "a signal";
    throw std::runtime_error("the command of " + std::string(option) + " ended with " + code);
  }
  return text;
}

Place::Place() : folder_(settings().folder / "place-XXXXXX") {
  std::string folder = folder_.string();
  if (::mkdtemp(folder.data()) == nullptr) { throw std::runtime_error("no folder can be made in " + folder); }
  folder_ = folder;
  const Settings& s = settings();
  config_ =
      with_folder(s.prepare.empty() ? s.config : run_command("--prepare", with_folder(s.prepare, folder)), folder);
}
Place::~Place() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

PluginInstance::PluginInstance(HostServices& services, const std::string& config) {
  const PluginEntry& entry = loaded_entry();
  if (const Done valid = validate_json(entry.config_schema, config); !valid.ok()) {
    throw std::runtime_error("the configuration does not fit the schema: " + valid.error().text);
  }
  const testing::ManualClock clock;
  BasicContext ctx(clock, 30'000, "create");
  instance_ = entry.create(ctx, services, config);
  if (instance_ == nullptr) { throw std::runtime_error("no instance can be made: " + ctx.text()); }
}

std::string secret_of_config() {
  const auto schema = JsonDocument::parse(settings().entry.schema);
  const auto config = JsonDocument::parse(settings().config);
  if (!schema || !config) { return {}; }
  const Json properties = schema->root()["properties"];
  for (std::size_t i = 0; i < properties.size(); ++i) {
    const Json value = config->root()[properties.key_at(i)];
    if (properties.value_at(i)["secret"].as_bool() && !value.as_string().empty()) {
      return std::string(value.as_string());
    }
  }
  return {};
}

void follow_clock(testing::ManualClock& clock) {
  if (settings().clock.empty()) { return; }
  const auto set = [](std::int64_t wall_ms) {
    ::setenv("QUARRY_CLOCK_MS", std::to_string(wall_ms).c_str(), 1);
    static_cast<void>(run_command("--clock", settings().clock));
  };
  set(clock.wall_ms());
  clock.on_move(set);
}

}  // namespace quarry::sdk::check
