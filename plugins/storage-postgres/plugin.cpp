// SPDX-License-Identifier: MIT
#include "postgres_admin.hpp"
#include "postgres_queue_store.hpp"

#include <storage-sql/with_admin.hpp>

namespace {
using Store = quarry::storage_sql::WithAdmin<quarry::storage_postgres::PostgresQueueStore,
                                             quarry::storage_postgres::PostgresAdmin>;
}

QUARRY_PLUGIN(Store, "storage-postgres", "0.1.0",
              "Keeps the queue in a PostgreSQL database that several hosts may share.",
              quarry::storage_postgres::kConfigSchema, 64);
