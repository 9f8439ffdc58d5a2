// SPDX-License-Identifier: MIT
// An entry written by hand, so that one thing in it can be wrong.
#pragma once

#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/plugin.hpp>

namespace faulty {

using namespace quarry::sdk;

/// An indexer that is sound and does nothing.
class Quiet : public Instance, public Indexer {
 public:
  virtual ~Quiet() = default;
  void* query(std::string_view id) noexcept override {
    return id == Indexer::kId ? static_cast<Indexer*>(this) : nullptr;
  }
  void destroy() noexcept override { delete this; }
  Status capabilities(CallContext&, IndexerCapabilities&) noexcept override { return {}; }
  Status test(CallContext&, TestSink&) noexcept override { return {}; }
  Status search(CallContext&, const IndexerQuery&, ReleaseSink&) noexcept override { return {}; }
  Status recent(CallContext&, std::int64_t, ReleaseSink&) noexcept override { return {}; }
  Status fetch(CallContext&, const ReleaseRef&, FetchSink&) noexcept override { return {}; }
};

inline constexpr const char* kProvides[] = {"quarry.indexer/1", nullptr};
inline constexpr char kAnyObject[] = R"({"type": "object"})";

template <class T>
Instance* make(CallContext&, HostServices&, std::string_view) noexcept {
  return new T();
}

/// A sound entry; each fault changes one member of it.
constexpr PluginEntry sound_entry(const char* id, decltype(PluginEntry::create) create) {
  return {kEntryMagic, sizeof(PluginEntry), kSdkMajor, kSdkMinor,  1,     kAbiTag, id,
          "1.0.0",     "For tests.",        kProvides, kAnyObject, create};
}
template <class Change>
constexpr PluginEntry changed(PluginEntry entry, Change change) {
  change(entry);
  return entry;
}

}  // namespace faulty

#define FAULTY_ENTRY(...)                                                                              \
  extern "C" {                                                                                         \
  extern __attribute__((visibility("default"))) const quarry::sdk::PluginEntry quarry_plugin_entry_v1; \
  constinit const quarry::sdk::PluginEntry quarry_plugin_entry_v1 = __VA_ARGS__;                       \
  }                                                                                                    \
  static_assert(true, "")
