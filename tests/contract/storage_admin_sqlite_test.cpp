// SPDX-License-Identifier: MIT
// The storage-sqlite plugin keeps the contract of storage_admin/1.
#include "storage_admin_cases.hpp"

#include <storage-sqlite/sqlite_admin.hpp>
#include <storage-sqlite/sqlite_queue_store.hpp>
#include <storage-sqlite/sqlite_records.hpp>

#include <cstdlib>
#include <filesystem>

namespace quarry::sdk::testing {
namespace {

class SqliteStorageUnderTest final : public StorageUnderTest {
 public:
  SqliteStorageUnderTest() {
    const std::filesystem::path memory = "/dev/shm";
    const auto base = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string folder = (base / "quarry-admin-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) { throw std::runtime_error("cannot make a folder for the test"); }
    folder_ = folder;
  }
  ~SqliteStorageUnderTest() override { remove(); }
  SqliteStorageUnderTest(const SqliteStorageUnderTest&) = delete;
  SqliteStorageUnderTest& operator=(const SqliteStorageUnderTest&) = delete;

  std::shared_ptr<QueueStore> store() override {
    return std::make_shared<storage_sqlite::SqliteQueueStore>(host, config());
  }
  std::shared_ptr<StorageAdmin> admin() override {
    return std::make_shared<storage_sqlite::SqliteAdmin>(host, config());
  }
  std::shared_ptr<RecordStore> records(QueueStore& store) override {
    auto made = std::make_shared<storage_sqlite::SqliteRecords>(static_cast<storage_sqlite::SqliteQueueStore&>(store));
    return {made, &made->store()};
  }
  void forget_everything() override {
    remove();
    std::filesystem::create_directory(folder_);
  }

 private:
  [[nodiscard]] Config config() const {
    return Config::parse(R"({"path": ")" + (folder_ / "queue.db").string() + R"("})");
  }
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::filesystem::path folder_;
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, StorageAdminContract,
                         ::testing::Values(StorageMaker{"sqlite",
                                                        [] { return std::make_unique<SqliteStorageUnderTest>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace quarry::sdk::testing
