// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/testing/behaviour_suite.hpp"

#include "plugins/qbittorrent/testing/fake_rig.hpp"

namespace quarry::qbittorrent::testing {
namespace {

RigKind kind(const char* name, Version version) {
  return {name, [version] { return std::make_unique<FakeRig>(version); }};
}

INSTANTIATE_TEST_SUITE_P(Fake, Behaviour,
                         ::testing::Values(kind("v4_5", Version::v4_5), kind("v5_0", Version::v5_0),
                                           kind("v5_2", Version::v5_2)),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace quarry::qbittorrent::testing
