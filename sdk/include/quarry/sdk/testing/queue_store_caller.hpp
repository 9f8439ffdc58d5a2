// SPDX-License-Identifier: MIT
// Pleasant calls of a queue store, for tests: values in, values out.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/queue_store_row.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace quarry::sdk::testing {

/// Each call fails the running GoogleTest when the Status is not ok. Store and clock must outlive it.
class StoreCaller {
 public:
  StoreCaller(QueueStore& store, ManualClock& clock) : store_(&store), clock_(&clock) {}

  [[nodiscard]] BasicContext context() const { return {*clock_, 30'000, "contract"}; }

  std::vector<Outcome> enqueue(const std::vector<NewDownload>& items);
  Outcome enqueue(const NewDownload& item);
  std::vector<QueueRow> claim(const ClaimRequest& request);
  std::vector<Outcome> heartbeat(std::string_view owner, std::int64_t lease_ms, const std::vector<LeaseRef>& leases);
  Outcome record_intent(const Intent& intent);
  std::vector<Outcome> transition(const std::vector<Transition>& changes);
  Outcome transition(const Transition& change);
  Outcome edit(const Edit& edit);
  std::vector<QueueRow> rescue(std::string_view command_id, std::string_view owner, std::int32_t limit = 500);
  std::vector<Outcome> progress(const std::vector<Progress>& items);
  Duty take_duty(const DutyRequest& request);
  void set_lane(std::int32_t max_active, std::int32_t hold = -1, std::string_view lane = "downloads");
  std::int64_t prune(std::uint32_t states, std::int64_t before_ms, std::int32_t limit = 1000);

  /// The row, or one with id 0.
  [[nodiscard]] QueueRow row(std::int64_t id);
  [[nodiscard]] QueueRow find(FindBy by, std::string_view text);
  [[nodiscard]] std::vector<QueueRow> list(const ListRequest& request, std::int64_t* total = nullptr);
  [[nodiscard]] std::vector<QueueRow> all();
  [[nodiscard]] Stats stats(std::string_view lane = "downloads");
  [[nodiscard]] std::vector<QueueEvent> events(std::int64_t after = 0);
  [[nodiscard]] std::string metainfo(std::int64_t id);

 private:
  QueueStore* store_;
  ManualClock* clock_;
};

}  // namespace quarry::sdk::testing
