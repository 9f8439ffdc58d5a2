// SPDX-License-Identifier: MIT
#include "api/item.hpp"

#include "api/format.hpp"
#include "api/members.hpp"
#include "queue/queue_service.hpp"

#include <algorithm>
#include <cmath>

namespace quarry::api {
namespace {

using sdk::DownloadState;
using sdk::DownloadView;
using sdk::PublicStatus;

/// The words other programs know for how far an item is.
std::string_view tracked_state(DownloadState state) {
  switch (state) {
    case DownloadState::completed:
      return "importPending";
    case DownloadState::blocked:
      return "failedPending";
    case DownloadState::failed:
      return "failed";
    case DownloadState::cancelled:
      return "ignored";
    default:
      return "downloading";
  }
}

PublicStatus status_of(const DownloadView& d) { return sdk::public_status(d.state, d.flags); }

std::string_view tracked_status(const DownloadView& d) {
  if (status_of(d) == PublicStatus::failed) { return "error"; }
  return status_of(d) == PublicStatus::stalled || !d.error.empty() ? "warning" : "ok";
}

std::string download_id(const DownloadView& d) {
  std::string id(d.infohash_v1.empty() ? d.infohash_v2 : d.infohash_v1);
  for (char& c : id) { c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; }
  return id;
}

/// The last failure; other programs know a stalled item by this sentence.
std::string_view error_message(const DownloadView& d) {
  if (!d.error.empty()) { return d.error; }
  return status_of(d) == PublicStatus::stalled ? "The download is stalled with no connections" : "";
}

double percent(const DownloadView& d) {
  const double share = std::isfinite(d.progress) ? std::clamp(d.progress, 0.0, 1.0) : 0.0;
  const double tenths = std::round(share * 1000);
  // 100.0 is said only of what is whole.
  return (share < 1 ? std::min(tenths, 999.0) : tenths) / 10;
}

void write_identity(sdk::JsonWriter& w, const DownloadView& d, QualityCache& qualities) {
  w.member("id", d.id);
  if (d.movie_id != 0) { w.member("movieId", d.movie_id); }
  w.member("title", d.title).member("status", sdk::to_string(status_of(d))).member("state", sdk::to_string(d.state));
  w.member("trackedDownloadStatus", tracked_status(d)).member("trackedDownloadState", tracked_state(d.state));
  const std::string_view problem = error_message(d);
  w.key("statusMessages").begin_array();
  if (!problem.empty()) {
    w.begin_object().member("title", d.title).key("messages").begin_array().value(problem).end_array().end_object();
  }
  w.end_array();
  add_text(w, "errorMessage", problem);
  w.member("downloadId", download_id(d)).member("protocol", "torrent");
  add_text(w, "downloadClient", d.client);
  add_text(w, "indexer", d.indexer);
  add_text(w, "outputPath", d.output_path);
  add_text(w, "category", d.category);
  qualities.write(w.key("quality"), d.title);
}

void write_progress(sdk::JsonWriter& w, const DownloadView& d) {
  const std::int64_t size = std::max<std::int64_t>(0, d.size_bytes);
  const bool whole = d.state == DownloadState::completed;
  const bool running = status_of(d) == PublicStatus::downloading;
  w.member("size", size).member("sizeleft", whole ? 0 : std::max<std::int64_t>(0, size - d.done_bytes));
  w.member("sizeDisplay", size_display(d.size_bytes)).member("progress", whole ? 100.0 : percent(d));
  w.member("speedDisplay", speed_display(running ? d.down_bps : 0));
  w.member("etaDisplay", running ? eta_display(d.eta_s) : whole ? "done" : "-");
  if (running && d.eta_s >= 0) {
    w.member("timeleft", timeleft(d.eta_s));
    w.member("estimatedCompletionTime", iso_time(d.progress_at_ms + d.eta_s * 1000));
  }
  if (d.seeders >= 0) { w.member("seeders", d.seeders); }
  if (d.leechers >= 0) { w.member("leechers", d.leechers); }
}

}  // namespace

void write_item(sdk::JsonWriter& w, const sdk::DownloadView& d, std::int64_t now_ms, QualityCache& qualities) {
  w.begin_object();
  write_identity(w, d, qualities);
  write_progress(w, d);
  w.member("added", iso_time(d.enqueued_at_ms));
  if (d.ended_at_ms != 0) { w.member("ended", iso_time(d.ended_at_ms)); }
  w.member("priority", queue::to_string(d.priority)).member("held", (d.flags & sdk::kHold) != 0);
  w.member("retryCount", std::max(0, d.attempts - 1)).member("canRetry", queue::can_retry(d.state));
  if (d.state == DownloadState::queued && d.due_at_ms > now_ms) {
    w.member("dueAt", iso_time(d.due_at_ms));
    add_text(w, "dueReason", d.due_reason);
  }
  w.end_object();
}

}  // namespace quarry::api
