// SPDX-License-Identifier: MIT
// The contract of quarry.indexer/1 as tests: the promises of indexer.hpp, for any indexer.
//
//   std::unique_ptr<IndexerUnderTest> make_my_indexer();   // its site has no release
//   QUARRY_INDEXER_CONTRACT(MyIndexer, {"mine", make_my_indexer});
//
// in a test program that links quarry::sdk_testing. The site is a fake of yours: it answers with the
// releases that the suite publishes, or with trouble.
#pragma once

#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/testing/call_contract.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace quarry::sdk::testing {

/// A release as the site knows it. Every search finds all of them.
struct PublishedRelease {
  std::int64_t id = 0;  ///< the site's number; a newer release has a higher one
  std::string title;    ///< "Film.7.1999.1080p.BluRay.x264-GRP"
  std::int64_t published_at_ms = 0;
  std::string torrent;      ///< the bytes the site gives; of no use to an indexer of magnets
  bool unreadable = false;  ///< its row lacks what every row needs
};

enum class SiteTrouble {
  none,
  limits,         ///< HTTP 429 with Retry-After: 60
  refuses_login,  ///< what the site answers to wrong credentials
  down,           ///< no answer at all
};

/// One indexer whose requests need not keep a distance, and the site it asks.
struct IndexerUnderTest {
  virtual ~IndexerUnderTest() = default;
  [[nodiscard]] virtual Indexer& indexer() = 0;
  [[nodiscard]] virtual ManualClock& clock() = 0;
  /// The site has these releases now and no others, newest first.
  virtual void publish(const std::vector<PublishedRelease>& releases) = 0;
  /// Whatever is asked from now on.
  virtual void trouble(SiteTrouble trouble) = 0;
  /// How many requests the site was sent.
  [[nodiscard]] virtual std::size_t requests() const = 0;
};

struct IndexerFactory {
  std::string name;
  std::function<std::unique_ptr<IndexerUnderTest>()> make;
  std::string secret = {};  ///< a passkey of the configuration, which no sentence, guid or address may hold
};
inline void PrintTo(const IndexerFactory& factory, std::ostream* out) { *out << factory.name; }

/// What each test of the suite starts from.
class IndexerContract : public ::testing::TestWithParam<IndexerFactory> {
 protected:
  struct Found {
    std::string guid, title;
    std::int64_t published_at_ms = 0;
    bool operator==(const Found&) const = default;
  };

  void SetUp() override { renew(); }
  /// A new indexer; the one before is gone, and what it remembered too.
  void renew();
  [[nodiscard]] Indexer& indexer() { return under_test_->indexer(); }
  [[nodiscard]] IndexerUnderTest& site() { return *under_test_; }
  /// Publishes `count` releases, an hour apart, the newest an hour ago. Answers them.
  std::vector<PublishedRelease> publish(int count);
  /// Calls with plenty of time. `said` then holds the sentence of a failure.
  Status run(const std::function<Status(CallContext&)>& call);
  Status search(std::vector<Found>& out, std::int32_t offset = 0, std::int32_t limit = 100);
  Status recent(std::vector<Found>& out, std::int64_t since_ms);
  /// The bytes or the magnet; in `out`.
  Status fetch(std::string& out, std::string_view guid);
  /// Copies a release, and checks it for what every release must be.
  [[nodiscard]] Found sound(const ReleaseView& release) const;

  std::string said;

 private:
  std::unique_ptr<IndexerUnderTest> under_test_;
};

/// Makes the linker take the suite's files out of the library. Answers 0.
[[nodiscard]] int link_indexer_contract();

}  // namespace quarry::sdk::testing

/// Registers the suite for one indexer, under a name of its own. For use at namespace scope.
#define QUARRY_INDEXER_CONTRACT(NAME, ...)                                                        \
  using ::quarry::sdk::testing::IndexerContract;                                                  \
  INSTANTIATE_TEST_SUITE_P(NAME, IndexerContract,                                                 \
                           ::testing::Values(::quarry::sdk::testing::IndexerFactory __VA_ARGS__), \
                           [](const auto& info) { return info.param.name; });                     \
  [[maybe_unused]] static const int kIndexerContractOf##NAME = ::quarry::sdk::testing::link_indexer_contract()
