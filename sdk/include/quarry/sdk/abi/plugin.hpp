// SPDX-License-Identifier: MIT
// The entry of a plugin and the objects every call meets.
//
// Threading tags used in all SDK headers:
//   [any-worker]   any worker thread of the host; never concurrently with itself on one instance
//                  unless the plugin's entry offers max_concurrency > 1
//   [thread-safe]  any thread, any time, also concurrently with itself
//   [create]       only while PluginEntry::create runs
//   [quiescent]    only while no other call on the instance is in flight
//
// Rules for everything that crosses (docs/plugin-authors.md has them with examples):
//   * fixed-width integers, double, enums over int32_t, std::string_view, std::span of such, structs
//     whose first member is struct_size, and references to SDK interfaces; nothing else
//   * a view is valid until the call it was passed to returns: who wants to keep data copies it
//   * lists come back through a sink the caller implements; its add() answering false means "enough"
//   * no exception may leave a method: each is noexcept, a throw ends the process
//   * a struct is read only up to its struct_size, so members can be appended; not to one that lies in a span or
//     inside another struct, whose size is a distance
#pragma once

#include <quarry/sdk/abi/status.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace quarry::sdk {

inline constexpr std::uint32_t kEntryMagic = 0x59525251;  // "QRRY", little endian
/// While the major version is 0 the SDK is not frozen, and the host asks for an equal minor too.
inline constexpr std::uint16_t kSdkMajor = 0;
inline constexpr std::uint16_t kSdkMinor = 1;
inline constexpr char kEntrySymbol[] = "quarry_plugin_entry_v1";

/// What the compiled code expects of its process. Compared as text before any plugin code runs.
#if defined(__SANITIZE_ADDRESS__)
#define QUARRY_SDK_ABI_SUFFIX "-asan"
#elif defined(__SANITIZE_THREAD__)
#define QUARRY_SDK_ABI_SUFFIX "-tsan"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QUARRY_SDK_ABI_SUFFIX "-asan"
#elif __has_feature(thread_sanitizer)
#define QUARRY_SDK_ABI_SUFFIX "-tsan"
#endif
#endif
#ifndef QUARRY_SDK_ABI_SUFFIX
#define QUARRY_SDK_ABI_SUFFIX ""
#endif
#if defined(__x86_64__)
#define QUARRY_SDK_ABI_ARCH "x86_64"
#elif defined(__aarch64__)
#define QUARRY_SDK_ABI_ARCH "aarch64"
#else
#define QUARRY_SDK_ABI_ARCH "other"
#endif
inline constexpr char kAbiTag[] = QUARRY_SDK_ABI_ARCH "-itanium-libstdcxx-cxx11" QUARRY_SDK_ABI_SUFFIX;

/// One per call; dead when the call returns. Implemented by the host.
struct CallContext {
  /// Milliseconds until the caller stops waiting; negative when that has passed. [thread-safe]
  [[nodiscard]] virtual std::int64_t remaining_ms() const noexcept = 0;
  /// True once the caller has given up: return soon, with Code::cancelled. [thread-safe]
  [[nodiscard]] virtual bool cancelled() const noexcept = 0;
  /// Names this piece of work in logs; never empty. [thread-safe]
  [[nodiscard]] virtual std::string_view request_id() const noexcept = 0;
  /// Leaves a sentence for the person who will read about the failure (what happened, where, what
  /// to do) and gives back `status`, so that `return ctx.fail(...)` reads well. The last call wins.
  /// `text` must hold no secret; it is copied, and cut at 4 KiB. [thread-safe]
  virtual Status fail(Status status, std::string_view text) noexcept = 0;

 protected:
  ~CallContext() = default;
};

/// What the host offers to a plugin. Outlives every instance.
struct HostServices {
  /// The service with this interface id ("quarry.http/1" …), or null when this host does not offer
  /// it. The address is that of the named interface. [thread-safe]
  [[nodiscard]] virtual void* query(std::string_view interface_id) noexcept = 0;

 protected:
  ~HostServices() = default;
};

/// One configured instance of a plugin.
struct Instance {
  /// The interface with this id, or null. The address is that of the named interface, never of the
  /// most derived object. The same id gives the same answer for the life of the instance. [thread-safe]
  [[nodiscard]] virtual void* query(std::string_view interface_id) noexcept = 0;
  /// Ends and frees the instance, threads included. Called once. [quiescent]
  virtual void destroy() noexcept = 0;

 protected:
  ~Instance() = default;
};

/// The only symbol a plugin exports: `extern "C" const PluginEntry quarry_plugin_entry_v1`.
/// It is data, so the host can read it, and refuse, before any code of the plugin is called.
struct PluginEntry {
  std::uint32_t magic;            ///< kEntryMagic
  std::uint32_t struct_size;      ///< sizeof(PluginEntry)
  std::uint16_t sdk_major;        ///< kSdkMajor
  std::uint16_t sdk_minor;        ///< kSdkMinor
  std::uint32_t max_concurrency;  ///< calls at once on one instance, 1–64
  const char* abi_tag;            ///< kAbiTag
  const char* id;                 ///< short and lasting, [a-z0-9-]{1,40}: "qbittorrent"
  const char* version;            ///< of the plugin: "1.2.0"
  const char* description;        ///< one line
  const char* const* provides;    ///< interface ids, ended by null; each must answer query()
  const char* config_schema;      ///< JSON Schema (draft 4) of the configuration; "secret": true marks a secret
  /// Makes an instance from a configuration that has passed the schema. Null on failure, explained
  /// through ctx.fail. `services` outlives the instance; `config_json` dies with the call. Must not
  /// reach out to the network: that is what test() is for. [create]
  Instance* (*create)(CallContext& ctx, HostServices& services, std::string_view config_json) noexcept;
};
static_assert(std::is_standard_layout_v<PluginEntry> && std::is_trivially_copyable_v<PluginEntry>);

/// The interface T of an instance or of the host's services, or null.
template <class T, class Owner>
[[nodiscard]] T* get(Owner& owner) noexcept {
  return static_cast<T*>(owner.query(T::kId));
}

/// Takes bytes in pieces. False: stop, enough.
struct ByteSink {
  virtual bool write(std::span<const std::byte> bytes) noexcept = 0;

 protected:
  ~ByteSink() = default;
};

}  // namespace quarry::sdk
