// SPDX-License-Identifier: MIT
// create() that throws. The SDK's own type would not let it, so the entry is declared anew.
#include "raw_entry.hpp"

#include <stdexcept>

namespace {
quarry::sdk::Instance* throws(quarry::sdk::CallContext&, quarry::sdk::HostServices&, std::string_view) {
  throw std::runtime_error("no database today");
}

struct EntryThatMayThrow {
  std::uint32_t magic, struct_size;
  std::uint16_t sdk_major, sdk_minor;
  std::uint32_t max_concurrency;
  const char *abi_tag, *id, *version, *description;
  const char* const* provides;
  const char* config_schema;
  quarry::sdk::Instance* (*create)(quarry::sdk::CallContext&, quarry::sdk::HostServices&, std::string_view);
};
static_assert(sizeof(EntryThatMayThrow) == sizeof(quarry::sdk::PluginEntry));
}  // namespace

extern "C" {
extern __attribute__((visibility("default"))) const EntryThatMayThrow quarry_plugin_entry_v1;
const EntryThatMayThrow quarry_plugin_entry_v1 = {quarry::sdk::kEntryMagic,
                                                  sizeof(EntryThatMayThrow),
                                                  quarry::sdk::kSdkMajor,
                                                  quarry::sdk::kSdkMinor,
                                                  1,
                                                  quarry::sdk::kAbiTag,
                                                  "create-throws",
                                                  "1.0.0",
                                                  "For tests.",
                                                  faulty::kProvides,
                                                  faulty::kAnyObject,
                                                  &throws};
}
