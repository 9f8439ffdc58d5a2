// SPDX-License-Identifier: MIT
// A store as one host meets it: calls fail before they happen, answers get lost after they happened,
// and from one moment on the host is dead and nothing it does has any effect.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/sinks.hpp>

#include <functional>
#include <utility>

namespace quarry::sim {

/// What happens to one call of a host.
enum class Fate { normal, fails, loses_answer, dies_before, dies_after };

/// Decides for every call a host makes, and remembers whether the host still lives.
class Fates {
 public:
  explicit Fates(std::function<Fate()> draw) : draw_(std::move(draw)) {}
  [[nodiscard]] Fate next() {
    if (!alive_) { return Fate::dies_before; }
    const Fate fate = draw_();
    if (fate == Fate::dies_before || fate == Fate::dies_after) { alive_ = false; }
    return fate;
  }
  [[nodiscard]] bool alive() const noexcept { return alive_; }

 private:
  std::function<Fate()> draw_;
  bool alive_ = true;
};

class FaultyStore final : public sdk::QueueStore {
 public:
  /// `after_claim` is called after each claim that reached the store.
  FaultyStore(sdk::QueueStore& inner, Fates& fates, std::function<void()> after_claim)
      : inner_(inner), fates_(fates), after_claim_(std::move(after_claim)) {}

  sdk::Status open(sdk::CallContext& ctx) noexcept override { return inner_.open(ctx); }
  sdk::Status enqueue(sdk::CallContext& ctx, std::span<const sdk::NewDownload> items,
                      sdk::OutcomeSink& out) noexcept override {
    return write(ctx, items.size(), out, [&](auto& sink) { return inner_.enqueue(ctx, items, sink); });
  }
  sdk::Status claim(sdk::CallContext& ctx, const sdk::ClaimRequest& request,
                    sdk::DownloadSink& rows) noexcept override {
    return plain(ctx, [&] {
      bool took_one = false;
      auto counting = sdk::download_sink([&](const sdk::DownloadView& row) {
        took_one = true;
        return rows.add(row);
      });
      const sdk::Status status = inner_.claim(ctx, request, counting);
      if (took_one) { after_claim_(); }
      return status;
    });
  }
  sdk::Status heartbeat(sdk::CallContext& ctx, std::string_view owner, std::int64_t lease_ms,
                        std::span<const sdk::LeaseRef> leases, sdk::OutcomeSink& out) noexcept override {
    return write(ctx, leases.size(), out,
                 [&](auto& sink) { return inner_.heartbeat(ctx, owner, lease_ms, leases, sink); });
  }
  sdk::Status record_intent(sdk::CallContext& ctx, const sdk::Intent& intent, sdk::OutcomeSink& out) noexcept override {
    return write(ctx, 1, out, [&](auto& sink) { return inner_.record_intent(ctx, intent, sink); });
  }
  sdk::Status metainfo(sdk::CallContext& ctx, std::int64_t id, sdk::ByteSink& bytes) noexcept override {
    return plain(ctx, [&] { return inner_.metainfo(ctx, id, bytes); });
  }
  sdk::Status transition(sdk::CallContext& ctx, std::span<const sdk::Transition> changes,
                         sdk::OutcomeSink& out) noexcept override {
    return write(ctx, changes.size(), out, [&](auto& sink) { return inner_.transition(ctx, changes, sink); });
  }
  sdk::Status edit(sdk::CallContext& ctx, const sdk::Edit& change, sdk::OutcomeSink& out) noexcept override {
    return write(ctx, 1, out, [&](auto& sink) { return inner_.edit(ctx, change, sink); });
  }
  sdk::Status rescue(sdk::CallContext& ctx, std::string_view command, std::string_view owner, std::int32_t limit,
                     sdk::DownloadSink& rows) noexcept override {
    return plain(ctx, [&] { return inner_.rescue(ctx, command, owner, limit, rows); });
  }
  sdk::Status record_progress(sdk::CallContext& ctx, std::span<const sdk::Progress> items,
                              sdk::OutcomeSink& out) noexcept override {
    return write(ctx, items.size(), out, [&](auto& sink) { return inner_.record_progress(ctx, items, sink); });
  }
  sdk::Status find(sdk::CallContext& ctx, const sdk::FindRequest& request, sdk::DownloadSink& row) noexcept override {
    return plain(ctx, [&] { return inner_.find(ctx, request, row); });
  }
  sdk::Status list(sdk::CallContext& ctx, const sdk::ListRequest& request, sdk::DownloadSink& rows,
                   std::int64_t& total) noexcept override {
    return plain(ctx, [&] { return inner_.list(ctx, request, rows, total); });
  }
  sdk::Status set_lane(sdk::CallContext& ctx, const sdk::LaneSettings& settings) noexcept override {
    return plain(ctx, [&] { return inner_.set_lane(ctx, settings); });
  }
  sdk::Status stats(sdk::CallContext& ctx, std::string_view lane, sdk::Stats& out) noexcept override {
    return plain(ctx, [&] { return inner_.stats(ctx, lane, out); });
  }
  sdk::Status events_since(sdk::CallContext& ctx, std::int64_t after, std::int32_t limit,
                           sdk::EventSink& events) noexcept override {
    return plain(ctx, [&] { return inner_.events_since(ctx, after, limit, events); });
  }
  sdk::Status prune(sdk::CallContext& ctx, std::uint32_t states, std::int64_t before, std::int32_t limit,
                    std::int64_t& removed) noexcept override {
    return plain(ctx, [&] { return inner_.prune(ctx, states, before, limit, removed); });
  }
  sdk::Status take_duty(sdk::CallContext& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept override {
    sdk::Duty answered;
    const sdk::Status status = plain(ctx, [&] { return inner_.take_duty(ctx, request, answered); });
    if (status.ok()) { out = answered; }
    return status;
  }

 private:
  static sdk::Status down(sdk::CallContext& ctx) {
    return ctx.fail({sdk::Code::unavailable, sdk::kRetryable, 0, 0}, "the storage does not answer");
  }
  struct Swallow final : sdk::OutcomeSink {
    void add(const sdk::Outcome&) noexcept override {}
  };

  /// A lost answer of a command with outcomes is an unknown commit: the caller asks again.
  template <class F>
  sdk::Status write(sdk::CallContext& ctx, std::size_t count, sdk::OutcomeSink& out, F effect) {
    Swallow nobody;
    switch (fates_.next()) {
      case Fate::normal:
        return effect(out);
      case Fate::fails:
      case Fate::dies_before:
        return down(ctx);
      case Fate::dies_after:
        static_cast<void>(effect(nobody));
        return down(ctx);
      case Fate::loses_answer:
        break;
    }
    if (const sdk::Status status = effect(nobody); !status.ok()) { return status; }
    for (std::size_t i = 0; i < count; ++i) {
      sdk::Outcome unknown;
      unknown.result = sdk::CommandResult::unknown_commit;
      out.add(unknown);
    }
    return {};
  }

  template <class F>
  sdk::Status plain(sdk::CallContext& ctx, F effect) {
    switch (fates_.next()) {
      case Fate::normal:
        return effect();
      case Fate::fails:
      case Fate::dies_before:
        return down(ctx);
      default:
        static_cast<void>(effect());
        return down(ctx);
    }
  }

  sdk::QueueStore& inner_;
  Fates& fates_;
  std::function<void()> after_claim_;
};

}  // namespace quarry::sim
