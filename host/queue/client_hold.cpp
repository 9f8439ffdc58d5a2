// SPDX-License-Identifier: MIT
#include "queue/client_hold.hpp"

#include <quarry/sdk/helpers/context.hpp>

#include <utility>

namespace quarry::queue {

ClientHold::ClientHold(EnginePorts ports, EngineSettings settings)
    : ports_(std::move(ports)), settings_(std::move(settings)) {}

/// kHoldApplied means "we may have paused it", so it is set before pausing and cleared after resuming:
/// a crash in between only repeats what is harmless. Without it, whoever paused in the client itself
/// is left alone.
void ClientHold::apply(sdk::DownloadClient& client, const Download& d, const ClientItem& item) {
  const bool hold = d.has(sdk::kHold);
  const bool applied = d.has(sdk::kHoldApplied);
  const bool must_pause = hold && item.state != sdk::ItemState::paused;
  const bool must_resume = !hold && applied;
  if (!must_pause && !must_resume) { return; }
  if (must_pause && !applied && !note(d, true)) { return; }
  const sdk::ItemKey key = key_of(d);
  sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, tag_of(d.id));
  const sdk::Status status = hold ? client.pause(ctx, {&key, 1}) : client.resume(ctx, {&key, 1});
  if (!status.ok()) {
    const std::string why = ctx.failure(status, "no reason given").text;
    if (refusals_[d.id].tell()) {
      ports_.log(sdk::LogLevel::warning, name_of(d) + " cannot be " + (hold ? "paused" : "resumed") + ": " + why);
    }
    return;
  }
  refusals_.erase(d.id);
  if (must_resume) { static_cast<void>(note(d, false)); }
}

bool ClientHold::note(const Download& d, bool applied) {
  sdk::Edit edit;
  edit.id = d.id;
  edit.fields = sdk::kEditFlags;
  edit.set_flags = applied ? sdk::kHoldApplied : 0U;
  edit.clear_flags = applied ? 0U : sdk::kHoldApplied;
  const auto outcome = ports_.store->edit(edit);
  if (!outcome) { ports_.log(sdk::LogLevel::warning, name_of(d) + ": " + outcome.error().text); }
  return outcome.ok();
}

void ClientHold::keep_only(const std::set<std::int64_t>& open) {
  std::erase_if(refusals_, [&](const auto& entry) { return !open.contains(entry.first); });
}

}  // namespace quarry::queue
