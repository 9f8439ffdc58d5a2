// SPDX-License-Identifier: MIT
// The contract of a download client, kept by the fake that other tests rely on.
#include <quarry/sdk/testing/download_client_contract.hpp>
#include <quarry/sdk/testing/fake_download_client.hpp>

namespace quarry::sdk::testing {
namespace {

class FakeUnderTest final : public ClientUnderTest {
 public:
  DownloadClient& client() override { return client_; }
  const Clock& clock() override { return clock_; }
  bool stop_answering() override {
    client_.on_call([](std::string_view) { return Fault::refused; });
    return true;
  }

 private:
  ManualClock clock_;
  FakeDownloadClient client_;
};

constexpr unsigned kCallsAtOnce = 4;

QUARRY_DOWNLOAD_CLIENT_CONTRACT(Fake, {"fake", [] { return std::make_unique<FakeUnderTest>(); }, kCallsAtOnce});

}  // namespace
}  // namespace quarry::sdk::testing
