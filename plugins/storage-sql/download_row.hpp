// SPDX-License-Identifier: MIT
// The ways from a row to the SDK's view of it.
#pragma once

#include "download_columns.hpp"

#include <quarry/sdk/abi/queue_store.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

namespace quarry::storage_sql {

/// A number that does not fit becomes the nearest that does: never a small and innocent one.
template <class Narrow>
[[nodiscard]] constexpr Narrow narrowed(std::int64_t value) noexcept {
  return static_cast<Narrow>(
      std::clamp<std::int64_t>(value, std::numeric_limits<Narrow>::min(), std::numeric_limits<Narrow>::max()));
}
/// The same for bits, of which a number that does not fit has all.
[[nodiscard]] constexpr std::uint32_t narrowed_bits(std::int64_t value) noexcept {
  const bool fits = value >= 0 && value <= std::numeric_limits<std::uint32_t>::max();
  return fits ? static_cast<std::uint32_t>(value) : std::numeric_limits<std::uint32_t>::max();
}

inline constexpr char kDownloadColumns[] = QUARRY_DOWNLOAD_COLUMNS;
inline constexpr std::size_t kDownloadIntegers = 25;
inline constexpr std::size_t kDownloadReals = 2;

/// The last columns: texts.
inline constexpr std::array kDownloadTexts = {
    &sdk::DownloadView::lane,           &sdk::DownloadView::release_key,  &sdk::DownloadView::title,
    &sdk::DownloadView::indexer,        &sdk::DownloadView::guid,         &sdk::DownloadView::download_url,
    &sdk::DownloadView::magnet,         &sdk::DownloadView::category,     &sdk::DownloadView::client,
    &sdk::DownloadView::client_item_id, &sdk::DownloadView::infohash_v1,  &sdk::DownloadView::infohash_v2,
    &sdk::DownloadView::output_path,    &sdk::DownloadView::lease_owner,  &sdk::DownloadView::due_reason,
    &sdk::DownloadView::error,          &sdk::DownloadView::client_state,
};

/// The row as it is, also one that should not exist: whoever reads it judges it. `source` answers integer(column),
/// real(column) and text(column), counted from 0.
template <class Source>
[[nodiscard]] sdk::DownloadView read_row(const Source& source) {
  sdk::DownloadView row;
  int column = 0;
  const auto big = [&] { return source.integer(column++); };
  const auto small = [&] { return narrowed<std::int32_t>(source.integer(column++)); };
  row.id = big();
  row.flags = narrowed_bits(big());
  row.epoch = big();
  row.version = big();
  row.state = static_cast<sdk::DownloadState>(small());
  row.priority = static_cast<sdk::Priority>(small());
  row.movie_id = big();
  row.size_bytes = big();
  row.rank = big();
  row.due_at_ms = big();
  row.lease_until_ms = big();
  row.enqueued_at_ms = big();
  row.updated_at_ms = big();
  row.ended_at_ms = big();
  row.done_bytes = big();
  row.down_bps = big();
  row.up_bps = big();
  row.eta_s = big();
  row.progress_at_ms = big();
  row.attempts = small();
  row.max_retries = small();
  row.seeders = small();
  row.leechers = small();
  row.cleanup = small();
  row.error_code = static_cast<sdk::Code>(small());
  row.progress = source.real(column++);
  row.ratio = source.real(column++);
  for (const auto text : kDownloadTexts) { row.*text = source.text(column++); }
  return row;
}

/// A row with texts of its own, all in one piece of memory.
class OwnedRow {
 public:
  explicit OwnedRow(const sdk::DownloadView& view);
  [[nodiscard]] const sdk::DownloadView& view() const noexcept { return view_; }

 private:
  sdk::DownloadView view_;
  std::unique_ptr<char[]> texts_;
};

}  // namespace quarry::storage_sql
