// SPDX-License-Identifier: MIT
// The storage-postgres plugin keeps the contract of storage_admin/1, on a real server.
#include "../storage_admin_cases.hpp"

#include <storage-postgres/postgres_admin.hpp>
#include <storage-postgres/postgres_queue_store.hpp>
#include <storage-postgres/postgres_records.hpp>
#include <storage-postgres/test_database.hpp>

namespace quarry::sdk::testing {
namespace {

using storage_postgres::testing::TestDatabase;

class PostgresStorageUnderTest final : public StorageUnderTest {
 public:
  PostgresStorageUnderTest() { empty(); }
  // The next test may be of another suite, which wants its tables whole.
  ~PostgresStorageUnderTest() override { empty(); }
  PostgresStorageUnderTest(const PostgresStorageUnderTest&) = delete;
  PostgresStorageUnderTest& operator=(const PostgresStorageUnderTest&) = delete;

  std::shared_ptr<QueueStore> store() override {
    return std::make_shared<storage_postgres::PostgresQueueStore>(host, config());
  }
  std::shared_ptr<StorageAdmin> admin() override {
    return std::make_shared<storage_postgres::PostgresAdmin>(host, config());
  }
  std::shared_ptr<RecordStore> records(QueueStore& store) override {
    auto made =
        std::make_shared<storage_postgres::PostgresRecords>(static_cast<storage_postgres::PostgresQueueStore&>(store));
    return {made, &made->store()};
  }
  void forget_everything() override { empty(); }

 private:
  static void empty() { TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); }
  static Config config() { return Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"); }
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Postgres, StorageAdminContract,
                         ::testing::Values(StorageMaker{"postgres",
                                                        [] { return std::make_unique<PostgresStorageUnderTest>(); },
                                                        TestDatabase::missing}),
                         [](const auto& info) { return info.param.name; });

}  // namespace quarry::sdk::testing
