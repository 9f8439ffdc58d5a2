// SPDX-License-Identifier: MIT
// A configuration schema that is no JSON.
#include "raw_entry.hpp"

FAULTY_ENTRY(faulty::changed(faulty::sound_entry("schema-not-json", &faulty::make<faulty::Quiet>),
                             [](auto& entry) { entry.config_schema = "type: object"; }));
