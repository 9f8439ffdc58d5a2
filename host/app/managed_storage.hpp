// SPDX-License-Identifier: MIT
// The storage of a manifest, made to be looked after; nothing else of the manifest is started.
#pragma once

#include "app/commands.hpp"
#include "plugins/plugin_host.hpp"

#include <quarry/sdk/abi/storage_admin.hpp>
#include <quarry/sdk/helpers/context.hpp>

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace quarry::app {

class ManagedStorage {
 public:
  /// Reads the manifest and makes its storage; works in the manifest's folder from then on, as a host does. Null when
  /// that failed; then the reason was printed to `err`.
  [[nodiscard]] static std::unique_ptr<ManagedStorage> load(const HostArguments& arguments, const sdk::Clock& clock,
                                                            std::ostream& err);

  [[nodiscard]] sdk::StorageAdmin& admin() noexcept { return *admin_; }
  /// "storage-sqlite of /srv/quarry.toml": for sentences, and to know a source again.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Both were made from the same words. False says nothing: one storage can be written in two ways.
  [[nodiscard]] bool is_also(const ManagedStorage& other) const noexcept { return words_ == other.words_; }
  [[nodiscard]] std::string redact(std::string_view text) const { return host_->redact(text); }

  /// One call, with all the time it needs.
  [[nodiscard]] sdk::Done run(const std::function<sdk::Status(sdk::StorageAdmin&, sdk::CallContext&)>& call);

 private:
  ManagedStorage(const sdk::Clock& clock, std::unique_ptr<plugins::PluginHost> host) noexcept
      : clock_(clock), host_(std::move(host)) {}
  const sdk::Clock& clock_;
  std::unique_ptr<plugins::PluginHost> host_;
  sdk::StorageAdmin* admin_ = nullptr;
  std::string name_;
  std::vector<std::string> words_;  ///< plugin, configuration, and the folder that relative paths are meant from
};

}  // namespace quarry::app
