// SPDX-License-Identifier: MIT
#include "row.hpp"

#include <array>
#include <cstring>

namespace quarry::storage_sqlite {
namespace {

using sdk::DownloadView;

/// In the order of sql::kColumns.
constexpr std::array kTexts = {
    &DownloadView::lane,         &DownloadView::release_key,    &DownloadView::title,       &DownloadView::indexer,
    &DownloadView::guid,         &DownloadView::download_url,   &DownloadView::magnet,      &DownloadView::category,
    &DownloadView::client,       &DownloadView::client_item_id, &DownloadView::infohash_v1, &DownloadView::infohash_v2,
    &DownloadView::output_path,  &DownloadView::lease_owner,    &DownloadView::due_reason,  &DownloadView::error,
    &DownloadView::client_state,
};

}  // namespace

sdk::DownloadView read_row(const RawStatement& statement) {
  DownloadView row;
  int column = 0;
  const auto big = [&] { return statement.integer(column++); };
  const auto small = [&] { return static_cast<std::int32_t>(statement.integer(column++)); };
  row.id = big();
  row.flags = static_cast<std::uint32_t>(big());
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
  row.progress = statement.real(column++);
  row.ratio = statement.real(column++);
  for (const auto text : kTexts) { row.*text = statement.text(column++); }
  return row;
}

OwnedRow::OwnedRow(const sdk::DownloadView& view) : view_(view) {
  std::size_t size = 0;
  for (const auto text : kTexts) { size += (view.*text).size(); }
  texts_ = std::make_unique<char[]>(size);
  char* place = texts_.get();
  for (const auto text : kTexts) {
    const std::string_view from = view.*text;
    if (!from.empty()) { std::memcpy(place, from.data(), from.size()); }
    view_.*text = {place, from.size()};
    place += from.size();
  }
}

}  // namespace quarry::storage_sqlite
