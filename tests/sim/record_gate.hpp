// SPDX-License-Identifier: MIT
// The records as one host reaches them: as StoreGate, for what is kept beside the queue.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>
#include <quarry/sdk/testing/memory_record_store.hpp>

namespace quarry::sim {

class SimHost;
class World;

class RecordGate final : public sdk::RecordStore {
 public:
  RecordGate(World& world, SimHost& host);

  using Context = sdk::CallContext;
  sdk::Status open(Context& ctx) noexcept override;
  sdk::Status declare(Context& ctx, std::span<const sdk::CollectionSpec> collections) noexcept override;
  sdk::Status schema_version(Context& ctx, std::int64_t& version) noexcept override;
  sdk::Status change_schema(Context& ctx, std::int64_t version,
                            std::span<const sdk::SchemaStep> steps) noexcept override;
  sdk::Status collections(Context& ctx, sdk::CollectionSink& collections) noexcept override;
  sdk::Status get(Context& ctx, std::string_view collection, std::int64_t id,
                  sdk::RecordSink& record) noexcept override;
  sdk::Status find(Context& ctx, const sdk::FindRecords& request, sdk::RecordSink& records) noexcept override;
  sdk::Status count(Context& ctx, std::string_view collection, std::span<const sdk::Condition> where,
                    std::int64_t& count) noexcept override;
  sdk::Status write(Context& ctx, std::span<const sdk::RecordWrite> writes, sdk::WriteSink& outcomes) noexcept override;

 private:
  /// `effect(twice)` carries the call out.
  template <class Effect>
  sdk::Status call(Context& ctx, const char* what, Effect effect);

  World& world_;
  SimHost& host_;
  sdk::testing::MemoryRecordStore memory_;
  const std::shared_ptr<sdk::RecordStore> records_;
  sdk::RecordStore& store_;
};

}  // namespace quarry::sim
