// SPDX-License-Identifier: MIT
#include "store_gate.hpp"

#include "storage_answers.hpp"

namespace quarry::sim {
namespace {

/// Whether it happened is not known.
sdk::Status lost(sdk::CallContext& ctx) {
  return ctx.fail({sdk::Code::deadline, sdk::kRetryable, 0, 0}, "no answer of the storage in time");
}

const char* name_of(sdk::CommandResult result) {
  static constexpr const char* kNames[] = {"applied",       "already_applied", "stale_epoch",
                                           "stale_version", "wrong_state",     "not_found",
                                           "conflict",      "unavailable",     "unknown_commit"};
  return kNames[static_cast<std::size_t>(result)];
}

std::string told(const sdk::Transition& t) {
  return "transition " + std::to_string(t.id) + " " + std::string(sdk::to_string(t.from)) + " -> " +
         std::string(sdk::to_string(t.to)) + " (" + std::string(t.reason) + ")";
}

}  // namespace

template <class Effect, class Commands>
sdk::Status StoreGate::write(Context& ctx, const char* what, std::size_t count, Out& out, Effect effect,
                             Commands commands) {
  const Fate fate = host_.before_call(what, storage_odds(world_));
  if (fate == Fate::dead || fate == Fate::fails) { return failed(ctx, fate); }
  sdk::Outcomes got;
  sdk::Status status = fate == Fate::never_arrives ? sdk::Status() : effect(got);
  if (fate == Fate::twice && status.ok()) {
    world_.dealt(Trouble::queue_twice);
    got.all.clear();
    status = effect(got);
  }
  if (!host_.after_call(what)) { return lost(ctx); }
  if (!status.ok()) { return status; }
  if (fate == Fate::loses_answer || fate == Fate::never_arrives) {
    note_loss(fate);
    sdk::Outcome unknown;
    unknown.result = sdk::CommandResult::unknown_commit;
    got.all.assign(count, unknown);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (got.all.at(i).result == sdk::CommandResult::applied) { world_.referee.acknowledged(commands(i)); }
    out.add(got.all.at(i));
  }
  return status;
}

template <class Effect>
sdk::Status StoreGate::plain(Context& ctx, const char* what, Effect effect) {
  const Fate fate = host_.before_call(what, storage_odds(world_));
  if (fate == Fate::dead || fate == Fate::fails) { return failed(ctx, fate); }
  const sdk::Status status = fate == Fate::never_arrives ? sdk::Status() : effect(fate == Fate::twice);
  if (!host_.after_call(what)) { return lost(ctx); }
  if (fate != Fate::loses_answer && fate != Fate::never_arrives) { return status; }
  note_loss(fate);
  return lost(ctx);
}

sdk::Status StoreGate::failed(Context& ctx, Fate fate) {
  if (fate == Fate::fails) { world_.dealt(Trouble::queue_fails); }
  return storage_is_down(ctx);
}

void StoreGate::note_loss(Fate fate) {
  world_.dealt(fate == Fate::never_arrives ? Trouble::queue_never_hears : Trouble::queue_loses_answer);
}

sdk::Status StoreGate::open(Context& ctx) noexcept {
  return plain(ctx, "store.open", [&](bool) { return world_.store.open(ctx); });
}

sdk::Status StoreGate::enqueue(Context& ctx, std::span<const sdk::NewDownload> items, Out& out) noexcept {
  return write(
      ctx, "store.enqueue", items.size(), out, [&](Out& sink) { return world_.store.enqueue(ctx, items, sink); },
      [&](std::size_t i) { return items[i].command_id; });
}

sdk::Status StoreGate::claim(Context& ctx, const sdk::ClaimRequest& request, sdk::DownloadSink& rows) noexcept {
  return plain(ctx, "store.claim", [&](bool twice) {
    bool took_one = false;
    auto watching = sdk::download_sink([&](const sdk::DownloadView& row) {
      took_one = true;
      world_.say(host_.owner(), [&] { return "claims " + std::to_string(row.id); });
      return rows.add(row);
    });
    auto nobody = sdk::download_sink([](const sdk::DownloadView&) {});
    if (twice) {
      world_.dealt(Trouble::queue_twice);
      static_cast<void>(world_.store.claim(ctx, request, nobody));
    }
    const sdk::Status status = world_.store.claim(ctx, request, watching);
    if (took_one) { world_.referee.claimed(); }
    return status;
  });
}

sdk::Status StoreGate::heartbeat(Context& ctx, std::string_view owner, std::int64_t lease_ms,
                                 std::span<const sdk::LeaseRef> leases, Out& out) noexcept {
  return write(
      ctx, "store.heartbeat", leases.size(), out,
      [&](Out& sink) { return world_.store.heartbeat(ctx, owner, lease_ms, leases, sink); },
      [](std::size_t) { return std::string_view(); });
}

sdk::Status StoreGate::record_intent(Context& ctx, const sdk::Intent& intent, Out& out) noexcept {
  return write(
      ctx, "store.record_intent", 1, out,
      [&](sdk::Outcomes& sink) {
        const sdk::testing::QueueRow before = world_.referee.row(intent.id);
        const sdk::Status status = world_.store.record_intent(ctx, intent, sink);
        if (!status.ok()) { return status; }
        world_.referee.intended(host_.owner(), intent, before, sink.all.back());
        world_.say(host_.owner(),
                   [&] { return "intent for " + std::to_string(intent.id) + ": " + name_of(sink.all.back().result); });
        return status;
      },
      [](std::size_t) { return std::string_view(); });
}

sdk::Status StoreGate::metainfo(Context& ctx, std::int64_t id, sdk::ByteSink& bytes) noexcept {
  return plain(ctx, "store.metainfo", [&](bool) { return world_.store.metainfo(ctx, id, bytes); });
}

sdk::Status StoreGate::transition(Context& ctx, std::span<const sdk::Transition> changes, Out& out) noexcept {
  return write(
      ctx, "store.transition", changes.size(), out,
      [&](sdk::Outcomes& sink) {
        std::vector<sdk::testing::QueueRow> before;
        for (const sdk::Transition& change : changes) { before.push_back(world_.referee.row(change.id)); }
        const sdk::Status status = world_.store.transition(ctx, changes, sink);
        for (std::size_t i = 0; status.ok() && i < changes.size(); ++i) {
          world_.say(host_.owner(), [&] { return told(changes[i]) + ": " + name_of(sink.all[i].result); });
          world_.referee.changed(host_.owner(), changes[i], before[i], sink.all[i]);
        }
        return status;
      },
      [&](std::size_t i) { return changes[i].command_id; });
}

sdk::Status StoreGate::edit(Context& ctx, const sdk::Edit& change, Out& out) noexcept {
  return write(
      ctx, "store.edit", 1, out,
      [&](sdk::Outcomes& sink) {
        const sdk::Status status = world_.store.edit(ctx, change, sink);
        world_.say(host_.owner(),
                   [&] { return "edit of " + std::to_string(change.id) + ": " + name_of(sink.all.back().result); });
        const bool applied = status.ok() && sink.all.back().result == sdk::CommandResult::applied;
        if (applied && (change.fields & sdk::kEditCleanup) != 0 && change.cleanup == 0) {
          world_.referee.cleaned_up(change.id);
        }
        return status;
      },
      [](std::size_t) { return std::string_view(); });
}

sdk::Status StoreGate::rescue(Context& ctx, std::string_view command, std::string_view owner, std::int32_t limit,
                              sdk::DownloadSink& rows) noexcept {
  return plain(ctx, "store.rescue", [&](bool twice) {
    auto watching = sdk::download_sink([&](const sdk::DownloadView& row) {
      world_.say(host_.owner(), [&] { return "rescues " + std::to_string(row.id); });
      return rows.add(row);
    });
    const sdk::Status status = world_.store.rescue(ctx, command, owner, limit, watching);
    if (!twice || !status.ok()) { return status; }
    world_.dealt(Trouble::queue_twice);
    return world_.store.rescue(ctx, command, owner, limit, watching);
  });
}

sdk::Status StoreGate::record_progress(Context& ctx, std::span<const sdk::Progress> items, Out& out) noexcept {
  return write(
      ctx, "store.record_progress", items.size(), out,
      [&](Out& sink) { return world_.store.record_progress(ctx, items, sink); },
      [](std::size_t) { return std::string_view(); });
}

sdk::Status StoreGate::find(Context& ctx, const sdk::FindRequest& request, sdk::DownloadSink& row) noexcept {
  return plain(ctx, "store.find", [&](bool) { return world_.store.find(ctx, request, row); });
}

sdk::Status StoreGate::list(Context& ctx, const sdk::ListRequest& request, sdk::DownloadSink& rows,
                            std::int64_t& total) noexcept {
  return plain(ctx, "store.list", [&](bool) { return world_.store.list(ctx, request, rows, total); });
}

sdk::Status StoreGate::set_lane(Context& ctx, const sdk::LaneSettings& settings) noexcept {
  return plain(ctx, "store.set_lane", [&](bool) { return world_.store.set_lane(ctx, settings); });
}

sdk::Status StoreGate::stats(Context& ctx, std::string_view lane, sdk::Stats& out) noexcept {
  return plain(ctx, "store.stats", [&](bool) { return world_.store.stats(ctx, lane, out); });
}

sdk::Status StoreGate::events_since(Context& ctx, std::int64_t after, std::int32_t limit,
                                    sdk::EventSink& events) noexcept {
  return plain(ctx, "store.events_since", [&](bool) { return world_.store.events_since(ctx, after, limit, events); });
}

sdk::Status StoreGate::prune(Context& ctx, std::uint32_t states, std::int64_t before, std::int32_t limit,
                             std::int64_t& removed) noexcept {
  return plain(ctx, "store.prune", [&](bool) { return world_.store.prune(ctx, states, before, limit, removed); });
}

sdk::Status StoreGate::take_duty(Context& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept {
  sdk::Duty answer;
  const sdk::Status status = plain(ctx, "store.take_duty", [&](bool twice) {
    sdk::Status done = world_.store.take_duty(ctx, request, answer);
    if (twice && done.ok()) {
      world_.dealt(Trouble::queue_twice);
      done = world_.store.take_duty(ctx, request, answer);
    }
    if (done.ok()) { world_.referee.duty_taken(request, answer); }
    return done;
  });
  if (status.ok()) { out = answer; }
  return status;
}

}  // namespace quarry::sim
