// SPDX-License-Identifier: MIT
#include "queue/progress_notes.hpp"

#include <algorithm>
#include <cmath>

namespace quarry::queue {
namespace {
constexpr std::size_t kProgressPerCall = 500;
}  // namespace

ProgressNotes::ProgressNotes(EnginePorts ports, EngineSettings settings)
    : ports_(std::move(ports)), settings_(std::move(settings)) {}

void ProgressNotes::note(const Download& d, const ClientItem& item, std::int64_t now_ms) {
  Growth& growth = growth_[d.id];
  if (growth.done_bytes != item.done_bytes || growth.at_ms == 0) { growth = {item.done_bytes, now_ms}; }
  const bool quiet = item.state == sdk::ItemState::stalled || item.state == sdk::ItemState::metadata;
  const bool stalled = quiet && now_ms - growth.at_ms >= settings_.stalled_ms;
  const std::uint32_t mask = sdk::kStalled | sdk::kSeeding | sdk::kClientPaused;
  const std::uint32_t flags = (stalled ? sdk::kStalled : 0U) |
                              (item.state == sdk::ItemState::seeding ? sdk::kSeeding : 0U) |
                              (item.state == sdk::ItemState::paused ? sdk::kClientPaused : 0U);
  const bool same = (d.flags & mask) == flags && d.done_bytes == item.done_bytes && d.down_bps == item.down_bps &&
                    d.up_bps == item.up_bps && d.eta_s == item.eta_s && d.seeders == item.seeders &&
                    d.leechers == item.leechers && d.client_state == item.state_text &&
                    std::abs(d.progress - item.progress) < 1e-9 && std::abs(d.ratio - item.ratio) < 1e-3;
  if (same) { return; }
  Pending pending;
  sdk::Progress& p = pending.progress;
  p.id = d.id;
  p.epoch = d.epoch;
  p.set_flags = flags;
  p.clear_flags = mask & ~flags;
  p.seeders = item.seeders;
  p.leechers = item.leechers;
  p.size_bytes = item.size_bytes;
  p.done_bytes = item.done_bytes;
  p.down_bps = item.down_bps;
  p.up_bps = item.up_bps;
  p.eta_s = item.eta_s;
  p.progress = item.progress;
  p.ratio = item.ratio;
  pending.client_state = item.state_text;
  pending.output_path = item.content_path;
  pending_.push_back(std::move(pending));
}

void ProgressNotes::note_gone(const Download& d) {
  Pending gone;
  gone.progress.id = d.id;
  gone.progress.epoch = d.epoch;
  gone.progress.clear_flags = sdk::kSeeding;
  gone.progress.done_bytes = d.done_bytes;
  gone.progress.progress = d.progress;
  gone.progress.ratio = d.ratio;
  gone.client_state = "gone";
  pending_.push_back(std::move(gone));
}

void ProgressNotes::flush() {
  for (std::size_t at = 0; at < pending_.size(); at += kProgressPerCall) {
    std::vector<sdk::Progress> batch;
    for (std::size_t i = at; i < std::min(pending_.size(), at + kProgressPerCall); ++i) {
      pending_[i].progress.client_state = pending_[i].client_state;
      pending_[i].progress.output_path = pending_[i].output_path;
      batch.push_back(pending_[i].progress);
    }
    const auto written = ports_.store->record_progress(batch);
    if (!written) {
      ports_.log(sdk::LogLevel::warning, "progress cannot be recorded: " + written.error().text);
      break;
    }
  }
  pending_.clear();
}

void ProgressNotes::keep_only(const std::set<std::int64_t>& open) {
  std::erase_if(growth_, [&](const auto& entry) { return !open.contains(entry.first); });
}

void ProgressNotes::start_over() {
  growth_.clear();
  pending_.clear();
}

}  // namespace quarry::queue
