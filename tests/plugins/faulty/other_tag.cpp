// SPDX-License-Identifier: MIT
// Built by another kind of compiler.
#include "raw_entry.hpp"

FAULTY_ENTRY(faulty::changed(faulty::sound_entry("other-tag", &faulty::make<faulty::Quiet>),
                             [](auto& entry) { entry.abi_tag = "vax-itanium-libcxx"; }));
