// SPDX-License-Identifier: MIT
#include "record_gate.hpp"

#include "storage_answers.hpp"

#include <vector>

namespace quarry::sim {
namespace {

struct WriteOutcomes final : sdk::WriteSink {
  void add(const sdk::WriteOutcome& outcome) noexcept override { all.push_back(outcome); }
  std::vector<sdk::WriteOutcome> all;
};

/// Whether it was written is not known.
sdk::Status lost_record_call(sdk::CallContext& ctx) {
  return ctx.fail({sdk::Code::unavailable, sdk::kRetryable | sdk::kMaybeApplied, 0, 0},
                  "no answer of the storage in time");
}

}  // namespace

RecordGate::RecordGate(World& world, SimHost& host)
    : world_(world),
      host_(host),
      memory_(world.store_clock, world.records),
      records_(wrapped(world.seams.records, memory_)),
      store_(*records_) {}

template <class Effect>
sdk::Status RecordGate::call(Context& ctx, const char* what, Effect effect) {
  const Fate fate = host_.before_call(what, storage_odds(world_));
  if (fate == Fate::fails) { world_.dealt(Trouble::records_fail); }
  if (fate == Fate::dead || fate == Fate::fails) { return storage_is_down(ctx); }
  const sdk::Status status = fate == Fate::never_arrives ? sdk::Status() : effect(fate == Fate::twice);
  if (!host_.after_call(what)) { return lost_record_call(ctx); }
  if (fate != Fate::loses_answer && fate != Fate::never_arrives) { return status; }
  world_.dealt(fate == Fate::never_arrives ? Trouble::records_never_hear : Trouble::records_lose_answer);
  return lost_record_call(ctx);
}

sdk::Status RecordGate::open(Context& ctx) noexcept {
  return call(ctx, "records.open", [&](bool) { return store_.open(ctx); });
}

sdk::Status RecordGate::declare(Context& ctx, std::span<const sdk::CollectionSpec> collections) noexcept {
  return call(ctx, "records.declare", [&](bool) { return store_.declare(ctx, collections); });
}

sdk::Status RecordGate::schema_version(Context& ctx, std::int64_t& version) noexcept {
  return call(ctx, "records.schema_version", [&](bool) { return store_.schema_version(ctx, version); });
}

sdk::Status RecordGate::change_schema(Context& ctx, std::int64_t version,
                                      std::span<const sdk::SchemaStep> steps) noexcept {
  return call(ctx, "records.change_schema", [&](bool twice) {
    const sdk::Status status = store_.change_schema(ctx, version, steps);
    if (!twice || !status.ok()) { return status; }
    world_.dealt(Trouble::records_twice);
    return store_.change_schema(ctx, version, steps);
  });
}

sdk::Status RecordGate::collections(Context& ctx, sdk::CollectionSink& collections) noexcept {
  return call(ctx, "records.collections", [&](bool) { return store_.collections(ctx, collections); });
}

sdk::Status RecordGate::get(Context& ctx, std::string_view collection, std::int64_t id,
                            sdk::RecordSink& record) noexcept {
  return call(ctx, "records.get", [&](bool) { return store_.get(ctx, collection, id, record); });
}

sdk::Status RecordGate::find(Context& ctx, const sdk::FindRecords& request, sdk::RecordSink& records) noexcept {
  return call(ctx, "records.find", [&](bool) { return store_.find(ctx, request, records); });
}

sdk::Status RecordGate::count(Context& ctx, std::string_view collection, std::span<const sdk::Condition> where,
                              std::int64_t& count) noexcept {
  return call(ctx, "records.count", [&](bool) { return store_.count(ctx, collection, where, count); });
}

sdk::Status RecordGate::write(Context& ctx, std::span<const sdk::RecordWrite> writes,
                              sdk::WriteSink& outcomes) noexcept {
  WriteOutcomes got;
  const sdk::Status status = call(ctx, "records.write", [&](bool twice) {
    const sdk::Status first = store_.write(ctx, writes, got);
    if (!twice || !first.ok()) { return first; }
    // What the host is told is how it went the second time.
    world_.dealt(Trouble::records_twice);
    got.all.clear();
    return store_.write(ctx, writes, got);
  });
  if (!status.ok()) { return status; }
  world_.say(host_.owner(), [&] {
    const bool applied = got.all.back().result == sdk::WriteResult::applied;
    return "writes " + std::to_string(writes.size()) + " records of " + std::string(writes.front().collection) +
           (applied ? "" : ": refused");
  });
  for (const sdk::WriteOutcome& outcome : got.all) { outcomes.add(outcome); }
  return status;
}

}  // namespace quarry::sim
