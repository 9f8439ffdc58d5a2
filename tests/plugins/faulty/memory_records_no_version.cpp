// SPDX-License-Identifier: MIT
// A record store that takes a write whatever version of the record it expects.
#include "memory_records.hpp"

#include <vector>

namespace {

using namespace quarry::sdk;

class Records final : public faulty::MemoryRecords {
 public:
  using MemoryRecords::MemoryRecords;
  Status write(CallContext& ctx, std::span<const RecordWrite> writes, WriteSink& outcomes) noexcept override {
    std::vector<RecordWrite> unfenced(writes.begin(), writes.end());
    for (RecordWrite& one : unfenced) { one.expected_version = -1; }
    return MemoryRecords::write(ctx, unfenced, outcomes);
  }
};

}  // namespace

QUARRY_PLUGIN(faulty::MemoryStorage<Records>, "memory-records-no-version", "1.0.0", "Knows no version.",
              faulty::kPlaceSchema, 64);
