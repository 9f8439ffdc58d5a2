// SPDX-License-Identifier: MIT
// A record store in memory, made to be obviously correct: the model other stores are compared with, and the store of
// unit tests and simulations. Every command looks through all records, so it suits thousands, not millions. Nothing
// survives the objects.
//
// With the queue in the same "storage":
//
//   MemoryQueueStore queue(clock);
//   MemoryRecordStore records(clock);
//   link(queue, records);
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/record_store_rules.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace quarry::sdk::testing {

/// A record kept: a value for each field that is held, by its name.
struct HeldRecord {
  std::int64_t id = 0;
  std::int64_t version = 1;
  std::int64_t created_at_ms = 0;
  std::int64_t updated_at_ms = 0;
  std::map<std::string, record_rules::OwnedValue, std::less<>> values;
};

/// What several MemoryRecordStores work on, as hosts do on one database.
struct MemoryRecords {
  struct Table {
    std::map<std::int64_t, HeldRecord> records;
    std::int64_t last_id = 0;
  };
  struct Content {
    record_rules::Collections specs;
    std::map<std::string, Table, std::less<>> tables;
    std::int64_t schema_version = 0;
  };

  std::mutex mutex;
  Content content;
  /// Whether a download refers to this id. Called with `mutex` held.
  std::function<bool(std::int64_t id)> referred_by_queue = [](std::int64_t) { return false; };
};

/// Judges by quarry::sdk::record_rules. Keeps all promises of record_store.hpp. [thread-safe]
/// A sink is called after the command is done, without a lock: it may call the store again.
class MemoryRecordStore final : public RecordStore {
 public:
  /// `clock` (its wall time) must outlive the store. `records`: those of another store, or new ones.
  explicit MemoryRecordStore(const Clock& clock,
                             std::shared_ptr<MemoryRecords> records = std::make_shared<MemoryRecords>())
      : clock_(clock), records_(std::move(records)) {}

  [[nodiscard]] const std::shared_ptr<MemoryRecords>& records() const noexcept { return records_; }

  Status open(CallContext& ctx) noexcept override;
  Status declare(CallContext& ctx, std::span<const CollectionSpec> collections) noexcept override;
  Status schema_version(CallContext& ctx, std::int64_t& version) noexcept override;
  Status change_schema(CallContext& ctx, std::int64_t version, std::span<const SchemaStep> steps) noexcept override;
  Status collections(CallContext& ctx, CollectionSink& collections) noexcept override;
  Status get(CallContext& ctx, std::string_view collection, std::int64_t id, RecordSink& record) noexcept override;
  Status find(CallContext& ctx, const FindRecords& request, RecordSink& records) noexcept override;
  Status count(CallContext& ctx, std::string_view collection, std::span<const Condition> where,
               std::int64_t& count) noexcept override;
  Status write(CallContext& ctx, std::span<const RecordWrite> writes, WriteSink& outcomes) noexcept override;

 private:
  /// The rest with `mutex` held.
  [[nodiscard]] const record_rules::OwnedCollection& declared(std::string_view name) const;
  [[nodiscard]] std::vector<const HeldRecord*> matching(const record_rules::OwnedCollection& mine,
                                                        std::span<const Condition> where) const;

  const Clock& clock_;
  std::shared_ptr<MemoryRecords> records_;
  bool has_declared_ = false;
  record_rules::Collections declared_;
};

/// Puts both into one storage: see kQueueRefersTo. Before either is used by others; both must outlive that.
void link(MemoryQueueStore& queue, MemoryRecordStore& records);

}  // namespace quarry::sdk::testing
