// SPDX-License-Identifier: MIT
// A rig around a real qBittorrent, reached by the host's own HTTP client.
#pragma once

#include "plugins/qbittorrent/testing/rig.hpp"
#include "tests/integration/qbittorrent/real_qbittorrent.hpp"

#include <quarry/sdk/helpers/system_clock.hpp>

#include <plugins/http_service.hpp>

#include <atomic>

namespace quarry::integration {

/// Passes requests on, and counts the logins.
class CountingHttp final : public sdk::Http {
 public:
  explicit CountingHttp(sdk::Http& inner) : inner_(inner) {}
  sdk::Status send(sdk::CallContext& ctx, const sdk::HttpRequest& request, sdk::HttpSink& sink) noexcept override {
    if (request.url.ends_with("/api/v2/auth/login")) { ++logins; }
    return inner_.send(ctx, request, sink);
  }
  std::atomic<int> logins{0};

 private:
  sdk::Http& inner_;
};

/// For the transfers alone: what the plugin takes for the time stands still until a test moves it.
class RealRig final : public qbittorrent::testing::Rig, private sdk::HostServices {
 public:
  explicit RealRig(RealQbittorrentOptions options = {})
      : server(options), transfers_(http_options(server.url(), system_clock_)), http(transfers_) {}

  sdk::HostServices& host() override { return *this; }
  sdk::testing::ManualClock& clock() override { return clock_; }
  [[nodiscard]] std::string url() const override { return server.url(); }
  int logins() override { return http.logins; }
  void restart() override { server.restart(); }
  bool stop_answering() override {
    server.kill_now();
    return true;
  }

 private:
  static plugins::HttpOptions http_options(const std::string& url, const sdk::Clock& clock) {
    plugins::HttpOptions options;
    options.clock = &clock;
    options.allow = std::make_shared<plugins::AllowList>();
    options.own_origins.push_back(plugins::parse_target(url)->origin);
    return options;
  }
  void* query(std::string_view id) noexcept override {
    if (id == sdk::Clock::kId) { return static_cast<sdk::Clock*>(&clock_); }
    if (id == sdk::Http::kId) { return static_cast<sdk::Http*>(&http); }
    if (id == sdk::Log::kId) { return static_cast<sdk::Log*>(&log_); }
    return nullptr;
  }

  sdk::testing::ManualClock clock_;
  sdk::SystemClock system_clock_;
  sdk::testing::MemoryLog log_;

 public:
  RealQbittorrent server;

 private:
  plugins::HttpService transfers_;

 public:
  CountingHttp http;
};

}  // namespace quarry::integration
