// SPDX-License-Identifier: MIT
// A stop in the middle of a hand-over: what the engine holds is recorded, and costs no try.
#include "app/engine_runner.hpp"

#include "plugins/guarded.hpp"
#include "queue/queue_service.hpp"

#include <quarry/sdk/helpers/system_clock.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace quarry::app {
namespace {

using namespace sdk;

constexpr char kMagnet[] = "magnet:?xt=urn:btih:8afb31ebc9589b5830861777c6fba3e29f9df0c1";

Status wait_for_cancel(CallContext& ctx, std::promise<void>& entered) {
  entered.set_value();
  while (!ctx.cancelled()) { std::this_thread::yield(); }
  return ctx.fail({Code::cancelled, 0, 0, 0}, "cancelled by the caller");
}

/// Has nothing, and takes its time to add something.
class SlowClient final : public DownloadClient {
 public:
  std::promise<void> adding;

  Status capabilities(CallContext&, ClientCapabilities&) noexcept override { return {}; }
  Status test(CallContext&, TestSink&) noexcept override { return {}; }
  Status add(CallContext& ctx, const AddRequest&) noexcept override { return wait_for_cancel(ctx, adding); }
  Status list(CallContext&, const ListQuery&, ItemSink& sink) noexcept override {
    return sink.finish(true, {}), Status{};
  }
  Status pause(CallContext&, std::span<const ItemKey>) noexcept override { return {}; }
  Status resume(CallContext&, std::span<const ItemKey>) noexcept override { return {}; }
  Status remove(CallContext&, std::span<const ItemKey>, std::int32_t) noexcept override { return {}; }
  Status set_priority(CallContext&, std::span<const ItemKey>, Priority) noexcept override { return {}; }
  Status set_category(CallContext&, std::span<const ItemKey>, std::string_view) noexcept override { return {}; }
  Status set_limits(CallContext&, std::span<const ItemKey>, const ClientLimits&) noexcept override { return {}; }
  Status files(CallContext&, const ItemKey&, FileSink&) noexcept override { return {}; }
};

class SlowIndexer final : public Indexer {
 public:
  std::promise<void> fetching;

  Status capabilities(CallContext&, IndexerCapabilities&) noexcept override { return {}; }
  Status test(CallContext&, TestSink&) noexcept override { return {}; }
  Status search(CallContext&, const IndexerQuery&, ReleaseSink&) noexcept override { return {}; }
  Status recent(CallContext&, std::int64_t, ReleaseSink&) noexcept override { return {}; }
  Status fetch(CallContext& ctx, const ReleaseRef&, FetchSink&) noexcept override {
    return wait_for_cancel(ctx, fetching);
  }
};

class EngineRunnerTest : public ::testing::Test {
 protected:
  ~EngineRunnerTest() override {
    wall_.close();
    EXPECT_TRUE(wall_.drain(20'000));
  }
  queue::EnginePorts ports() {
    queue::EnginePorts p;
    p.store = &face_;
    p.clock = &clock_;
    p.client = [this](std::string_view) { return &guarded_client_; };
    p.choose_client = [] { return std::string("client"); };
    p.indexer = [this](std::string_view) { return &guarded_indexer_; };
    p.random = [] { return 0.0; };
    p.log = [](LogLevel, const std::string&) {};
    p.owner = "owner";
    return p;
  }
  /// Runs the engine until `reached`, stops it as the host does, and tells what became of the download.
  queue::Download stopped_at(const queue::GrabRequest& request, std::promise<void>& reached) {
    BasicContext ctx(clock_, 10'000, "test");
    LaneSettings lane;
    lane.lane = "downloads";
    lane.max_active = 3;
    EXPECT_TRUE(store_.set_lane(ctx, lane).ok());
    const auto grabbed = service_.grab(request);
    EngineRunner runner(ports(), {}, 1, {});
    runner.start();
    reached.get_future().wait();
    runner.request_stop();
    wall_.close();
    EXPECT_TRUE(runner.stop(9'000));
    const auto row = service_.find(std::get<queue::Grabbed>(grabbed).id);
    EXPECT_TRUE(row.ok());
    return *row;
  }
  std::string next_command() { return "command-" + std::to_string(++commands_); }

  sdk::SystemClock clock_;
  sdk::testing::MemoryQueueStore store_{clock_};
  std::atomic<int> commands_{0};
  queue::StoreClient face_{store_, clock_, [this] { return next_command(); }};
  queue::QueueService service_{store_, clock_, {}, [this] { return next_command(); }, [] {}};
  SlowClient client_;
  SlowIndexer indexer_;
  plugins::CallWall wall_{"slow", {&clock_, nullptr, {}, {}, [] { return 0.0; }}, {}};
  plugins::GuardedDownloadClient guarded_client_{wall_, client_};
  plugins::GuardedIndexer guarded_indexer_{wall_, indexer_};
};

TEST_F(EngineRunnerTest, AnAddThatIsCutOffIsToBeVerified) {
  queue::GrabRequest request;
  request.magnet = kMagnet;
  const auto row = stopped_at(request, client_.adding);
  EXPECT_EQ(row.state, DownloadState::verifying) << "the client may have it: look before adding again";
}

TEST_F(EngineRunnerTest, AFetchThatIsCutOffCostsNoTry) {
  queue::GrabRequest request;
  request.title = "Film";
  request.indexer = "site";
  request.guid = "17";
  const auto row = stopped_at(request, indexer_.fetching);
  EXPECT_EQ(row.state, DownloadState::queued);
  EXPECT_EQ(row.attempts, 0);
}

TEST_F(EngineRunnerTest, AnOrderlyEndLeavesTheClientToAnotherHostAtOnce) {
  sdk::testing::MemoryQueueStore shared(clock_, sdk::testing::Ownership::many_hosts);
  queue::StoreClient face(shared, clock_, [this] { return next_command(); });
  std::promise<void> on_duty;
  queue::EnginePorts p = ports();
  p.store = &face;
  p.log = [&](LogLevel, const std::string& text) {
    if (text.find("carries out the duty") != std::string::npos) { on_duty.set_value(); }
  };
  EngineRunner runner(p, {}, 1, {"client"});
  runner.start();
  on_duty.get_future().wait();
  const auto refused = face.take_duty("client:client", "another host", 30'000);
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->held, 0);
  EXPECT_TRUE(runner.stop(9'000));
  const auto granted = face.take_duty("client:client", "another host", 30'000);
  ASSERT_TRUE(granted.ok());
  EXPECT_EQ(granted->held, 1);
}

}  // namespace
}  // namespace quarry::app
