// SPDX-License-Identifier: MIT
#include "sqlite_admin.hpp"
#include "sqlite_records.hpp"

namespace {

namespace sdk = quarry::sdk;

class SqliteStorage final : public sdk::PluginOfParts<sdk::QueueStore, sdk::RecordStore, sdk::StorageAdmin> {
 public:
  SqliteStorage(sdk::HostServices& services, const sdk::Config& config)
      : queue_(services, config), records_(queue_, sdk::get<sdk::Log>(services)), admin_(services, config) {
    offer(queue_, records_.store(), admin_);
  }

 private:
  quarry::storage_sqlite::SqliteQueueStore queue_;
  quarry::storage_sqlite::SqliteRecords records_;
  quarry::storage_sqlite::SqliteAdmin admin_;
};

}  // namespace

QUARRY_PLUGIN(SqliteStorage, "storage-sqlite", "0.1.0", "Keeps the queue and all records in one SQLite file.",
              quarry::storage_sqlite::kConfigSchema, 64);
