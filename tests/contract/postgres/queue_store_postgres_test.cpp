// SPDX-License-Identifier: MIT
// The storage-postgres plugin keeps the contract, on a real server, by a clock that the test moves.
#include <quarry/sdk/testing/queue_store_contract.hpp>
#include <storage-postgres/postgres_queue_store.hpp>
#include <storage-postgres/test_database.hpp>

namespace quarry::sdk::testing {
namespace {

using storage_postgres::testing::TestDatabase;

class PostgresUnderTest final : public StoreUnderTest {
 public:
  PostgresUnderTest() {
    TestDatabase::get().clear();
    open();
    TestDatabase::get().take_clock(host_.clock.wall_ms());
    host_.clock.on_move([](std::int64_t wall_ms) { TestDatabase::get().set_clock(wall_ms); });
  }

  QueueStore& store() override { return *store_; }
  ManualClock& clock() override { return host_.clock; }
  bool reopen() override {
    store_.reset();
    open();
    return true;
  }

 private:
  void open() {
    const Config config = Config::parse(TestDatabase::get().config());
    store_ = std::make_unique<storage_postgres::PostgresQueueStore>(host_, config);
    BasicContext ctx = host_.context();
    const Status status = store_->open(ctx);
    if (!status.ok()) { throw std::runtime_error(ctx.text()); }
  }

  FakeHost host_;
  std::unique_ptr<storage_postgres::PostgresQueueStore> store_;
};

}  // namespace

QUARRY_QUEUE_STORE_CONTRACT(Postgres, {"postgres", [] { return std::make_unique<PostgresUnderTest>(); },
                                       Ownership::many_hosts, TestDatabase::missing});

}  // namespace quarry::sdk::testing
