// SPDX-License-Identifier: MIT
// A queue store that takes a change from whoever sends it, whatever epoch it names.
#include "memory_store.hpp"

#include <quarry/sdk/helpers/sinks.hpp>

#include <vector>

namespace {

using namespace quarry::sdk;

class Store final : public faulty::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  Status transition(CallContext& ctx, std::span<const Transition> changes, OutcomeSink& out) noexcept override {
    std::vector<Transition> unfenced(changes.begin(), changes.end());
    for (Transition& change : unfenced) {
      auto row = download_sink([&](const DownloadView& view) { change.epoch = view.epoch; });
      FindRequest by_id;
      by_id.by = FindBy::id;
      by_id.id = change.id;
      static_cast<void>(rows().find(ctx, by_id, row));
    }
    return MemoryStore::transition(ctx, unfenced, out);
  }
};

}  // namespace

QUARRY_PLUGIN(Store, "memory-no-fence", "1.0.0", "Knows no epoch.", faulty::kPlaceSchema, 64);
