// SPDX-License-Identifier: MIT
#include "postgres_queue_store.hpp"

namespace {
using Store = quarry::storage_postgres::PostgresQueueStore;
}

QUARRY_PLUGIN(Store, "storage-postgres", "0.1.0",
              "Keeps the queue in a PostgreSQL database that several hosts may share.",
              quarry::storage_postgres::kConfigSchema, 64);
