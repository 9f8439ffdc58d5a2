// SPDX-License-Identifier: MIT
// Has an interface that it does not promise.
#include "raw_entry.hpp"

namespace {
constexpr const char* kPromises[] = {"quarry.scorer/1", nullptr};
}

FAULTY_ENTRY(faulty::changed(faulty::sound_entry("modest", &faulty::make<faulty::Quiet>),
                             [](auto& entry) { entry.provides = kPromises; }));
