// SPDX-License-Identifier: MIT
// The store in memory as a plugin: sound, with a place that outlives its instances. Each fault changes one method.
#pragma once

#include <quarry/sdk/helpers/plugin.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <map>
#include <memory>
#include <string>

namespace faulty {

using namespace quarry::sdk;
using testing::MemoryQueueStore;

/// The rows of a place, for as long as the process lives.
inline MemoryQueueStore& rows_of(HostServices& host, const std::string& place) {
  static auto& places = *new std::map<std::string, std::unique_ptr<MemoryQueueStore>>;
  auto& rows = places[place];
  if (rows == nullptr) { rows = std::make_unique<MemoryQueueStore>(*get<Clock>(host)); }
  return *rows;
}

class MemoryStore : public Plugin<QueueStore> {
 public:
  MemoryStore(HostServices& host, const Config& config) : rows_(rows_of(host, config.text("place"))) {}

  Status open(CallContext& ctx) noexcept override { return rows_.open(ctx); }
  Status enqueue(CallContext& ctx, std::span<const NewDownload> items, OutcomeSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.enqueue(ctx, items, out); });
  }
  Status claim(CallContext& ctx, const ClaimRequest& request, DownloadSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.claim(ctx, request, out); });
  }
  Status heartbeat(CallContext& ctx, std::string_view owner, std::int64_t lease_ms, std::span<const LeaseRef> leases,
                   OutcomeSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.heartbeat(ctx, owner, lease_ms, leases, out); });
  }
  Status record_intent(CallContext& ctx, const Intent& intent, OutcomeSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.record_intent(ctx, intent, out); });
  }
  Status metainfo(CallContext& ctx, std::int64_t id, ByteSink& bytes) noexcept override {
    return in_time(ctx, [&] { return rows_.metainfo(ctx, id, bytes); });
  }
  Status transition(CallContext& ctx, std::span<const Transition> changes, OutcomeSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.transition(ctx, changes, out); });
  }
  Status edit(CallContext& ctx, const Edit& edit, OutcomeSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.edit(ctx, edit, out); });
  }
  Status rescue(CallContext& ctx, std::string_view command_id, std::string_view owner, std::int32_t limit,
                DownloadSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.rescue(ctx, command_id, owner, limit, out); });
  }
  Status record_progress(CallContext& ctx, std::span<const Progress> items, OutcomeSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.record_progress(ctx, items, out); });
  }
  Status find(CallContext& ctx, const FindRequest& request, DownloadSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.find(ctx, request, out); });
  }
  Status list(CallContext& ctx, const ListRequest& request, DownloadSink& out, std::int64_t& total) noexcept override {
    return in_time(ctx, [&] { return rows_.list(ctx, request, out, total); });
  }
  Status set_lane(CallContext& ctx, const LaneSettings& settings) noexcept override {
    return in_time(ctx, [&] { return rows_.set_lane(ctx, settings); });
  }
  Status stats(CallContext& ctx, std::string_view lane, Stats& out) noexcept override {
    return in_time(ctx, [&] { return rows_.stats(ctx, lane, out); });
  }
  Status events_since(CallContext& ctx, std::int64_t after, std::int32_t limit, EventSink& out) noexcept override {
    return in_time(ctx, [&] { return rows_.events_since(ctx, after, limit, out); });
  }
  Status take_duty(CallContext& ctx, const DutyRequest& request, Duty& out) noexcept override {
    return in_time(ctx, [&] { return rows_.take_duty(ctx, request, out); });
  }
  Status prune(CallContext& ctx, std::uint32_t states, std::int64_t before_ms, std::int32_t limit,
               std::int64_t& removed) noexcept override {
    return in_time(ctx, [&] { return rows_.prune(ctx, states, before_ms, limit, removed); });
  }

 protected:
  [[nodiscard]] MemoryQueueStore& rows() noexcept { return rows_; }

 private:
  template <class Call>
  Status in_time(CallContext& ctx, Call call) {
    if (ctx.cancelled()) { return ctx.fail({Code::cancelled, kNotStarted, 0, 0}, "cancelled by the caller"); }
    if (ctx.remaining_ms() <= 0) { return ctx.fail({Code::deadline, kRetryable, 0, 0}, "the time is over"); }
    return call();
  }

  MemoryQueueStore& rows_;
};

inline constexpr char kPlaceSchema[] =
    R"({"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]})";

}  // namespace faulty
