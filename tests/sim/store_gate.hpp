// SPDX-License-Identifier: MIT
// The store as one host meets it: calls fail before they happen, arrive twice, answers get lost after they
// happened, others act in between, and from one moment on the host is dead and nothing it does has any
// effect. Each effect is shown to the referee.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/sinks.hpp>

namespace quarry::sim {

class SimHost;
class World;
enum class Fate;

class StoreGate final : public sdk::QueueStore {
 public:
  StoreGate(World& world, SimHost& host) : world_(world), host_(host) {}

  using Context = sdk::CallContext;
  using Out = sdk::OutcomeSink;
  sdk::Status open(Context& ctx) noexcept override;
  sdk::Status enqueue(Context& ctx, std::span<const sdk::NewDownload> items, Out& out) noexcept override;
  sdk::Status claim(Context& ctx, const sdk::ClaimRequest& request, sdk::DownloadSink& rows) noexcept override;
  sdk::Status heartbeat(Context& ctx, std::string_view owner, std::int64_t lease_ms,
                        std::span<const sdk::LeaseRef> leases, Out& out) noexcept override;
  sdk::Status record_intent(Context& ctx, const sdk::Intent& intent, Out& out) noexcept override;
  sdk::Status metainfo(Context& ctx, std::int64_t id, sdk::ByteSink& bytes) noexcept override;
  sdk::Status transition(Context& ctx, std::span<const sdk::Transition> changes, Out& out) noexcept override;
  sdk::Status edit(Context& ctx, const sdk::Edit& change, Out& out) noexcept override;
  sdk::Status rescue(Context& ctx, std::string_view command, std::string_view owner, std::int32_t limit,
                     sdk::DownloadSink& rows) noexcept override;
  sdk::Status record_progress(Context& ctx, std::span<const sdk::Progress> items, Out& out) noexcept override;
  sdk::Status find(Context& ctx, const sdk::FindRequest& request, sdk::DownloadSink& row) noexcept override;
  sdk::Status list(Context& ctx, const sdk::ListRequest& request, sdk::DownloadSink& rows,
                   std::int64_t& total) noexcept override;
  sdk::Status set_lane(Context& ctx, const sdk::LaneSettings& settings) noexcept override;
  sdk::Status stats(Context& ctx, std::string_view lane, sdk::Stats& out) noexcept override;
  sdk::Status events_since(Context& ctx, std::int64_t after, std::int32_t limit,
                           sdk::EventSink& events) noexcept override;
  sdk::Status prune(Context& ctx, std::uint32_t states, std::int64_t before, std::int32_t limit,
                    std::int64_t& removed) noexcept override;
  sdk::Status take_duty(Context& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept override;

 private:
  /// `effect(sink)` carries the command out; `commands(i)` names the i-th.
  template <class Effect, class Commands>
  sdk::Status write(Context& ctx, const char* what, std::size_t count, Out& out, Effect effect, Commands commands);
  /// A lost answer of a call without outcomes is a failure of which nobody knows whether it was one.
  template <class Effect>
  sdk::Status plain(Context& ctx, const char* what, Effect effect);
  /// What it is answered that has no effect: its host is dead, or the storage fails.
  sdk::Status failed(Context& ctx, Fate fate);
  void note_loss(Fate fate);

  World& world_;
  SimHost& host_;
};

}  // namespace quarry::sim
