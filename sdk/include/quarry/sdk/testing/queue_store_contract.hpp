// SPDX-License-Identifier: MIT
// The contract of quarry.queue_store/1 as tests: every promise of queue_store.hpp, for any store.
//
//   std::unique_ptr<StoreUnderTest> make_my_store();   // fresh and empty, opened
//   QUARRY_QUEUE_STORE_CONTRACT(MyStore, {"mine", make_my_store, Ownership::one_process});
//
// in a test program that links quarry::sdk_testing. Besides the single promises, random sequences of
// commands are compared step by step with MemoryQueueStore; a failure prints the seed, and the
// environment variable QUARRY_CONTRACT_SEED runs that one alone (QUARRY_CONTRACT_SEQUENCES: how many).
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>
#include <quarry/sdk/testing/queue_store_row.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace quarry::sdk::testing {

/// One store, its clock, and what it takes to open it again.
struct StoreUnderTest {
  virtual ~StoreUnderTest() = default;
  [[nodiscard]] virtual QueueStore& store() = 0;
  [[nodiscard]] virtual ManualClock& clock() = 0;
  /// Closes the store and opens the same data anew; false when it keeps nothing.
  [[nodiscard]] virtual bool reopen() { return false; }
  /// False: the store has a clock of its own, as a database server does, and clock() does not move it. The tests that
  /// need its time are then skipped.
  [[nodiscard]] virtual bool clock_moves() const { return true; }
};

struct QueueStoreFactory {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  Ownership ownership = Ownership::one_process;
  /// Why the store cannot be tested here ("PostgreSQL is not installed"): the tests are skipped. Empty: it can.
  std::function<std::string()> missing = [] { return std::string(); };
  /// Told of each random sequence before it runs, for when the store takes the process along.
  std::function<void(std::uint64_t seed)> on_sequence = [](std::uint64_t) {};

  /// For GoogleTest, which would print the bytes.
  friend void PrintTo(const QueueStoreFactory& factory, std::ostream* out) { *out << factory.name; }
};

/// What each test of the suite starts from: an empty store with a lane "downloads" for 1000 rows.
class QueueStoreContract : public ::testing::TestWithParam<QueueStoreFactory> {
 protected:
  void SetUp() override;

  [[nodiscard]] QueueStore& store() { return under_test_->store(); }
  /// The time of the store. A test that asks for it ends there, skipped, when the store's clock cannot be moved.
  [[nodiscard]] ManualClock& clock();
  /// What the time of calls is measured by, whatever the store's clock is.
  [[nodiscard]] ManualClock& call_clock() { return under_test_->clock(); }
  [[nodiscard]] StoreCaller& call() { return *caller_; }
  /// A new store; the one before is closed, and its rows are gone.
  void renew();
  /// False when the store keeps nothing.
  [[nodiscard]] bool reopen();
  /// A new command id; lives as long as the test.
  [[nodiscard]] std::string_view command();
  /// A new download of its own release; its views live as long as the test.
  [[nodiscard]] NewDownload download();
  [[nodiscard]] std::int64_t enqueued();
  [[nodiscard]] ClaimRequest claim_request(std::int32_t limit = 1, std::string_view owner = "owner-1");
  [[nodiscard]] QueueRow claimed();
  [[nodiscard]] Transition change(const QueueRow& row, DownloadState to, Actor actor);
  [[nodiscard]] Intent intent(const QueueRow& row, std::string_view v1);
  /// A new row brought into `state` by changes that the table allows.
  [[nodiscard]] QueueRow row_in(DownloadState state);
  /// Stats equal a recount of all rows, each row keeps the rules of its state, events are in order.
  void expect_consistent();

  static constexpr std::int64_t kLease = 30'000;

 private:
  std::string_view keep(std::string text);

  std::unique_ptr<StoreUnderTest> under_test_;
  std::unique_ptr<StoreCaller> caller_;
  std::vector<std::unique_ptr<std::string>> kept_;
  int next_ = 0;
};

/// Makes the linker take the suite's files out of the library. Answers 0.
[[nodiscard]] int link_queue_store_contract();

}  // namespace quarry::sdk::testing

/// Registers the suite for one store, under a name of its own.
#define QUARRY_QUEUE_STORE_CONTRACT(NAME, ...)                                                       \
  INSTANTIATE_TEST_SUITE_P(NAME, QueueStoreContract,                                                 \
                           ::testing::Values(::quarry::sdk::testing::QueueStoreFactory __VA_ARGS__), \
                           [](const auto& info) { return info.param.name; });                        \
  [[maybe_unused]] static const int kQueueStoreContractOf##NAME = ::quarry::sdk::testing::link_queue_store_contract()
