// SPDX-License-Identifier: MIT
#include "postgres_records.hpp"

namespace {

namespace sdk = quarry::sdk;

class PostgresStorage final : public sdk::PluginOfParts<sdk::QueueStore, sdk::RecordStore> {
 public:
  PostgresStorage(sdk::HostServices& services, const sdk::Config& config) : queue_(services, config) {
    offer(queue_, records_.store());
  }

 private:
  quarry::storage_postgres::PostgresQueueStore queue_;
  quarry::storage_postgres::PostgresRecords records_{queue_};
};

}  // namespace

QUARRY_PLUGIN(PostgresStorage, "storage-postgres", "0.1.0",
              "Keeps the queue and all records in a PostgreSQL database that several hosts may share.",
              quarry::storage_postgres::kConfigSchema, 64);
