// SPDX-License-Identifier: MIT
// Interfaces that hand every call on: a fault overrides the one it is about.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/record_store.hpp>

namespace quarry::sim {

class ForwardingQueue : public sdk::QueueStore {
 public:
  explicit ForwardingQueue(sdk::QueueStore& inner) : inner_(inner) {}

  using Context = sdk::CallContext;
  using Out = sdk::OutcomeSink;
  sdk::Status open(Context& ctx) noexcept override { return inner_.open(ctx); }
  sdk::Status enqueue(Context& ctx, std::span<const sdk::NewDownload> items, Out& out) noexcept override {
    return inner_.enqueue(ctx, items, out);
  }
  sdk::Status claim(Context& ctx, const sdk::ClaimRequest& request, sdk::DownloadSink& rows) noexcept override {
    return inner_.claim(ctx, request, rows);
  }
  sdk::Status heartbeat(Context& ctx, std::string_view owner, std::int64_t lease_ms,
                        std::span<const sdk::LeaseRef> leases, Out& out) noexcept override {
    return inner_.heartbeat(ctx, owner, lease_ms, leases, out);
  }
  sdk::Status record_intent(Context& ctx, const sdk::Intent& intent, Out& out) noexcept override {
    return inner_.record_intent(ctx, intent, out);
  }
  sdk::Status metainfo(Context& ctx, std::int64_t id, sdk::ByteSink& bytes) noexcept override {
    return inner_.metainfo(ctx, id, bytes);
  }
  sdk::Status transition(Context& ctx, std::span<const sdk::Transition> changes, Out& out) noexcept override {
    return inner_.transition(ctx, changes, out);
  }
  sdk::Status edit(Context& ctx, const sdk::Edit& change, Out& out) noexcept override {
    return inner_.edit(ctx, change, out);
  }
  sdk::Status rescue(Context& ctx, std::string_view command, std::string_view owner, std::int32_t limit,
                     sdk::DownloadSink& rows) noexcept override {
    return inner_.rescue(ctx, command, owner, limit, rows);
  }
  sdk::Status record_progress(Context& ctx, std::span<const sdk::Progress> items, Out& out) noexcept override {
    return inner_.record_progress(ctx, items, out);
  }
  sdk::Status find(Context& ctx, const sdk::FindRequest& request, sdk::DownloadSink& row) noexcept override {
    return inner_.find(ctx, request, row);
  }
  sdk::Status list(Context& ctx, const sdk::ListRequest& request, sdk::DownloadSink& rows,
                   std::int64_t& total) noexcept override {
    return inner_.list(ctx, request, rows, total);
  }
  sdk::Status set_lane(Context& ctx, const sdk::LaneSettings& settings) noexcept override {
    return inner_.set_lane(ctx, settings);
  }
  sdk::Status stats(Context& ctx, std::string_view lane, sdk::Stats& out) noexcept override {
    return inner_.stats(ctx, lane, out);
  }
  sdk::Status events_since(Context& ctx, std::int64_t after, std::int32_t limit,
                           sdk::EventSink& events) noexcept override {
    return inner_.events_since(ctx, after, limit, events);
  }
  sdk::Status prune(Context& ctx, std::uint32_t states, std::int64_t before, std::int32_t limit,
                    std::int64_t& removed) noexcept override {
    return inner_.prune(ctx, states, before, limit, removed);
  }
  sdk::Status take_duty(Context& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept override {
    return inner_.take_duty(ctx, request, out);
  }

 protected:
  sdk::QueueStore& inner_;
};

class ForwardingRecords : public sdk::RecordStore {
 public:
  explicit ForwardingRecords(sdk::RecordStore& inner) : inner_(inner) {}

  using Context = sdk::CallContext;
  sdk::Status open(Context& ctx) noexcept override { return inner_.open(ctx); }
  sdk::Status declare(Context& ctx, std::span<const sdk::CollectionSpec> collections) noexcept override {
    return inner_.declare(ctx, collections);
  }
  sdk::Status schema_version(Context& ctx, std::int64_t& version) noexcept override {
    return inner_.schema_version(ctx, version);
  }
  sdk::Status change_schema(Context& ctx, std::int64_t version,
                            std::span<const sdk::SchemaStep> steps) noexcept override {
    return inner_.change_schema(ctx, version, steps);
  }
  sdk::Status collections(Context& ctx, sdk::CollectionSink& collections) noexcept override {
    return inner_.collections(ctx, collections);
  }
  sdk::Status get(Context& ctx, std::string_view collection, std::int64_t id,
                  sdk::RecordSink& record) noexcept override {
    return inner_.get(ctx, collection, id, record);
  }
  sdk::Status find(Context& ctx, const sdk::FindRecords& request, sdk::RecordSink& records) noexcept override {
    return inner_.find(ctx, request, records);
  }
  sdk::Status count(Context& ctx, std::string_view collection, std::span<const sdk::Condition> where,
                    std::int64_t& count) noexcept override {
    return inner_.count(ctx, collection, where, count);
  }
  sdk::Status write(Context& ctx, std::span<const sdk::RecordWrite> writes,
                    sdk::WriteSink& outcomes) noexcept override {
    return inner_.write(ctx, writes, outcomes);
  }

 protected:
  sdk::RecordStore& inner_;
};

class ForwardingClient : public sdk::DownloadClient {
 public:
  explicit ForwardingClient(sdk::DownloadClient& inner) : inner_(inner) {}

  using Context = sdk::CallContext;
  using Keys = std::span<const sdk::ItemKey>;
  sdk::Status capabilities(Context& ctx, sdk::ClientCapabilities& out) noexcept override {
    return inner_.capabilities(ctx, out);
  }
  sdk::Status test(Context& ctx, sdk::TestSink& facts) noexcept override { return inner_.test(ctx, facts); }
  sdk::Status add(Context& ctx, const sdk::AddRequest& request) noexcept override { return inner_.add(ctx, request); }
  sdk::Status list(Context& ctx, const sdk::ListQuery& query, sdk::ItemSink& sink) noexcept override {
    return inner_.list(ctx, query, sink);
  }
  sdk::Status pause(Context& ctx, Keys keys) noexcept override { return inner_.pause(ctx, keys); }
  sdk::Status resume(Context& ctx, Keys keys) noexcept override { return inner_.resume(ctx, keys); }
  sdk::Status remove(Context& ctx, Keys keys, std::int32_t delete_data) noexcept override {
    return inner_.remove(ctx, keys, delete_data);
  }
  sdk::Status set_priority(Context& ctx, Keys keys, sdk::Priority priority) noexcept override {
    return inner_.set_priority(ctx, keys, priority);
  }
  sdk::Status set_category(Context& ctx, Keys keys, std::string_view category) noexcept override {
    return inner_.set_category(ctx, keys, category);
  }
  sdk::Status set_limits(Context& ctx, Keys keys, const sdk::ClientLimits& limits) noexcept override {
    return inner_.set_limits(ctx, keys, limits);
  }
  sdk::Status files(Context& ctx, const sdk::ItemKey& key, sdk::FileSink& sink) noexcept override {
    return inner_.files(ctx, key, sink);
  }

 protected:
  sdk::DownloadClient& inner_;
};

}  // namespace quarry::sim
