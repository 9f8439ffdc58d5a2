// SPDX-License-Identifier: MIT
// Built for an SDK of the future.
#include "raw_entry.hpp"

FAULTY_ENTRY(faulty::changed(faulty::sound_entry("wrong-major", &faulty::make<faulty::Quiet>),
                             [](auto& entry) { entry.sdk_major = 99; }));
