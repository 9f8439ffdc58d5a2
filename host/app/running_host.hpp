// SPDX-License-Identifier: MIT
// The composition root: a manifest in, a running system out, and its orderly end.
#pragma once

#include "manifest/manifest.hpp"

#include <quarry/sdk/abi/services.hpp>

#include <memory>
#include <string>

namespace quarry::app {

/// Why the host did not start; exit_code 0: it did.
struct StartFailure {
  int exit_code = 0;
  std::string text;
};

class RunningHost {
 public:
  /// Both outlive this object.
  RunningHost(const manifest::Manifest& manifest, const sdk::Clock& clock);
  ~RunningHost();

  /// Plugins, storage, engine, HTTP, in this order; what was started is ended again when a later part
  /// fails. To be called once.
  [[nodiscard]] StartFailure start();

  /// The engine takes no more work and calls of plugins are cancelled, so that all who wait for them end soon;
  /// then HTTP, the engine and the plugins are ended, the storage last, so that what was under way is
  /// recorded. About 9 s in all, as long as the storage answers. False: something still runs that cannot be
  /// stopped; the process must leave by _exit.
  [[nodiscard]] bool stop();

  /// Where it listens, once started: "127.0.0.1:7878", with the port really taken.
  [[nodiscard]] std::string listens_at() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace quarry::app
