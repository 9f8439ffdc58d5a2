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

  /// HTTP first, then the engine, then the plugins, storage last; at most 10 s in all. False: something
  /// still runs that cannot be stopped; the process must leave by _exit.
  [[nodiscard]] bool stop();

  /// The port it listens on, once started.
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace quarry::app
