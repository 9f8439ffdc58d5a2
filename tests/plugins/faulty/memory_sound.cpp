// SPDX-License-Identifier: MIT
// A queue store without fault, beside which the faulty ones are seen.
#include "memory_store.hpp"

QUARRY_PLUGIN(faulty::MemoryStore, "memory-sound", "1.0.0", "Keeps the queue in memory.", faulty::kPlaceSchema, 64);
