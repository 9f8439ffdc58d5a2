// SPDX-License-Identifier: MIT
// The records of the storage-sqlite plugin keep the contract, on a file of their own for each test.
#include <quarry/sdk/testing/record_store_contract.hpp>
#include <storage-sqlite/sqlite_records.hpp>

#include <cstdlib>
#include <filesystem>

namespace quarry::sdk::testing {
namespace {

class SqliteRecordsUnderTest final : public RecordStoreUnderTest {
 public:
  SqliteRecordsUnderTest() {
    // In memory where there is such a file system: the contract does not ask for a power cut.
    const std::filesystem::path memory = "/dev/shm";
    const std::filesystem::path base =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string folder = (base / "quarry-contract-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) { throw std::runtime_error("cannot make a folder for the test"); }
    folder_ = folder;
    open();
  }
  ~SqliteRecordsUnderTest() override {
    close();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  SqliteRecordsUnderTest(const SqliteRecordsUnderTest&) = delete;
  SqliteRecordsUnderTest& operator=(const SqliteRecordsUnderTest&) = delete;

  RecordStore& store() override { return records_->store(); }
  ManualClock& clock() override { return host_.clock; }
  QueueStore* queue() override { return queue_.get(); }
  bool reopen() override {
    close();
    open();
    return true;
  }

 private:
  void close() {
    records_.reset();
    queue_.reset();
  }
  void open() {
    const Config config = Config::parse(R"({"path": ")" + (folder_ / "queue.db").string() + R"("})");
    queue_ = std::make_unique<storage_sqlite::SqliteQueueStore>(host_, config);
    records_ = std::make_unique<storage_sqlite::SqliteRecords>(*queue_);
    BasicContext ctx = host_.context();
    if (!queue_->open(ctx).ok() || !store().open(ctx).ok()) { throw std::runtime_error(ctx.text()); }
  }

  FakeHost host_;
  std::filesystem::path folder_;
  std::unique_ptr<storage_sqlite::SqliteQueueStore> queue_;
  std::unique_ptr<storage_sqlite::SqliteRecords> records_;
};

}  // namespace

QUARRY_RECORD_STORE_CONTRACT(SqliteRecords, {"sqlite", [] { return std::make_unique<SqliteRecordsUnderTest>(); }});

}  // namespace quarry::sdk::testing
