// SPDX-License-Identifier: MIT
// quarry.download_client/1 of the library, whose server never answers.
#include "plugin_instance.hpp"

#include <quarry/sdk/testing/download_client_contract.hpp>

namespace quarry::sdk::check {
namespace {

class PluginClient final : public testing::ClientUnderTest {
 public:
  DownloadClient& client() override { return client_; }
  const Clock& clock() override { return host_.fake.clock; }
  bool stop_answering() override { return true; }

 private:
  Place place_;
  testing::ContractHost host_;
  PluginInstance instance_{host_, place_.config()};
  DownloadClient& client_ = instance_.as<DownloadClient>();
};

testing::DownloadClientFactory client() {
  return {"plugin", [] { return std::make_unique<PluginClient>(); }, settings().entry.calls_at_once,
          secret_of_config()};
}

QUARRY_DOWNLOAD_CLIENT_CONTRACT(Plugin, (client()));

}  // namespace
}  // namespace quarry::sdk::check
