// SPDX-License-Identifier: MIT
#include "records/history.hpp"

#include "records/collections.hpp"
#include "records/values.hpp"

#include <algorithm>

namespace quarry::records {
namespace {

HistoryEntry history_entry_of(const sdk::RecordView& record) {
  HistoryEntry out;
  out.id = record.id;
  out.event_sequence = integer_at(record, history::kEventSequence);
  out.download_id = integer_at(record, history::kDownloadId);
  out.movie_id = integer_at(record, history::kMovieId);
  out.title = text_at(record, history::kTitle);
  out.release_key = text_at(record, history::kReleaseKey);
  out.infohash = text_at(record, history::kInfohash);
  out.indexer = text_at(record, history::kIndexer);
  out.client = text_at(record, history::kClient);
  out.reason = text_at(record, history::kReason);
  out.size_bytes = integer_at(record, history::kSizeBytes);
  out.at_ms = integer_at(record, history::kAt);
  const auto* const word = std::find(kHistoryWords.begin(), kHistoryWords.end(), text_at(record, history::kEventType));
  if (word != kHistoryWords.end()) { out.event = static_cast<HistoryEvent>(word - kHistoryWords.begin()); }
  return out;
}

/// A filter as conditions, with the values they look at.
class Where {
 public:
  explicit Where(const HistoryFilter& filter) {
    if (filter.movie_id != 0) { add(history::kMovieId, movie_, integer(filter.movie_id)); }
    if (filter.event) { add(history::kEventType, event_, text(to_string(*filter.event))); }
  }
  Where(const Where&) = delete;
  Where& operator=(const Where&) = delete;
  [[nodiscard]] std::span<const sdk::Condition> conditions() const noexcept { return conditions_; }

 private:
  void add(std::int32_t field, sdk::Value& place, sdk::Value value) {
    place = value;
    conditions_.push_back(condition(field, sdk::Match::equal, {&place, 1}));
  }
  sdk::Value movie_;
  sdk::Value event_;
  std::vector<sdk::Condition> conditions_;
};

}  // namespace

std::string_view to_string(HistoryEvent event) noexcept {
  const auto i = static_cast<std::size_t>(event);
  return i < kHistoryWords.size() ? kHistoryWords[i] : kHistoryWords[0];
}

std::vector<sdk::Assignment> assignments_of(const HistoryEntry& entry) {
  return {
      assign(history::kEventSequence, integer(entry.event_sequence)),
      assign(history::kDownloadId, integer(entry.download_id)),
      assign(history::kMovieId, known(entry.movie_id)),
      assign(history::kTitle, known(entry.title)),
      assign(history::kReleaseKey, known(entry.release_key)),
      assign(history::kInfohash, known(entry.infohash)),
      assign(history::kIndexer, known(entry.indexer)),
      assign(history::kClient, known(entry.client)),
      assign(history::kSizeBytes, known(entry.size_bytes)),
      assign(history::kEventType, text(to_string(entry.event))),
      assign(history::kAt, integer(entry.at_ms)),
      assign(history::kReason, known(entry.reason)),
  };
}

sdk::Done History::list(const HistoryFilter& filter, bool descending, Slice slice,
                        const std::function<void(const HistoryEntry&)>& visit) const {
  const Where where(filter);
  const std::array order = {sdk::SortField{history::kAt, descending ? 1 : 0}};
  sdk::FindRecords request;
  request.collection = history::kName;
  request.where = where.conditions();
  request.order = order;
  return client_.find_slice(request, slice, [&](const sdk::RecordView& record) { visit(history_entry_of(record)); });
}

sdk::Result<std::int64_t> History::count(const HistoryFilter& filter) const {
  const Where where(filter);
  return client_.count(history::kName, where.conditions());
}

sdk::Result<std::int64_t> History::last_sequence(std::int64_t below) const {
  const sdk::Value end = integer(below);
  const std::array where = {condition(history::kEventSequence, sdk::Match::below, {&end, 1})};
  const std::array order = {sdk::SortField{history::kEventSequence, 1}};
  sdk::FindRecords request;
  request.collection = history::kName;
  request.where = where;
  request.order = order;
  request.limit = 1;
  std::int64_t last = 0;
  const auto done =
      client_.find(request, [&](const sdk::RecordView& record) { last = integer_at(record, history::kEventSequence); });
  if (!done) { return done.error(); }
  return last;
}

}  // namespace quarry::records
