// SPDX-License-Identifier: MIT
// A plugin's instance made of two objects: the store, and the one that looks after its storage. Each has an open() of
// its own, so one class cannot be both.
#pragma once

#include <quarry/sdk/abi/storage_admin.hpp>
#include <quarry/sdk/helpers/plugin.hpp>

#include <algorithm>
#include <array>

namespace quarry::storage_sql {

/// `Store` is an sdk::Plugin<…>, `Admin` a sdk::StorageAdmin; both are made from services and configuration, and
/// neither touches the storage before it is opened.
template <class Store, class Admin>
class WithAdmin final : public sdk::Instance {
 public:
  WithAdmin(sdk::HostServices& services, const sdk::Config& config)
      : store_(services, config), admin_(services, config) {}
  WithAdmin(const WithAdmin&) = delete;
  WithAdmin& operator=(const WithAdmin&) = delete;
  virtual ~WithAdmin() = default;

  void* query(std::string_view interface_id) noexcept override {
    if (interface_id == sdk::StorageAdmin::kId) { return static_cast<sdk::StorageAdmin*>(&admin_); }
    return store_.query(interface_id);
  }
  void destroy() noexcept override { delete this; }

 private:
  Store store_;
  Admin admin_;
};

/// Found by QUARRY_PLUGIN: what the store offers, and storage_admin/1.
template <class T, class Store, class Admin>
constexpr auto interface_ids(const WithAdmin<Store, Admin>*) {
  constexpr auto& kOfStore = sdk::detail::kInterfaceIds<Store>;  // it ends with a null
  std::array<const char*, kOfStore.size() + 1> ids{};
  std::copy(kOfStore.begin(), kOfStore.end(), ids.begin());
  ids[kOfStore.size() - 1] = sdk::StorageAdmin::kId.data();
  return ids;
}

}  // namespace quarry::storage_sql
