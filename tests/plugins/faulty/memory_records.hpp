// SPDX-License-Identifier: MIT
// Queue and records in memory as a plugin: sound, with a place that outlives its instances. Each fault changes one
// method of the records.
#pragma once

#include "memory_store.hpp"

#include <quarry/sdk/helpers/plugin.hpp>
#include <quarry/sdk/testing/memory_record_store.hpp>

#include <map>
#include <memory>
#include <string>

namespace faulty {

/// The records of a place, for as long as the process lives.
inline std::shared_ptr<testing::MemoryRecords> records_of(const std::string& place) {
  static auto& places = *new std::map<std::string, std::shared_ptr<testing::MemoryRecords>>;
  auto& records = places[place];
  if (records == nullptr) { records = std::make_shared<testing::MemoryRecords>(); }
  return records;
}

class MemoryRecords : public RecordStore {
 public:
  MemoryRecords(HostServices& host, const Config& config)
      : store_(*quarry::sdk::get<Clock>(host), records_of(config.text("place"))) {
    testing::link(rows_of(host, config.text("place")), store_);
  }

  Status open(CallContext& ctx) noexcept override { return store_.open(ctx); }
  Status declare(CallContext& ctx, std::span<const CollectionSpec> collections) noexcept override {
    return store_.declare(ctx, collections);
  }
  Status schema_version(CallContext& ctx, std::int64_t& version) noexcept override {
    return store_.schema_version(ctx, version);
  }
  Status change_schema(CallContext& ctx, std::int64_t version, std::span<const SchemaStep> steps) noexcept override {
    return store_.change_schema(ctx, version, steps);
  }
  Status collections(CallContext& ctx, CollectionSink& collections) noexcept override {
    return store_.collections(ctx, collections);
  }
  Status get(CallContext& ctx, std::string_view collection, std::int64_t id, RecordSink& record) noexcept override {
    return store_.get(ctx, collection, id, record);
  }
  Status find(CallContext& ctx, const FindRecords& request, RecordSink& records) noexcept override {
    return store_.find(ctx, request, records);
  }
  Status count(CallContext& ctx, std::string_view collection, std::span<const Condition> where,
               std::int64_t& count) noexcept override {
    return store_.count(ctx, collection, where, count);
  }
  Status write(CallContext& ctx, std::span<const RecordWrite> writes, WriteSink& outcomes) noexcept override {
    return store_.write(ctx, writes, outcomes);
  }

 private:
  testing::MemoryRecordStore store_;
};

template <class Records>
class MemoryStorage : public PluginOfParts<QueueStore, RecordStore> {
 public:
  MemoryStorage(HostServices& host, const Config& config) : queue_(host, config), records_(host, config) {
    offer(queue_, records_);
  }

 private:
  MemoryStore queue_;
  Records records_;
};

}  // namespace faulty
