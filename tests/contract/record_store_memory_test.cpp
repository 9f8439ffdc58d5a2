// SPDX-License-Identifier: MIT
// The model itself keeps the contract, with the queue in memory beside it.
#include <quarry/sdk/testing/record_store_contract.hpp>

namespace quarry::sdk::testing {
namespace {

class MemoryRecordsUnderTest final : public RecordStoreUnderTest {
 public:
  MemoryRecordsUnderTest() { link(queue_, *store_); }
  RecordStore& store() override { return *store_; }
  ManualClock& clock() override { return clock_; }
  QueueStore* queue() override { return &queue_; }
  bool reopen() override {
    others_.clear();
    store_ = std::make_unique<MemoryRecordStore>(clock_, store_->records());
    return true;
  }
  RecordStore* second() override {
    others_.push_back(std::make_unique<MemoryRecordStore>(clock_, store_->records()));
    return others_.back().get();
  }

 private:
  ManualClock clock_;
  MemoryQueueStore queue_{clock_};
  std::unique_ptr<MemoryRecordStore> store_ = std::make_unique<MemoryRecordStore>(clock_);
  std::vector<std::unique_ptr<MemoryRecordStore>> others_;
};

}  // namespace

QUARRY_RECORD_STORE_CONTRACT(Memory, {"memory", [] { return std::make_unique<MemoryRecordsUnderTest>(); }});

}  // namespace quarry::sdk::testing
