// SPDX-License-Identifier: MIT
// Where a test puts a fault into a run, to see the judges notice it. A run without seams has none.
#pragma once

#include "plan.hpp"

#include "queue/engine.hpp"

#include <quarry/sdk/testing/fake_download_client.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>
#include <quarry/sdk/testing/memory_record_store.hpp>

#include <functional>
#include <memory>

namespace quarry::sim {

/// Makes what takes the place of `inner`, which outlives it.
template <class Interface, class Inner>
using Wrap = std::function<std::shared_ptr<Interface>(Inner& inner)>;

struct Seams {
  Wrap<sdk::QueueStore, sdk::testing::MemoryQueueStore> queue;         ///< the judges read through it, too
  Wrap<sdk::RecordStore, sdk::testing::MemoryRecordStore> records;     ///< as the hosts reach them
  Wrap<sdk::DownloadClient, sdk::testing::FakeDownloadClient> client;  ///< as the hosts reach it
  queue::EngineSettings engine;
  std::function<void(Plan&)> plan;  ///< changes what the seed decided, so that a rare moment comes often
};

/// `inner` itself where there is no wrap.
template <class Interface, class Inner>
[[nodiscard]] std::shared_ptr<Interface> wrapped(const Wrap<Interface, Inner>& wrap, Inner& inner) {
  if (wrap) { return wrap(inner); }
  return {std::shared_ptr<void>(), &inner};
}

/// What the seed decides, and the seams then change.
[[nodiscard]] inline Plan drawn(const Seams& seams, Dice& dice, int hosts) {
  Plan plan = draw_plan(dice, hosts);
  if (seams.plan) { seams.plan(plan); }
  return plan;
}

}  // namespace quarry::sim
