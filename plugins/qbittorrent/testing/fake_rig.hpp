// SPDX-License-Identifier: MIT
// A rig around the fake server.
#pragma once

#include "plugins/qbittorrent/testing/fake_qbittorrent.hpp"
#include "plugins/qbittorrent/testing/rig.hpp"

namespace quarry::qbittorrent::testing {

class FakeRig final : public Rig {
 public:
  explicit FakeRig(Version version) : server(version, fake.clock) { fake.http.serve(server.handler()); }
  sdk::HostServices& host() override { return fake; }
  sdk::testing::ManualClock& clock() override { return fake.clock; }
  [[nodiscard]] std::string url() const override { return "http://qb.test:8080"; }
  int logins() override { return server.logins; }
  void restart() override { server.restart(); }
  bool stop_answering() override {
    fake.http.serve([](const sdk::testing::SeenRequest&) -> sdk::Result<sdk::HttpReply> {
      return sdk::failure(sdk::Code::unavailable, "connection refused");
    });
    return true;
  }
  /// The actions asked for so far, in order, without the logins.
  [[nodiscard]] std::vector<std::string> actions() const {
    std::vector<std::string> out;
    for (const auto& seen : fake.http.seen()) {
      const FakeRequest request(seen);
      if (request.action != "auth/login") { out.push_back(request.action); }
    }
    return out;
  }

  sdk::testing::FakeHost fake;
  FakeQbittorrent server;
};

}  // namespace quarry::qbittorrent::testing
