// SPDX-License-Identifier: MIT
#include "hdbits_indexer.hpp"

// One call at a time: the site asks for one request at a time per account.
QUARRY_PLUGIN(quarry::hdbits::HdbitsIndexer, "hdbits", QUARRY_VERSION, "Searches HDBits through its JSON API.",
              quarry::hdbits::kConfigSchema, 1);
