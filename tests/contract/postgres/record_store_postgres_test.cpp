// SPDX-License-Identifier: MIT
// The records of the storage-postgres plugin keep the contract, on a real server, by a clock that the test moves.
#include <quarry/sdk/testing/record_store_contract.hpp>
#include <storage-postgres/postgres_records.hpp>
#include <storage-postgres/test_database.hpp>

namespace quarry::sdk::testing {
namespace {

using storage_postgres::testing::TestDatabase;

/// A host's view of the database.
struct Host {
  explicit Host(FakeHost& services) : queue(services, Config::parse(TestDatabase::get().config())), records(queue) {
    BasicContext ctx = services.context();
    if (!queue.open(ctx).ok() || !records.store().open(ctx).ok()) { throw std::runtime_error(ctx.text()); }
  }
  storage_postgres::PostgresQueueStore queue;
  storage_postgres::PostgresRecords records;
};

class PostgresRecordsUnderTest final : public RecordStoreUnderTest {
 public:
  PostgresRecordsUnderTest() {
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    hosts_.push_back(std::make_unique<Host>(host_));
    TestDatabase::get().take_clock(host_.clock.wall_ms());
    host_.clock.on_move([](std::int64_t wall_ms) { TestDatabase::get().set_clock(wall_ms); });
  }

  RecordStore& store() override { return hosts_.front()->records.store(); }
  ManualClock& clock() override { return host_.clock; }
  QueueStore* queue() override { return &hosts_.front()->queue; }
  bool reopen() override {
    hosts_.clear();
    hosts_.push_back(std::make_unique<Host>(host_));
    return true;
  }
  RecordStore* second() override { return &hosts_.emplace_back(std::make_unique<Host>(host_))->records.store(); }

 private:
  FakeHost host_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace

QUARRY_RECORD_STORE_CONTRACT(PostgresRecords, {"postgres", [] { return std::make_unique<PostgresRecordsUnderTest>(); },
                                               TestDatabase::missing});

}  // namespace quarry::sdk::testing
