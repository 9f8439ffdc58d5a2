// SPDX-License-Identifier: MIT
// create() that gives nothing and no reason.
#include "raw_entry.hpp"

namespace {
quarry::sdk::Instance* nothing(quarry::sdk::CallContext&, quarry::sdk::HostServices&, std::string_view) noexcept {
  return nullptr;
}
}  // namespace

FAULTY_ENTRY(faulty::sound_entry("create-null", &nothing));
