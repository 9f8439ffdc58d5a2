// SPDX-License-Identifier: MIT
// The behaviour suite against a real qbittorrent-nox, one fresh server a test.
#include "plugins/qbittorrent/testing/behaviour_suite.hpp"
#include "tests/integration/qbittorrent/real_rig.hpp"

namespace quarry::qbittorrent::testing {

INSTANTIATE_TEST_SUITE_P(Real, Behaviour,
                         ::testing::Values(RigKind{"installed",
                                                   [] { return std::make_unique<integration::RealRig>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace quarry::qbittorrent::testing
