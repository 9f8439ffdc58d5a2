// SPDX-License-Identifier: MIT
// A storage with records without fault, beside which the faulty one is seen.
#include "memory_records.hpp"

QUARRY_PLUGIN(faulty::MemoryStorage<faulty::MemoryRecords>, "memory-records-sound", "1.0.0", "Keeps all in memory.",
              faulty::kPlaceSchema, 64);
