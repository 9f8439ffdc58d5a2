// SPDX-License-Identifier: MIT
// An entry that ends too early.
#include "raw_entry.hpp"

FAULTY_ENTRY(faulty::changed(faulty::sound_entry("short-struct", &faulty::make<faulty::Quiet>),
                             [](auto& entry) { entry.struct_size = 24; }));
