// SPDX-License-Identifier: MIT
// The model itself keeps the contract, in both views of who may own a lease.
#include <quarry/sdk/testing/queue_store_contract.hpp>

namespace quarry::sdk::testing {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  explicit MemoryUnderTest(Ownership ownership) : store_(clock_, ownership) {}
  QueueStore& store() override { return store_; }
  ManualClock& clock() override { return clock_; }

 private:
  ManualClock clock_;
  MemoryQueueStore store_;
};

QueueStoreFactory memory(const char* name, Ownership ownership) {
  return {name, [ownership] { return std::make_unique<MemoryUnderTest>(ownership); }, ownership};
}

}  // namespace

QUARRY_QUEUE_STORE_CONTRACT(Memory, (memory("one_process", Ownership::one_process)));
QUARRY_QUEUE_STORE_CONTRACT(MemoryManyHosts, (memory("many_hosts", Ownership::many_hosts)));

}  // namespace quarry::sdk::testing
