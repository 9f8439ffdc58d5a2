// SPDX-License-Identifier: MIT
// The storage-sqlite plugin keeps the contract, on a file of its own for each test.
#include <quarry/sdk/testing/queue_store_contract.hpp>
#include <storage-sqlite/sqlite_queue_store.hpp>

#include <cstdlib>
#include <filesystem>

namespace quarry::sdk::testing {
namespace {

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() {
    // In memory where there is such a file system: the contract does not ask for a power cut.
    const std::filesystem::path memory = "/dev/shm";
    const std::filesystem::path base =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string folder = (base / "quarry-contract-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) { throw std::runtime_error("cannot make a folder for the test"); }
    folder_ = folder;
    open();
  }
  ~SqliteUnderTest() override {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  SqliteUnderTest(const SqliteUnderTest&) = delete;
  SqliteUnderTest& operator=(const SqliteUnderTest&) = delete;

  QueueStore& store() override { return *store_; }
  ManualClock& clock() override { return host_.clock; }
  bool reopen() override {
    store_.reset();
    open();
    return true;
  }

 private:
  void open() {
    const Config config = Config::parse(R"({"path": ")" + (folder_ / "queue.db").string() + R"("})");
    store_ = std::make_unique<storage_sqlite::SqliteQueueStore>(host_, config);
    BasicContext ctx = host_.context();
    const Status status = store_->open(ctx);
    if (!status.ok()) { throw std::runtime_error(ctx.text()); }
  }

  FakeHost host_;
  std::filesystem::path folder_;
  std::unique_ptr<storage_sqlite::SqliteQueueStore> store_;
};

}  // namespace

QUARRY_QUEUE_STORE_CONTRACT(Sqlite, {"sqlite", [] { return std::make_unique<SqliteUnderTest>(); }});

}  // namespace quarry::sdk::testing
