// SPDX-License-Identifier: MIT
#include "listener.hpp"
#include "postgres_admin.hpp"
#include "postgres_records.hpp"

namespace {

namespace sdk = quarry::sdk;

class PostgresStorage final
    : public sdk::PluginOfParts<sdk::QueueStore, sdk::RecordStore, sdk::StorageAdmin, sdk::QueueWakeup> {
 public:
  PostgresStorage(sdk::HostServices& services, const sdk::Config& config)
      : queue_(services, config),
        records_(queue_, sdk::get<sdk::Log>(services)),
        admin_(services, config),
        listener_(config) {
    offer(queue_, records_.store(), admin_, listener_);
  }

 private:
  quarry::storage_postgres::PostgresQueueStore queue_;
  quarry::storage_postgres::PostgresRecords records_;
  quarry::storage_postgres::PostgresAdmin admin_;
  quarry::storage_postgres::Listener listener_;
};

}  // namespace

QUARRY_PLUGIN(PostgresStorage, "storage-postgres", "0.1.0",
              "Keeps the queue and all records in a PostgreSQL database that several hosts may share.",
              quarry::storage_postgres::kConfigSchema, 64);
