// SPDX-License-Identifier: MIT
#include "app/commands.hpp"
#include "app/exit_codes.hpp"
#include "app/load.hpp"
#include "app/running_host.hpp"
#include "ops/logging.hpp"

#include <quarry/sdk/helpers/system_clock.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <semaphore>
#include <thread>

#include <unistd.h>

namespace quarry::app {
namespace {

constexpr timespec kStopLimit{10, 0};

struct Progress {
  std::atomic<bool> listening{false};  ///< answers, and waits for the storage
  std::atomic<bool> started{false};    ///< may work from now on, so it is stopped in order
  std::binary_semaphore asked_to_stop{0};
};

/// What the signal thread does: before the host runs a signal ends the process, which loses nothing, since
/// the storage commits whole steps; then the first one asks it to stop, and a second one, or 10 s, end it.
/// A host that only waits for its storage has done what it was asked to when it ends.
void take_signals(const std::shared_ptr<Progress>& progress, const sigset_t& set) {
  int signal = 0;
  sigwait(&set, &signal);
  if (progress->listening && !progress->started) {
    ops::log(sdk::LogLevel::info, "app", "stopped while the storage was opened; nothing was under way");
    ::_exit(kExitOk);
  }
  if (!progress->started) {
    std::cerr << "quarry: ended by a signal while starting\n";
    ::_exit(128 + signal);
  }
  progress->asked_to_stop.release();
  do { signal = sigtimedwait(&set, nullptr, &kStopLimit); } while (signal < 0 && errno == EINTR);
  if (signal > 0) { ::_exit(128 + signal); }
  ops::log(sdk::LogLevel::warning, "app",
           "not everything ended within 10 s; leaving it, it is taken up at the next start");
  ::_exit(kExitOk);
}

/// From now on signals are taken by a thread of their own; every thread started later inherits the mask.
std::shared_ptr<Progress> watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  auto progress = std::make_shared<Progress>();
  std::thread([progress, set] { take_signals(progress, set); }).detach();
  return progress;
}

}  // namespace

int serve(const HostArguments& arguments) {
  const auto progress = watch_signals();
  const manifest::Loaded loaded = load_manifest_for(arguments);
  if (!loaded.ok()) {
    for (const manifest::Problem& p : loaded.problems) { std::cerr << p.describe() << '\n'; }
    return kExitConfiguration;
  }
  const manifest::Manifest& manifest = *loaded.manifest;
  ops::init_logging(static_cast<sdk::LogLevel>(manifest.log_level));
  // What plugins are given as relative paths, such as the queue's file, must not depend on where somebody stood.
  std::filesystem::current_path(std::filesystem::absolute(manifest.file).parent_path());
  for (const manifest::PluginEntry& plugin : manifest.plugins) {
    for (const std::string& secret : plugin.secrets) { ops::register_secret(secret); }
  }
  const sdk::SystemClock clock;
  RunningHost host(manifest, clock);
  const StartFailure failure = host.start([&] { progress->listening = true; }, [&] { progress->started = true; });
  if (failure.exit_code != kExitOk) {
    std::cerr << ops::redact(failure.text) << '\n';
    return failure.exit_code;
  }
  ops::log(sdk::LogLevel::info, "app",
           "manifest " + manifest.file.string() + ", data in " + manifest.data_dir.string() + ", " +
               std::to_string(manifest.plugins.size()) + " plugins in " + manifest.plugin_dir.string());
  ops::log(sdk::LogLevel::info, "app", "quarry " QUARRY_VERSION " listens on " + host.listens_at());
  progress->asked_to_stop.acquire();
  ops::log(sdk::LogLevel::info, "app", "stopping; a second signal ends at once");
  if (!host.stop()) { ::_exit(kExitOk); }
  ops::log(sdk::LogLevel::info, "app", "stopped");
  return kExitOk;
}

}  // namespace quarry::app
