// SPDX-License-Identifier: MIT
#include "app/commands.hpp"
#include "app/exit_codes.hpp"
#include "app/load.hpp"
#include "app/running_host.hpp"
#include "app/system_clock.hpp"
#include "ops/logging.hpp"

#include <csignal>
#include <iostream>
#include <thread>

#include <unistd.h>

namespace quarry::app {
namespace {

/// Signals are taken by sigwait on this thread alone; every thread started later inherits the mask.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

void leave_on_next(const sigset_t& set) {
  std::thread([set] {
    int signal = 0;
    sigwait(&set, &signal);
    ::_exit(128 + signal);
  }).detach();
}

}  // namespace

int serve(const HostArguments& arguments) {
  const sigset_t signals = block_signals();
  const manifest::Loaded loaded = load_manifest_for(arguments);
  if (!loaded.ok()) {
    for (const manifest::Problem& p : loaded.problems) { std::cerr << p.describe() << '\n'; }
    return kExitConfiguration;
  }
  const manifest::Manifest& manifest = *loaded.manifest;
  ops::init_logging(static_cast<sdk::LogLevel>(manifest.log_level));
  for (const manifest::PluginEntry& plugin : manifest.plugins) {
    for (const std::string& secret : plugin.secrets) { ops::register_secret(secret); }
  }
  const SystemClock clock;
  RunningHost host(manifest, clock);
  if (const StartFailure failure = host.start(); failure.exit_code != kExitOk) {
    std::cerr << failure.text << '\n';
    return failure.exit_code;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  ops::log(sdk::LogLevel::info, "app", "stopping; a second signal ends at once");
  leave_on_next(signals);
  if (!host.stop()) { ::_exit(kExitOk); }
  return kExitOk;
}

}  // namespace quarry::app
