// SPDX-License-Identifier: MIT
// quarry.indexer/1 of the library, whose site never answers.
#include "plugin_instance.hpp"

#include <quarry/sdk/testing/indexer_contract.hpp>

namespace quarry::sdk::check {
namespace {

class PluginIndexer final : public testing::IndexerUnderTest {
 public:
  Indexer& indexer() override { return indexer_; }
  testing::ManualClock& clock() override { return host_.fake.clock; }
  // Only tests of a site that is down are run: nobody is there to publish, or to have another trouble.
  void publish(const std::vector<testing::PublishedRelease>&) override {}
  void trouble(testing::SiteTrouble) override {}
  std::size_t requests() const override { return host_.fake.http.seen().size(); }

 private:
  Place place_;
  testing::ContractHost host_;
  PluginInstance instance_{host_, place_.config()};
  Indexer& indexer_ = instance_.as<Indexer>();
};

testing::IndexerFactory indexer() {
  return {"plugin", [] { return std::make_unique<PluginIndexer>(); }, secret_of_config()};
}

QUARRY_INDEXER_CONTRACT(Plugin, (indexer()));

}  // namespace
}  // namespace quarry::sdk::check
