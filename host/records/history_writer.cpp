// SPDX-License-Identifier: MIT
#include "records/history_writer.hpp"

#include "records/collections.hpp"

#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/sinks.hpp>

#include <algorithm>
#include <deque>
#include <utility>

namespace quarry::records {
namespace {

constexpr std::int32_t kEventsAtOnce = 200;  ///< each may become two writes of a batch of at most 500
constexpr std::int64_t kIdleMs = 2'000;
constexpr std::int64_t kElsewhereMs = 5'000;  ///< another host does it: look whether it still does
constexpr std::int64_t kFailedMs = 5'000;
/// The cursor is written at least so often, so that a host that starts need not read what tells nobody anything.
constexpr std::int64_t kMostUnwritten = 1'000;
constexpr std::int64_t kStepTimeoutMs = 10'000;
constexpr char kNoWord[] = "the storage failed without saying why";

std::optional<HistoryEvent> meaning_of(const sdk::EventView& event) {
  if (event.from < 0) { return HistoryEvent::grabbed; }
  switch (static_cast<sdk::DownloadState>(event.to)) {
    case sdk::DownloadState::completed:
      return HistoryEvent::completed;
    case sdk::DownloadState::failed:
      return HistoryEvent::failed;
    case sdk::DownloadState::cancelled:
      return HistoryEvent::cancelled;
    case sdk::DownloadState::blocked:
      return HistoryEvent::blocked;
    case sdk::DownloadState::queued:
      return event.actor == sdk::Actor::user ? std::optional(HistoryEvent::retried) : std::nullopt;
    default:
      return std::nullopt;
  }
}

/// It is the release's own fault, and will be tomorrow.
bool is_hopeless(sdk::Code code) { return code == sdk::Code::invalid || code == sdk::Code::not_found; }

}  // namespace

struct HistoryWriter::Row {
  std::string title, release_key, indexer, client, infohash, error;
  std::int64_t movie_id = 0;
  std::int64_t size_bytes = 0;
  bool hopeless = false;  ///< failed, and would fail again; and a search can meet it again
};

struct HistoryWriter::Batch {
  std::vector<HistoryEntry> history;
  std::vector<BlocklistEntry> blocked;
};

sdk::Result<bool> HistoryWriter::is_event(std::int64_t sequence) const {
  sdk::BasicContext ctx(*ports_.clock, kStepTimeoutMs, "history");
  bool found = false;
  auto sink = sdk::event_sink([&](const sdk::EventView& event) { found = event.sequence == sequence; });
  const sdk::Status status = ports_.queue->events_since(ctx, sequence - 1, 1, sink);
  if (!status.ok()) { return ctx.failure(status, kNoWord); }
  return found;
}

sdk::Result<std::int64_t> HistoryWriter::last_told() const {
  auto last = ports_.records->history().last_sequence();
  // An entry of an event that never was must not keep those from being told that are to come.
  while (last && *last > 0) {
    const auto is = is_event(*last);
    if (!is) { return is.error(); }
    if (*is) { break; }
    last = ports_.records->history().last_sequence(*last);
  }
  return last ? std::max<std::int64_t>(0, *last) : last;
}

sdk::Done HistoryWriter::read_cursor() {
  const auto cursor = read_setting(ports_.records->client(), settings::kHistoryCursor);
  if (!cursor) { return cursor.error(); }
  // Where only the cursor was lost, what is written already is not written again.
  const auto last = last_told();
  if (!last) { return last.error(); }
  cursor_ = *cursor;
  seen_ = std::max({seen_, cursor->value, *last});
  return cursor->unreadable.empty() ? sdk::Unit{} : mend_cursor(cursor->unreadable, *last);
}

sdk::Done HistoryWriter::mend_cursor(const std::string& unreadable, std::int64_t last) {
  // At once, so that it is told once, also when nothing happens for a long time.
  if (auto done = write({}, last); !done) { return done; }
  ports_.log(sdk::LogLevel::warning, "the setting \"history_cursor\" in the storage was " + unreadable +
                                         ", no number; the history goes on after event " + std::to_string(last) +
                                         ", the last one that it has, and nothing is missing or doubled");
  return sdk::Unit{};
}

sdk::Result<HistoryWriter::Page> HistoryWriter::read_page() const {
  sdk::BasicContext ctx(*ports_.clock, kStepTimeoutMs, "history");
  Page page;
  std::int32_t read = 0;
  auto sink = sdk::event_sink([&](const sdk::EventView& event) {
    ++read;
    page.last = event.sequence;
    if (const auto what = meaning_of(event)) {
      page.events.push_back({event.sequence, event.download_id, event.at_ms, *what, sdk::repaired_text(event.reason),
                             event.actor == sdk::Actor::worker});
    }
  });
  const sdk::Status status = ports_.queue->events_since(ctx, seen_, kEventsAtOnce, sink);
  if (!status.ok()) { return ctx.failure(status, kNoWord); }
  page.full = read == kEventsAtOnce;
  return page;
}

sdk::Result<std::optional<HistoryWriter::Row>> HistoryWriter::read_row(std::int64_t id) const {
  sdk::BasicContext ctx(*ports_.clock, kStepTimeoutMs, "history");
  sdk::FindRequest request;
  request.id = id;
  std::optional<Row> out;
  auto sink = sdk::download_sink([&](const sdk::DownloadView& view) {
    Row& row = out.emplace();
    // One damaged text must not hold up the history of all others.
    row.title = sdk::repaired_text(view.title);
    row.release_key = sdk::repaired_text(view.release_key);
    row.indexer = sdk::repaired_text(view.indexer);
    row.client = sdk::repaired_text(view.client);
    row.infohash = sdk::repaired_text(view.infohash_v1.empty() ? view.infohash_v2 : view.infohash_v1);
    row.error = sdk::repaired_text(view.error);
    row.movie_id = view.movie_id;
    row.size_bytes = std::max<std::int64_t>(0, view.size_bytes);
    const bool can_be_met = !view.guid.empty() || !row.infohash.empty();
    row.hopeless = view.state == sdk::DownloadState::failed && is_hopeless(view.error_code) && can_be_met;
  });
  const sdk::Status status = ports_.queue->find(ctx, request, sink);
  if (!status.ok() && status.code != sdk::Code::not_found) { return ctx.failure(status, kNoWord); }
  return out;
}

sdk::Result<HistoryWriter::Batch> HistoryWriter::entries_of(const Page& page) const {
  Batch batch;
  std::map<std::int64_t, std::optional<Row>> rows;
  for (const Event& event : page.events) {
    auto known = rows.find(event.download_id);
    if (known == rows.end()) {
      auto read = read_row(event.download_id);
      if (!read) { return read.error(); }
      known = rows.emplace(event.download_id, std::move(*read)).first;
    }
    HistoryEntry& entry = batch.history.emplace_back();
    entry.event_sequence = event.sequence;
    entry.download_id = event.download_id;
    entry.event = event.what;
    entry.at_ms = event.at_ms;
    entry.reason = event.reason;
    if (!known->second) { continue; }  // pruned: what the event says is all that is known
    const Row& row = *known->second;
    entry.movie_id = row.movie_id;
    entry.title = row.title;
    entry.release_key = row.release_key;
    entry.infohash = row.infohash;
    entry.indexer = row.indexer;
    entry.client = row.client;
    entry.size_bytes = row.size_bytes;
    if (event.what != HistoryEvent::failed) { continue; }
    if (entry.reason.empty()) { entry.reason = row.error; }
    if (event.by_worker && row.hopeless) {
      batch.blocked.push_back(
          {0, row.movie_id, row.release_key, row.infohash, row.title, row.indexer, entry.reason, event.at_ms});
    }
  }
  return batch;
}

/// A queue may be older than the films, and its rows may name some that never were.
sdk::Done HistoryWriter::forget_gone_films(Batch& batch) const {
  std::vector<std::int64_t> ids;
  for (const HistoryEntry& entry : batch.history) {
    if (entry.movie_id != 0) { ids.push_back(entry.movie_id); }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const auto there = ports_.records->movies().existing(ids);
  if (!there) { return there.error(); }
  const auto gone = [&](std::int64_t id) { return !std::binary_search(there->begin(), there->end(), id); };
  for (HistoryEntry& entry : batch.history) { entry.movie_id = gone(entry.movie_id) ? 0 : entry.movie_id; }
  for (BlocklistEntry& entry : batch.blocked) { entry.movie_id = gone(entry.movie_id) ? 0 : entry.movie_id; }
  return sdk::Unit{};
}

sdk::Done HistoryWriter::write(const Batch& batch, std::int64_t last) {
  std::deque<std::vector<sdk::Assignment>> values;  // does not move what it holds
  std::vector<sdk::RecordWrite> writes;
  for (const HistoryEntry& entry : batch.history) {
    sdk::RecordWrite& insert = writes.emplace_back();
    insert.collection = history::kName;
    insert.values = values.emplace_back(assignments_of(entry));
  }
  for (const BlocklistEntry& entry : batch.blocked) {
    writes.push_back(upsert_of(values.emplace_back(assignments_of(entry))));
  }
  const SettingWrite cursor(settings::kHistoryCursor, *cursor_, last);
  writes.push_back(cursor.write());
  const auto outcomes = ports_.records->client().write(writes);
  if (!outcomes) {
    if (maybe_applied(outcomes.error())) { cursor_.reset(); }
    return outcomes.error();
  }
  if (const sdk::WriteOutcome* const why = refusal_of(*outcomes)) {
    cursor_.reset();
    const bool raced = why->result == sdk::WriteResult::stale_version || why->result == sdk::WriteResult::conflict ||
                       why->result == sdk::WriteResult::dangling;
    if (raced) { return sdk::failure(sdk::Code::conflict, "another host writes the history, too"); }
    return refused("the history", *why);
  }
  cursor_ = Setting{last, outcomes->back().version, {}};
  return sdk::Unit{};
}

/// The page whose entries are written now.
sdk::Result<HistoryWriter::Page> HistoryWriter::take_in() {
  if (!cursor_) {
    if (const auto done = read_cursor(); !done) { return done.error(); }
  }
  auto page = read_page();
  if (!page || page->last == 0) { return page; }
  if (!page->events.empty() || page->last - cursor_->value >= kMostUnwritten) {
    auto batch = entries_of(*page);
    if (!batch) { return batch.error(); }
    if (const auto done = forget_gone_films(*batch); !done) { return done.error(); }
    if (const auto done = write(*batch, page->last); !done) { return done.error(); }
  }
  seen_ = page->last;
  return page;
}

std::int64_t HistoryWriter::step(std::int64_t now_ms) {
  if (!ports_.on_duty()) {
    cursor_.reset();
    return now_ms + kElsewhereMs;
  }
  const auto page = take_in();
  if (page) {
    told_.clear();
    return page->full ? now_ms : now_ms + kIdleMs;
  }
  // The same trouble may come back for a whole night.
  if (page.error().status.code != sdk::Code::conflict && std::exchange(told_, page.error().text) != page.error().text) {
    ports_.log(sdk::LogLevel::warning,
               "the history cannot be written now, it is made up for later: " + page.error().text);
  }
  return now_ms + kFailedMs;
}

}  // namespace quarry::records
