// SPDX-License-Identifier: MIT
// The SDK's contract of a download client, against the dialects of three versions.
#include "plugins/qbittorrent/testing/contract_rig.hpp"
#include "plugins/qbittorrent/testing/fake_rig.hpp"

namespace quarry::qbittorrent::testing {
namespace {

sdk::testing::DownloadClientFactory fake(const char* name, Version version) {
  return contract_over(name, [version] { return std::make_unique<FakeRig>(version); });
}

QUARRY_DOWNLOAD_CLIENT_CONTRACT(Fake4_5, (fake("v4_5", Version::v4_5)));
QUARRY_DOWNLOAD_CLIENT_CONTRACT(Fake5_0, (fake("v5_0", Version::v5_0)));
QUARRY_DOWNLOAD_CLIENT_CONTRACT(Fake5_2, (fake("v5_2", Version::v5_2)));

}  // namespace
}  // namespace quarry::qbittorrent::testing
