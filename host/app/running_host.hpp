// SPDX-License-Identifier: MIT
// The composition root: a manifest in, a running system out, and its orderly end.
#pragma once

#include "app/start_failure.hpp"
#include "manifest/manifest.hpp"

#include <quarry/sdk/abi/services.hpp>

#include <functional>
#include <memory>
#include <string>

namespace quarry::app {

class RunningHost {
 public:
  /// Both outlive this object.
  RunningHost(const manifest::Manifest& manifest, const sdk::Clock& clock);
  ~RunningHost();

  /// Plugins, HTTP, storage, engine, in this order; what was started is ended again when a later part
  /// fails. While a storage that is down is waited for, HTTP answers 503 for the API. `on_listening` is called before
  /// that: from then on the process can be left by _exit without harm, until `on_opened` is called. That is when
  /// nothing can fail any more, and before anybody is told that the host is ready or any work begins, which needs
  /// stop(). To be called once.
  [[nodiscard]] StartFailure start(const std::function<void()>& on_listening = {},
                                   const std::function<void()>& on_opened = {});

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
