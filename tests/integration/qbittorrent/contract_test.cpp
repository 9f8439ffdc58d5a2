// SPDX-License-Identifier: MIT
// The SDK's contract of a download client against a real qbittorrent-nox, one fresh server a test.
#include "plugins/qbittorrent/testing/contract_rig.hpp"
#include "tests/integration/qbittorrent/real_rig.hpp"

namespace quarry::qbittorrent::testing {
namespace {

QUARRY_DOWNLOAD_CLIENT_CONTRACT(Real,
                                (contract_over("installed", [] { return std::make_unique<integration::RealRig>(); })));

}  // namespace
}  // namespace quarry::qbittorrent::testing
