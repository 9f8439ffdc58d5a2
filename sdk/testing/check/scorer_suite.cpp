// SPDX-License-Identifier: MIT
// quarry.scorer/1 of the library.
#include "plugin_instance.hpp"

#include <quarry/sdk/testing/scorer_contract.hpp>

namespace quarry::sdk::check {
namespace {

class PluginScorer final : public testing::ScorerUnderTest {
 public:
  Scorer& scorer() override { return scorer_; }

 private:
  Place place_;
  testing::FakeHost host_;
  PluginInstance instance_{host_, place_.config()};
  Scorer& scorer_ = instance_.as<Scorer>();
};

QUARRY_SCORER_CONTRACT(Plugin, {"plugin", [] { return std::make_unique<PluginScorer>(); }});

}  // namespace
}  // namespace quarry::sdk::check
