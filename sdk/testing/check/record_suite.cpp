// SPDX-License-Identifier: MIT
// quarry.record_store/1 of the library, on a place of its own for each test, with the queue beside it where the
// library keeps one.
#include "plugin_instance.hpp"
#include "run.hpp"

#include <quarry/sdk/testing/record_store_contract.hpp>

#include <vector>

namespace quarry::sdk::check {
namespace {

class PluginRecords final : public testing::RecordStoreUnderTest {
 public:
  PluginRecords() {
    instances_.push_back(opened());
    follow_clock(host_.clock);
  }

  RecordStore& store() override { return instances_.front()->as<RecordStore>(); }
  testing::ManualClock& clock() override { return host_.clock; }
  QueueStore* queue() override {
    return entry_provides(QueueStore::kId) ? &instances_.front()->as<QueueStore>() : nullptr;
  }
  bool reopen() override {
    instances_.clear();
    instances_.push_back(opened());
    return true;
  }
  RecordStore* second() override {
    if (!settings().many_hosts) { return nullptr; }
    instances_.push_back(opened());
    return &instances_.back()->as<RecordStore>();
  }

 private:
  static bool entry_provides(std::string_view id) {
    for (const char* const* provided = loaded_entry().provides; *provided != nullptr; ++provided) {
      if (*provided == id) { return true; }
    }
    return false;
  }
  template <class Store>
  void open(PluginInstance& instance) {
    BasicContext ctx = host_.context();
    if (!instance.as<Store>().open(ctx).ok()) { throw std::runtime_error("the store cannot be opened: " + ctx.text()); }
  }
  std::unique_ptr<PluginInstance> opened() {
    auto instance = std::make_unique<PluginInstance>(host_, place_.config());
    if (entry_provides(QueueStore::kId)) { open<QueueStore>(*instance); }
    open<RecordStore>(*instance);
    return instance;
  }

  Place place_;
  testing::FakeHost host_;
  std::vector<std::unique_ptr<PluginInstance>> instances_;  ///< the first is the one under test
};

testing::RecordStoreFactory records() {
  testing::RecordStoreFactory out;
  out.name = "plugin";
  out.make = [] { return std::make_unique<PluginRecords>(); };
  out.on_sequence = tell_seed;
  return out;
}

}  // namespace
}  // namespace quarry::sdk::check

namespace quarry::sdk::testing {
QUARRY_RECORD_STORE_CONTRACT(Plugin, (check::records()));
}  // namespace quarry::sdk::testing
