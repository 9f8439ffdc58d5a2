// SPDX-License-Identifier: MIT
#include "queue/inspector.hpp"

#include <algorithm>

namespace quarry::queue {
namespace {
constexpr int kPage = 200;
constexpr std::int64_t kPagePauseMs = 20;         ///< a million rows in some two minutes
constexpr std::int64_t kDownPauseMs = 30'000;     ///< after the storage did not answer
constexpr std::int64_t kRestMs = 24 * 3'600'000;  ///< from the end of the queue to the next beginning
constexpr std::int64_t kLookAgainMs = 10'000;     ///< whether what is set aside has been mended
}  // namespace

std::int64_t Inspector::step(std::int64_t now_ms) {
  if (now_ms >= next_ms_) { next_ms_ = read_page(now_ms); }
  const auto set_aside = ports_.store->set_aside().keys();
  for (const std::int64_t id : set_aside) {
    sdk::FindRequest request;
    request.id = id;
    static_cast<void>(ports_.store->find(request, [](const sdk::DownloadView&) {}));
  }
  return set_aside.empty() ? next_ms_ : std::min(next_ms_, now_ms + kLookAgainMs);
}

std::int64_t Inspector::read_page(std::int64_t now_ms) {
  sdk::ListRequest request;
  request.filter.after_id = after_id_;
  request.limit = kPage;
  const auto page = ports_.store->read_page(request, [](const sdk::DownloadView&) {});
  if (!page) { return now_ms + kDownPauseMs; }
  after_id_ = page->last_id;
  if (page->rows == kPage) { return now_ms + kPagePauseMs; }
  after_id_ = 0;
  return now_ms + kRestMs;
}

}  // namespace quarry::queue
