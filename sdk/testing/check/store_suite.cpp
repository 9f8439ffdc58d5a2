// SPDX-License-Identifier: MIT
// quarry.queue_store/1 of the library, on a place of its own for each test.
#include "plugin_instance.hpp"
#include "run.hpp"
#include "suites.hpp"

#include <quarry/sdk/testing/queue_store_contract.hpp>

namespace quarry::sdk::check {
namespace {

using testing::StoreUnderTest;

class PluginStore final : public StoreUnderTest {
 public:
  PluginStore() {
    open();
    // After open(), which may have made what the command changes.
    follow_clock(host_.clock);
  }

  QueueStore& store() override { return *store_; }
  testing::ManualClock& clock() override { return host_.clock; }
  bool clock_moves() const override { return !settings().own_clock; }
  bool reopen() override {
    instance_.reset();
    open();
    return true;
  }

 private:
  void open() {
    instance_ = std::make_unique<PluginInstance>(host_, place_.config());
    store_ = &instance_->as<QueueStore>();
    BasicContext ctx = host_.context();
    if (const Status status = store_->open(ctx); !status.ok()) {
      throw std::runtime_error("the store cannot be opened: " + ctx.text());
    }
  }

  Place place_;
  testing::FakeHost host_;
  std::unique_ptr<PluginInstance> instance_;
  QueueStore* store_ = nullptr;
};

testing::QueueStoreFactory store() {
  testing::QueueStoreFactory out;
  out.name = "plugin";
  out.make = [] { return std::make_unique<PluginStore>(); };
  out.ownership = settings().many_hosts ? testing::Ownership::many_hosts : testing::Ownership::one_process;
  out.on_sequence = tell_seed;
  return out;
}

}  // namespace

std::string look_at_store() {
  PluginStore fresh;
  testing::StoreCaller call(fresh.store(), fresh.clock());
  bool follows = false;
  try {
    call.set_lane(1, 0);
    NewDownload item;
    item.command_id = "first-look";
    item.lane = "downloads";
    item.release_key = "first-look";
    item.title = "First.Look.1999";
    const testing::QueueRow row = call.row(call.enqueue(item).id);
    if (row.data.id == 0) { return {}; }
    follows = row.data.enqueued_at_ms == fresh.clock().wall_ms();
  } catch (const std::exception&) {
    return {};  // a store that cannot even do this: its tests say more
  }
  if (follows != settings().own_clock) { return {}; }
  return follows
             ? "the store follows the host's clock, so --own-clock would leave out tests that can be run"
             : "the store does not follow the clock service of the host. If the clock is its server's, give --clock "
               "COMMAND, which sets that clock, or --own-clock, which leaves the tests of time out";
}

}  // namespace quarry::sdk::check

namespace quarry::sdk::testing {
QUARRY_QUEUE_STORE_CONTRACT(Plugin, (check::store()));
}  // namespace quarry::sdk::testing
