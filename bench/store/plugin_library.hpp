// SPDX-License-Identifier: MIT
// A plugin loaded from its shared library, with a host that offers it a clock and nothing else.
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace quarry::bench {

/// One instance of a plugin. The library stays loaded to the end of the process, as in the host.
class PluginLibrary final : private sdk::HostServices {
 public:
  /// Throws std::runtime_error with a sentence when the library is not a plugin of this SDK or refuses
  /// `config_json`.
  PluginLibrary(const std::string& library, const std::string& config_json) {
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) { throw std::runtime_error(dlerror()); }
    const auto* entry = static_cast<const sdk::PluginEntry*>(dlsym(handle, sdk::kEntrySymbol));
    if (entry == nullptr || entry->magic != sdk::kEntryMagic || entry->sdk_minor != sdk::kSdkMinor) {
      throw std::runtime_error(library + " is not a plugin of this SDK");
    }
    sdk::BasicContext ctx = context();
    instance_ = entry->create(ctx, *this, config_json);
    if (instance_ == nullptr) { throw std::runtime_error(library + ": " + ctx.text()); }
  }
  ~PluginLibrary() { instance_->destroy(); }
  PluginLibrary(const PluginLibrary&) = delete;
  PluginLibrary& operator=(const PluginLibrary&) = delete;

  /// Throws std::runtime_error when the plugin does not have this interface.
  template <class Interface>
  [[nodiscard]] Interface& get() {
    auto* found = sdk::get<Interface>(*instance_);
    if (found == nullptr) { throw std::runtime_error("the plugin has no " + std::string(Interface::kId)); }
    return *found;
  }
  /// For one call, with a minute of time.
  [[nodiscard]] sdk::BasicContext context() const { return {clock_, 60'000, "bench"}; }

 private:
  void* query(std::string_view id) noexcept override { return id == sdk::Clock::kId ? &clock_ : nullptr; }

  sdk::SystemClock clock_;
  sdk::Instance* instance_ = nullptr;
};

}  // namespace quarry::bench
