// SPDX-License-Identifier: MIT
// What tests of the engine share: one store, one client, one indexer, time by hand.
#pragma once

#include "queue/dispatcher.hpp"
#include "queue/engine_test_client.hpp"
#include "queue/queue_service.hpp"
#include "queue/reconciler.hpp"

#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

namespace quarry::queue::testing {

inline constexpr char kHash[] = "8afb31ebc9589b5830861777c6fba3e29f9df0c1";
inline constexpr char kOtherHash[] = "9afb31ebc9589b5830861777c6fba3e29f9df0c2";

inline std::string magnet_of(std::string_view hash) { return "magnet:?xt=urn:btih:" + std::string(hash); }

/// Hands out `answer`, or fails with `failure` while that is set.
class ScriptedIndexer final : public sdk::Indexer {
 public:
  sdk::Status capabilities(sdk::CallContext&, sdk::IndexerCapabilities&) noexcept override { return {}; }
  sdk::Status test(sdk::CallContext&, sdk::TestSink&) noexcept override { return {}; }
  sdk::Status search(sdk::CallContext&, const sdk::IndexerQuery&, sdk::ReleaseSink&) noexcept override { return {}; }
  sdk::Status recent(sdk::CallContext&, std::int64_t, sdk::ReleaseSink&) noexcept override { return {}; }
  sdk::Status fetch(sdk::CallContext& ctx, const sdk::ReleaseRef&, sdk::FetchSink& sink) noexcept override {
    ++fetches;
    if (!failure.ok()) { return ctx.fail(failure, trouble); }
    if (answer.rfind("magnet:", 0) == 0) {
      sink.magnet(answer);
    } else {
      sink.metainfo(sdk::as_bytes(answer));
    }
    return {};
  }
  sdk::Status failure;
  std::string trouble = "the site has trouble";
  std::string answer = magnet_of(kHash);
  int fetches = 0;
};

class EngineTest : public ::testing::Test {
 protected:
  explicit EngineTest(sdk::testing::Ownership ownership = sdk::testing::Ownership::one_process)
      : store(clock, ownership) {
    sdk::BasicContext ctx(clock, 1000, "test");
    EXPECT_TRUE(store.open(ctx).ok());
    sdk::LaneSettings lane;
    lane.lane = "downloads";
    lane.max_active = 3;
    EXPECT_TRUE(store.set_lane(ctx, lane).ok());
  }

  EnginePorts ports() {
    EnginePorts p;
    p.store = &face;
    p.clock = &clock;
    p.client = [this](std::string_view id) -> sdk::DownloadClient* {
      return id == client_name && client_loaded ? &watched : nullptr;
    };
    p.choose_client = [this] { return client_loaded ? client_name : std::string(); };
    p.knows_client = [this](std::string_view id) { return id == client_name || id == client_that_failed; };
    p.indexer = [this](std::string_view id) -> sdk::Indexer* { return id == "indexer" ? &indexer : nullptr; };
    p.http = &host.http;
    p.random = [] { return 0.0; };
    p.log = [this](sdk::LogLevel, const std::string& text) { logged.push_back(text); };
    p.owner = "owner-1";
    return p;
  }
  std::int64_t dispatch() { return dispatcher.step(clock.steady_ms()); }
  std::int64_t reconcile() { return reconciler.step(clock.steady_ms()); }
  /// The reconciler looks again and again for so long.
  void reconcile_for(std::int64_t ms) {
    for (std::int64_t t = 0; t <= ms; t += 1000) {
      clock.advance(1000);
      static_cast<void>(reconcile());
    }
  }
  std::int64_t grab(GrabRequest request) {
    const auto answer = service.grab(request);
    if (const auto* failed = std::get_if<GrabFailure>(&answer)) {
      ADD_FAILURE() << failed->failure.text;
      return 0;
    }
    return std::get<Grabbed>(answer).id;
  }
  std::int64_t grab_magnet(std::string_view hash = kHash) {
    GrabRequest request;
    request.magnet = magnet_of(hash);
    return grab(request);
  }
  std::int64_t grab_release() {
    GrabRequest request;
    request.title = "Film";
    request.indexer = "indexer";
    request.guid = "17";
    return grab(request);
  }
  /// How many lines of the log hold this text.
  [[nodiscard]] std::int64_t lines_with(std::string_view text) const {
    return std::count_if(logged.begin(), logged.end(),
                         [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  Download row(std::int64_t id) {
    auto found = service.find(id);
    EXPECT_TRUE(found.ok());
    return found ? *found : Download{};
  }

  sdk::testing::FakeHost host;
  sdk::testing::ManualClock& clock = host.clock;
  sdk::testing::MemoryQueueStore store;
  sdk::testing::FakeDownloadClient client;
  WatchedClient watched{client};
  std::vector<std::string> logged;
  ScriptedIndexer indexer;
  std::string client_name = "client";
  std::string client_that_failed;
  bool client_loaded = true;
  int commands = 0;
  StoreClient face{store, clock, [this] { return "c" + std::to_string(++commands); }};
  EngineSettings settings;
  LeaseKeeper leases;
  Dispatcher dispatcher{ports(), settings, leases};
  Reconciler reconciler{ports(), settings, "client"};
  QueueService service{store, clock, QueueSettings{}, [this] { return "u" + std::to_string(++commands); }, [] {}};
};

}  // namespace quarry::queue::testing
