// SPDX-License-Identifier: MIT
// Ends the process while it is created.
#include "raw_entry.hpp"

#include <csignal>

namespace {
quarry::sdk::Instance* crash(quarry::sdk::CallContext&, quarry::sdk::HostServices&, std::string_view) noexcept {
  std::signal(SIGABRT, SIG_DFL);
  std::raise(SIGABRT);
  return nullptr;
}
}  // namespace

FAULTY_ENTRY(faulty::sound_entry("crashes", &crash));
