// SPDX-License-Identifier: MIT
// Promises an interface it does not have.
#include "raw_entry.hpp"

namespace {
constexpr const char* kPromises[] = {"quarry.indexer/1", "quarry.scorer/1", nullptr};
}

FAULTY_ENTRY(faulty::changed(faulty::sound_entry("lies", &faulty::make<faulty::Quiet>),
                             [](auto& entry) { entry.provides = kPromises; }));
