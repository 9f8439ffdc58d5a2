// SPDX-License-Identifier: MIT
// The contract of quarry.download_client/1 as tests: the promises of download_client.hpp, for any client.
//
//   std::unique_ptr<ClientUnderTest> make_my_client();   // with nothing in it
//   QUARRY_DOWNLOAD_CLIENT_CONTRACT(MyClient, {"mine", make_my_client});
//
// in a test program that links quarry::sdk_testing. What the client does not offer (see its
// capabilities) must be answered with `unsupported`, and the tests of it are skipped.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/testing/call_contract.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace quarry::sdk::testing {

/// A tiny torrent of one file of 1024 bytes, which nobody has.
struct ContractTorrent {
  std::string metainfo;  ///< the .torrent file
  std::string v1;
  std::string v2;  ///< empty but for the hybrid

  [[nodiscard]] ItemKey key() const noexcept;  ///< its views are those of this object
  [[nodiscard]] std::string magnet() const;
};

/// All torrents and magnets of the suite come from here, so a fake need not compute hashes: it looks them
/// up. The last one is a hybrid, the others are v1.
[[nodiscard]] const std::vector<ContractTorrent>& contract_torrents();

/// One client with nothing in it, and what cannot be done through its interface.
struct ClientUnderTest {
  virtual ~ClientUnderTest() = default;
  [[nodiscard]] virtual DownloadClient& client() = 0;
  /// What the time of calls is measured by.
  [[nodiscard]] virtual const Clock& clock() = 0;
  /// Called when the client does not show yet what was asked of it. True: look again, after a pause made
  /// here. A server that acts at once never needs it.
  [[nodiscard]] virtual bool wait_a_little() { return false; }
  /// From now on nothing answers, as when the client is not running. False: this cannot be done here.
  [[nodiscard]] virtual bool stop_answering() { return false; }
};

struct DownloadClientFactory {
  std::string name;
  std::function<std::unique_ptr<ClientUnderTest>()> make;
  unsigned calls_at_once = 1;  ///< as the plugin's entry says; 1: nothing is called at once
  std::string secret = {};     ///< a password or key of the configuration, which no sentence may hold
  /// A client of v2 torrents whose server looks a hybrid up by its v2 hash alone. What is added by a v1
  /// magnet and turns out to be a hybrid is then lost sight of, so this is a flaw to be told to users.
  bool hybrids_by_v2_only = false;
};
inline void PrintTo(const DownloadClientFactory& factory, std::ostream* out) { *out << factory.name; }

/// Copies a listing. Each item is checked for what every item must be.
class ContractListing final : public ItemSink {
 public:
  struct Item {
    ItemState state;
    std::string id, v1, v2, category, tags;
  };
  explicit ContractListing(std::size_t most = SIZE_MAX) : most_(most) {}
  bool add(const ItemView& item) noexcept override;
  void finish(bool complete, std::string_view cursor) noexcept override;
  /// The item with this torrent's hash, or null.
  [[nodiscard]] const Item* find(const ContractTorrent& torrent) const;

  std::vector<Item> items;
  int finished = 0;  ///< how often finish() was called
  bool complete = false;

 private:
  std::size_t most_;
};

/// What each test of the suite starts from.
class DownloadClientContract : public ::testing::TestWithParam<DownloadClientFactory> {
 protected:
  void SetUp() override;

  [[nodiscard]] DownloadClient& client() { return under_test_->client(); }
  [[nodiscard]] ClientUnderTest& under_test() { return *under_test_; }
  [[nodiscard]] bool can(ClientCapability what) const { return (capabilities_ & what) != 0; }
  /// Calls with plenty of time. `said` then holds the sentence of a failure.
  Status run(const std::function<Status(CallContext&)>& call);
  Status add(const ContractTorrent& torrent, bool paused = true);
  Status add_magnet(const ContractTorrent& torrent, bool paused = true);
  [[nodiscard]] ContractListing list(const std::vector<ItemKey>& keys);
  [[nodiscard]] ContractListing list_all();
  /// Looks until the torrent is as wanted, as long as it is worth waiting; answers the last look.
  ContractListing::Item await(const ContractTorrent& torrent,
                              const std::function<bool(const ContractListing::Item&)>& wanted);
  ContractListing::Item await_state(const ContractTorrent& torrent, ItemState state);
  /// Looks until it is gone, as long as it is worth waiting.
  bool await_absence(const ContractTorrent& torrent);
  /// Every call says that the client is unavailable, and claims nothing else.
  void expect_down();

  std::string said;

 private:
  std::unique_ptr<ClientUnderTest> under_test_;
  std::uint32_t capabilities_ = 0;
};

/// Makes the linker take the suite's files out of the library. Answers 0.
[[nodiscard]] int link_download_client_contract();

}  // namespace quarry::sdk::testing

/// Registers the suite for one client, under a name of its own. For use at namespace scope.
#define QUARRY_DOWNLOAD_CLIENT_CONTRACT(NAME, ...)                                                       \
  using ::quarry::sdk::testing::DownloadClientContract;                                                  \
  INSTANTIATE_TEST_SUITE_P(NAME, DownloadClientContract,                                                 \
                           ::testing::Values(::quarry::sdk::testing::DownloadClientFactory __VA_ARGS__), \
                           [](const auto& info) { return info.param.name; });                            \
  [[maybe_unused]] static const int kDownloadClientContractOf##NAME =                                    \
      ::quarry::sdk::testing::link_download_client_contract()
