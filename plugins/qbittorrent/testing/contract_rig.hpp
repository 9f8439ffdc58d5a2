// SPDX-License-Identifier: MIT
// A rig as the SDK's contract suite wants it.
#pragma once

#include "plugins/qbittorrent/testing/rig.hpp"

#include <quarry/sdk/testing/download_client_contract.hpp>

#include <chrono>
#include <thread>

namespace quarry::qbittorrent::testing {

class ContractRig final : public sdk::testing::ClientUnderTest {
 public:
  explicit ContractRig(std::unique_ptr<Rig> rig) : rig_(std::move(rig)), client_(rig_->client()) {}
  sdk::DownloadClient& client() override { return *client_; }
  const sdk::Clock& clock() override { return rig_->clock(); }
  /// A real server shows a change within milliseconds, when it is busy within seconds.
  bool wait_a_little() override {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return ++waits_ < kMostWaits;
  }
  bool stop_answering() override { return rig_->stop_answering(); }

 private:
  static constexpr int kMostWaits = 500;

  std::unique_ptr<Rig> rig_;
  std::unique_ptr<QbittorrentClient> client_;
  int waits_ = 0;
};

/// The contract over the rigs that `make` makes, with as many calls at once as the entry offers.
inline sdk::testing::DownloadClientFactory contract_over(const char* name, std::function<std::unique_ptr<Rig>()> make) {
  sdk::testing::DownloadClientFactory factory;
  factory.name = name;
  factory.make = [make = std::move(make)] { return std::make_unique<ContractRig>(make()); };
  factory.calls_at_once = 4;
  factory.secret = "adminadmin";
  factory.hybrids_by_v2_only = true;  // torrents/info?hashes= knows ids alone, and a hybrid's is cut from its v2 hash
  return factory;
}

}  // namespace quarry::qbittorrent::testing
