// SPDX-License-Identifier: MIT
#include "reader.hpp"

#include "statements.hpp"

#include <quarry/sdk/helpers/barrier.hpp>
#include <quarry/sdk/helpers/queue_store_rules.hpp>
#include <storage-sql/download_row.hpp>

#include <algorithm>
#include <unordered_map>

namespace quarry::storage_sqlite {
namespace {

/// So many shapes of list() are kept prepared; in practice a program uses a handful.
constexpr std::size_t kMaxKept = 64;
constexpr storage_sql::ListDialect kDialect = {
    "?", "", "?", "", " INDEXED BY download_status", " INDEXED BY download_next", ""};

/// Binds what list_query() left open. `request` must outlive the run.
void bind(RawStatement& statement, const sdk::ListRequest& request, const storage_sql::ListStatement& of) {
  for (std::size_t i = 0; i < of.parameters.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    if (of.parameters[i] == storage_sql::ListParameter::client) {
      statement.bind(number, request.filter.client);
    } else {
      statement.bind(number, storage_sql::integer_of(request, of.parameters[i]));
    }
  }
}

}  // namespace

struct Reader::Queries {
  Queries(const std::string& path, Synchronous synchronous)
      : connection(path, Access::reader, synchronous),
        begin(connection.raw(), sql::kBeginRead),
        commit(connection.raw(), sql::kCommit),
        by_id(connection.raw(), sql::kRowById),
        by_hash1(connection.raw(), sql::kRowByHash1),
        by_hash2(connection.raw(), sql::kRowByHash2),
        by_release(connection.raw(), sql::kRowByRelease),
        by_command(connection.raw(), sql::kRowByCommand),
        metainfo(connection.raw(), sql::kMetainfo),
        counts(connection.raw(), sql::kStatusCounts),
        lane_settings(connection, sql::kLane, in(lane), out(max_active, hold)),
        slots(connection, sql::kSlotCount, in(lane), out(active)),
        next_due(connection, sql::kNextDue, in(lane), out(due)),
        last_event(connection, sql::kLastEvent, in(), out(last)),
        events(connection, sql::kEventsSince, in(after, limit),
               out(sequence, download, at, epoch, from, to, actor, command, reason)) {}

  /// The statement with this text, prepared now or before.
  RawStatement& kept(const std::string& text) {
    if (const auto it = lists.find(text); it != lists.end()) { return *it->second; }
    if (lists.size() >= kMaxKept) { lists.clear(); }
    return *lists.emplace(text, std::make_unique<RawStatement>(connection.raw(), text)).first->second;
  }

  Connection connection;
  RawStatement begin, commit, by_id, by_hash1, by_hash2, by_release, by_command, metainfo, counts;
  std::string lane, command, reason;
  Integer max_active = 0, hold = 0, active = 0, due = 0, last = 0, after = 0, limit = 0;
  Integer sequence = 0, download = 0, at = 0, epoch = 0, from = 0, to = 0, actor = 0;
  Statement lane_settings, slots, next_due, last_event, events;
  std::unordered_map<std::string, std::unique_ptr<RawStatement>> lists;
};

namespace {

/// One moment of the database for several statements.
class Snapshot {
 public:
  Snapshot(RawDatabase& raw, RawStatement& begin, RawStatement& commit) : raw_(raw), commit_(commit) { begin.run(); }
  ~Snapshot() {
    try {
      // A failed statement may have ended the transaction already.
      if (raw_.in_transaction()) { commit_.run(); }
    } catch (const SqliteFailure&) {
      // A read transaction has nothing to lose; the next BEGIN would report what is wrong.
    }
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  RawDatabase& raw_;
  RawStatement& commit_;
};

}  // namespace

Reader::Reader(const std::string& path, Synchronous synchronous)
    : queries_(std::make_unique<Queries>(path, synchronous)) {}
Reader::~Reader() = default;

Connection& Reader::connection() noexcept { return queries_->connection; }

void Reader::watch(const sdk::CallContext* ctx) noexcept { queries_->connection.raw().watch(ctx); }

bool Reader::find(const sdk::FindRequest& request, sdk::DownloadSink& row) {
  const auto one = [&](RawStatement& statement, auto key) {
    const Running running(statement);
    statement.bind(1, key);
    if (!statement.step()) { return false; }
    row.add(storage_sql::read_row(statement));
    return true;
  };
  Queries& q = *queries_;
  switch (request.by) {
    case sdk::FindBy::id:
      return one(q.by_id, request.id);
    case sdk::FindBy::infohash: {
      const Snapshot snapshot(q.connection.raw(), q.begin, q.commit);
      return one(q.by_hash1, request.text) || one(q.by_hash2, request.text);
    }
    case sdk::FindBy::release_key:
      return one(q.by_release, request.text);
    case sdk::FindBy::command:
      return one(q.by_command, request.text);
  }
  throw sdk::Error(sdk::Code::invalid, "unknown kind of find");
}

/// The pairs the filter lets through and that have rows, and how many rows that is.
std::int64_t Reader::present_pairs(const sdk::ListFilter& filter, storage_sql::StatusPairs& present) {
  Queries& q = *queries_;
  const storage_sql::StatusPairs pairs = storage_sql::pairs_of(filter);
  std::int64_t total = 0;
  const Running running(q.counts);
  while (q.counts.step()) {
    const std::pair<std::int32_t, std::int32_t> key{static_cast<std::int32_t>(q.counts.integer(0)),
                                                    static_cast<std::int32_t>(q.counts.integer(1))};
    if (std::find(pairs.begin(), pairs.end(), key) == pairs.end()) { continue; }
    present.push_back(key);
    total += q.counts.integer(2);
  }
  return total;
}

std::int64_t Reader::counted(const sdk::ListRequest& request, const storage_sql::ListStatement& count) {
  RawStatement& statement = queries_->kept(count.text);
  const Running running(statement);
  bind(statement, request, count);
  return statement.step() ? statement.integer(0) : 0;
}

void Reader::list(const sdk::ListRequest& request, sdk::DownloadSink& rows, std::int64_t& total) {
  Queries& q = *queries_;
  const Snapshot snapshot(q.connection.raw(), q.begin, q.commit);
  // An arm of the page for each pair costs a cursor, also where there is no row: only those with rows get one.
  storage_sql::StatusPairs pairs;
  total = present_pairs(request.filter, pairs);
  const storage_sql::ListQuery query = storage_sql::list_query(request, pairs, kDialect);
  if (!query.count.text.empty()) { total = counted(request, query.count); }
  RawStatement& page = q.kept(query.page.text);
  const Running running(page);
  const RawDatabase::Hold hold(q.connection.raw());
  bind(page, request, query.page);
  while (page.step()) {
    if (!rows.add(storage_sql::read_row(page))) { return; }
  }
}

sdk::Stats Reader::stats(std::string_view lane) {
  Queries& q = *queries_;
  const Snapshot snapshot(q.connection.raw(), q.begin, q.commit);
  sdk::Stats stats;
  const Running running(q.counts);
  while (q.counts.step()) { stats.by_status[static_cast<std::size_t>(q.counts.integer(1))] += q.counts.integer(2); }
  q.lane = lane;
  q.max_active = sdk::queue_rules::kDefaultMaxActive;
  q.hold = 0;
  q.lane_settings.one();
  q.slots.one();
  q.next_due.one();
  q.last_event.one();
  stats.active = q.active;
  stats.next_due_ms = q.due;
  stats.last_event = q.last;
  stats.lane_hold = static_cast<std::int32_t>(q.hold);
  stats.lane_max_active = static_cast<std::int32_t>(q.max_active);
  return stats;
}

void Reader::events_since(std::int64_t after, std::int32_t limit, sdk::EventSink& events) {
  Queries& q = *queries_;
  q.after = after;
  q.limit = limit;
  bool wanted = true;
  for (bool more = q.events.first(); more; more = q.events.next()) {
    sdk::EventView event;
    event.actor = static_cast<sdk::Actor>(static_cast<std::int32_t>(q.actor));
    event.sequence = q.sequence;
    event.download_id = q.download;
    event.at_ms = q.at;
    event.epoch = q.epoch;
    event.from = static_cast<std::int32_t>(q.from);
    event.to = static_cast<std::int32_t>(q.to);
    event.command_id = q.command;
    event.reason = q.reason;
    // Read to the end even when enough is enough: only a finished statement lets its snapshot go.
    wanted = wanted && events.add(event);
  }
}

bool Reader::metainfo(std::int64_t id, sdk::ByteSink& bytes) {
  RawStatement& statement = queries_->metainfo;
  const Running running(statement);
  statement.bind(1, id);
  if (!statement.step()) { return false; }
  const std::span<const std::byte> kept = statement.blob(0);
  if (!kept.empty()) { bytes.write(kept); }
  return true;
}

}  // namespace quarry::storage_sqlite
