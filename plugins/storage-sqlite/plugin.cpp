// SPDX-License-Identifier: MIT
#include "sqlite_queue_store.hpp"

namespace {
using Store = quarry::storage_sqlite::SqliteQueueStore;
}

QUARRY_PLUGIN(Store, "storage-sqlite", "0.1.0", "Keeps the queue in one SQLite file.",
              quarry::storage_sqlite::kConfigSchema, 64);
