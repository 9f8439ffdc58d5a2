// SPDX-License-Identifier: MIT
// Works, and exports more than its entry.
#include "raw_entry.hpp"

extern "C" __attribute__((visibility("default"))) int quarry_second_export() { return 2; }

FAULTY_ENTRY(faulty::sound_entry("two-exports", &faulty::make<faulty::Quiet>));
