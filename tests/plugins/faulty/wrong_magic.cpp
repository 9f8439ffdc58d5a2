// SPDX-License-Identifier: MIT
// The symbol is there, and is something else.
#include "raw_entry.hpp"

FAULTY_ENTRY(faulty::changed(faulty::sound_entry("wrong-magic", &faulty::make<faulty::Quiet>),
                             [](auto& entry) { entry.magic = 0x12345678; }));
