// SPDX-License-Identifier: MIT
#include "sqlite_admin.hpp"
#include "sqlite_queue_store.hpp"

#include <storage-sql/with_admin.hpp>

namespace {
using Store =
    quarry::storage_sql::WithAdmin<quarry::storage_sqlite::SqliteQueueStore, quarry::storage_sqlite::SqliteAdmin>;
}

QUARRY_PLUGIN(Store, "storage-sqlite", "0.1.0", "Keeps the queue in one SQLite file.",
              quarry::storage_sqlite::kConfigSchema, 64);
