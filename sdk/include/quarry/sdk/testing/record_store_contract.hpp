// SPDX-License-Identifier: MIT
// The contract of quarry.record_store/1 as tests: every promise of record_store.hpp, for any store.
//
//   std::unique_ptr<RecordStoreUnderTest> make_my_store();   // fresh and empty, opened, nothing declared
//   QUARRY_RECORD_STORE_CONTRACT(MyStore, {"mine", make_my_store});
//
// in a test program that links quarry::sdk_testing. Besides the single promises, random sequences of commands are
// compared step by step with MemoryRecordStore; a failure prints the seed, and the environment variable
// QUARRY_CONTRACT_SEED runs that one alone (QUARRY_CONTRACT_SEQUENCES: how many).
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/record_store.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/memory_record_store.hpp>
#include <quarry/sdk/testing/record_store_caller.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace quarry::sdk::testing {

/// One store, its clock, and what it takes to open it again.
struct RecordStoreUnderTest {
  virtual ~RecordStoreUnderTest() = default;
  [[nodiscard]] virtual RecordStore& store() = 0;
  [[nodiscard]] virtual ManualClock& clock() = 0;
  /// The queue of the same instance; null when it has none.
  [[nodiscard]] virtual QueueStore* queue() { return nullptr; }
  /// Closes the store, and every second() one, and opens the same data anew, with nothing declared. False when it
  /// keeps nothing.
  [[nodiscard]] virtual bool reopen() { return false; }
  /// Another host on the same data, opened, with nothing declared; a new one with each call. Null when the storage
  /// belongs to one process.
  [[nodiscard]] virtual RecordStore* second() { return nullptr; }
};

struct RecordStoreFactory {
  std::string name;
  std::function<std::unique_ptr<RecordStoreUnderTest>()> make;
  /// Why the store cannot be tested here ("PostgreSQL is not installed"): the tests are skipped. Empty: it can.
  std::function<std::string()> missing = [] { return std::string(); };

  /// Told of each random sequence before it runs: it may end the process.
  std::function<void(std::uint64_t seed)> on_sequence = [](std::uint64_t) {};

  /// For GoogleTest, which would print the bytes.
  friend void PrintTo(const RecordStoreFactory& factory, std::ostream* out) { *out << factory.name; }
};

/// Places of the fields of contract_schema().
enum StudioField : std::int32_t { kStudioName };
enum MovieField : std::int32_t {
  kMovieTitle,
  kMovieYear,
  kMovieRating,
  kMovieSeen,
  kMovieStatus,
  kMovieKey,
  kMovieStudio,
  kMovieParent,
  kMovieShelf,
};
enum FileField : std::int32_t { kFileMovie, kFilePath, kFileSize };
enum NoteField : std::int32_t { kNoteFile, kNoteText };

/// studio; movie, with a field of every kind, to which downloads refer; file, which goes with its movie; note, which
/// keeps its file.
[[nodiscard]] std::vector<OwnedCollection> contract_schema();

/// What each test of the suite starts from: an empty store with contract_schema() declared.
class RecordStoreContract : public ::testing::TestWithParam<RecordStoreFactory> {
 protected:
  void SetUp() override;

  [[nodiscard]] RecordStoreUnderTest& under_test() { return *under_test_; }
  [[nodiscard]] RecordStore& store() { return under_test_->store(); }
  [[nodiscard]] ManualClock& clock() { return under_test_->clock(); }
  [[nodiscard]] RecordCaller& call() { return *caller_; }
  /// Opens the same data anew; nothing is declared. False when the store keeps nothing.
  [[nodiscard]] bool reopen();
  /// Declares as the next host does, which found the storage as it is. Only where reopen() works.
  [[nodiscard]] Failure next_host(const std::vector<OwnedCollection>& collections);
  /// Inserts of records with nothing but what is required, and `values`.
  [[nodiscard]] std::int64_t studio(std::string_view name);
  [[nodiscard]] std::int64_t movie(std::string_view title, Write::Values values = {});
  [[nodiscard]] std::int64_t file_of(std::int64_t movie);
  /// Everything in the collections of contract_schema(), as text.
  [[nodiscard]] std::string everything();

 private:
  std::unique_ptr<RecordStoreUnderTest> under_test_;
  std::unique_ptr<RecordCaller> caller_;
};

/// Makes the linker take the suite's files out of the library. Answers 0.
[[nodiscard]] int link_record_store_contract();

}  // namespace quarry::sdk::testing

/// Registers the suite for one store, under a name of its own.
#define QUARRY_RECORD_STORE_CONTRACT(NAME, ...)                                                       \
  INSTANTIATE_TEST_SUITE_P(NAME, RecordStoreContract,                                                 \
                           ::testing::Values(::quarry::sdk::testing::RecordStoreFactory __VA_ARGS__), \
                           [](const auto& info) { return info.param.name; });                         \
  [[maybe_unused]] static const int kRecordStoreContractOf##NAME = ::quarry::sdk::testing::link_record_store_contract()
