// SPDX-License-Identifier: MIT
// Base class and entry of a plugin. A complete plugin is:
//
//   class MyClient final : public quarry::sdk::Plugin<quarry::sdk::DownloadClient> {
//    public:
//     MyClient(quarry::sdk::HostServices& host, const quarry::sdk::Config& config);
//     quarry::sdk::Status test(quarry::sdk::CallContext& ctx, quarry::sdk::TestSink& facts) noexcept override {
//       return quarry::sdk::guard(ctx, [&] { … ordinary C++, exceptions allowed … });
//     }
//     …
//   };
//   QUARRY_PLUGIN(MyClient, "my-client", "1.0.0", "Downloads with my client.", kSchema, 4)
#pragma once

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/helpers/barrier.hpp>
#include <quarry/sdk/helpers/config.hpp>

#include <array>
#include <tuple>

namespace quarry::sdk {

/// An instance that offers exactly the interfaces listed. query() is made from that list, so it
/// always answers the address of the interface itself.
template <class... Interfaces>
class Plugin : public Instance, public Interfaces... {
 public:
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

  void* query(std::string_view interface_id) noexcept final {
    void* found = nullptr;
    ((interface_id == Interfaces::kId ? void(found = static_cast<Interfaces*>(this)) : void()), ...);
    return found;
  }
  void destroy() noexcept final { delete this; }
};

/// An instance whose interfaces are implemented by objects it owns, as they must be where two of the interfaces have a
/// method of the same name and arguments. Its constructor calls offer() with them.
template <class... Interfaces>
class PluginOfParts : public Instance {
 public:
  PluginOfParts(const PluginOfParts&) = delete;
  PluginOfParts& operator=(const PluginOfParts&) = delete;
  virtual ~PluginOfParts() = default;

  void* query(std::string_view interface_id) noexcept final {
    void* found = nullptr;
    ((interface_id == Interfaces::kId ? void(found = std::get<Interfaces*>(parts_)) : void()), ...);
    return found;
  }
  void destroy() noexcept final { delete this; }

 protected:
  PluginOfParts() = default;
  void offer(Interfaces&... parts) noexcept { parts_ = {&parts...}; }

 private:
  std::tuple<Interfaces*...> parts_;
};

namespace detail {
template <class T, class... I>
constexpr auto interface_ids(const Plugin<I...>*) {
  return std::array<const char*, sizeof...(I) + 1>{I::kId.data()..., nullptr};
}
template <class T, class... I>
constexpr auto interface_ids(const PluginOfParts<I...>*) {
  return std::array<const char*, sizeof...(I) + 1>{I::kId.data()..., nullptr};
}
template <class T>
inline constexpr auto kInterfaceIds = interface_ids<T>(static_cast<const T*>(nullptr));

template <class T>
Instance* create_instance(CallContext& ctx, HostServices& services, std::string_view config_json) noexcept {
  Instance* made = nullptr;
  static_cast<void>(guard(ctx, [&] { made = new T(services, Config::parse(config_json)); }));
  return made;
}
}  // namespace detail

}  // namespace quarry::sdk

/// Defines the entry. T(HostServices&, const Config&) may throw quarry::sdk::Error.
#define QUARRY_PLUGIN(T, ID, VERSION, DESCRIPTION, SCHEMA, MAX_CONCURRENCY)                                  \
  extern "C" {                                                                                               \
  extern __attribute__((visibility("default"))) const ::quarry::sdk::PluginEntry quarry_plugin_entry_v1;     \
  const ::quarry::sdk::PluginEntry quarry_plugin_entry_v1 = {::quarry::sdk::kEntryMagic,                     \
                                                             sizeof(::quarry::sdk::PluginEntry),             \
                                                             ::quarry::sdk::kSdkMajor,                       \
                                                             ::quarry::sdk::kSdkMinor,                       \
                                                             MAX_CONCURRENCY,                                \
                                                             ::quarry::sdk::kAbiTag,                         \
                                                             ID,                                             \
                                                             VERSION,                                        \
                                                             DESCRIPTION,                                    \
                                                             ::quarry::sdk::detail::kInterfaceIds<T>.data(), \
                                                             SCHEMA,                                         \
                                                             &::quarry::sdk::detail::create_instance<T>};    \
  }                                                                                                          \
  static_assert(true, "")
