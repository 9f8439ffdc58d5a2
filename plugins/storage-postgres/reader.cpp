// SPDX-License-Identifier: MIT
#include "reader.hpp"

#include "row_variables.hpp"
#include "statements.hpp"

#include <quarry/sdk/helpers/queue_store_rules.hpp>
#include <storage-sql/list_query.hpp>

#include <algorithm>
#include <array>
#include <unordered_map>

namespace quarry::storage_postgres {
namespace {

constexpr storage_sql::ListDialect kDialect = {"cast(:", " AS bigint)",   "cast(:", " AS text)", "",
                                               "",       "download_state"};
/// So many shapes of list() are kept prepared; in practice a program uses a handful.
constexpr std::size_t kMaxKept = 64;

}  // namespace

struct Reader::Queries {
  explicit Queries(Session& s)
      : by_id(s.soci(), sql::kById, in(id), row.columns()),
        by_hash(s.soci(), sql::kByHash, in(text), row.columns()),
        by_release(s.soci(), sql::kByRelease, in(text), row.columns()),
        by_command(s.soci(), sql::kByCommand, in(text), row.columns()),
        counts(s.soci(), sql::kStatusCounts, in(), out(state, status, n)),
        lane_stats(s.soci(), sql::kLaneStats, in(text), out(max_active, hold, active, due, last)),
        settled(s.soci(), sql::kEventsSettled, in(), out(last)),
        events(s.soci(), sql::kEventsSince, in(after, last, limit),
               out(sequence, download, at, epoch, from, to, actor, command, reason)) {}

  RowVariables row;
  Integer id = 0, state = 0, status = 0, n = 0, max_active = 0, hold = 0, active = 0, due = 0, last = 0;
  Integer after = 0, limit = 0, sequence = 0, download = 0, at = 0, epoch = 0, from = 0, to = 0, actor = 0;
  std::string text, command, reason;
  Statement by_id, by_hash, by_release, by_command, counts, lane_stats, settled, events;
  std::unordered_map<std::string, std::unique_ptr<Page>> pages;
};

/// A statement of list(), prepared. Its parameters are texts: which of them there are depends on the request.
struct Reader::Page {
  Page(Session& session, const std::string& text, std::size_t count) : parameters(count), statement(session.soci()) {
    const bool counting = text.starts_with("SELECT count");
    for (std::size_t i = 0; i < count; ++i) { statement.exchange(soci::use(parameters[i], std::to_string(i + 1))); }
    if (counting) {
      statement.exchange(soci::into(total));
    } else {
      std::apply([&](auto&... variable) { (statement.exchange(soci::into(variable)), ...); }, row.columns());
    }
    statement.alloc();
    statement.prepare(text, session.soci().statements());
    statement.define_and_bind();
  }
  void set(const sdk::ListRequest& request, const storage_sql::ListStatement& of) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameters[i] = of.parameters[i] == storage_sql::ListParameter::client
                          ? std::string(request.filter.client)
                          : std::to_string(storage_sql::integer_of(request, of.parameters[i]));
    }
  }
  std::vector<std::string> parameters;
  RowVariables row;
  Integer total = 0;
  soci::statement statement;
};

Reader::Reader(const Server& server) : session_(server, Access::reader) {}
Reader::~Reader() = default;

Reader::Queries& Reader::queries() {
  if (queries_ == nullptr) { queries_ = std::make_unique<Queries>(session_); }
  return *queries_;
}

bool Reader::find(const sdk::FindRequest& request, sdk::DownloadSink& row) {
  Queries& q = queries();
  const auto one = [&](Statement& statement) {
    if (!statement.one()) { return false; }
    row.add(q.row.view());
    return true;
  };
  q.id = request.id;
  q.text = request.text;
  switch (request.by) {
    case sdk::FindBy::id:
      return one(q.by_id);
    case sdk::FindBy::infohash:
      return one(q.by_hash);
    case sdk::FindBy::release_key:
      return one(q.by_release);
    case sdk::FindBy::command:
      return one(q.by_command);
  }
  throw sdk::Error(sdk::Code::invalid, "unknown kind of find");
}

Reader::Page& Reader::kept(const std::string& text, std::size_t parameters) {
  auto& pages = queries().pages;
  if (const auto it = pages.find(text); it != pages.end()) { return *it->second; }
  if (pages.size() >= kMaxKept) { pages.clear(); }
  return *pages.emplace(text, std::make_unique<Page>(session_, text, parameters)).first->second;
}

void Reader::list(const sdk::ListRequest& request, sdk::DownloadSink& rows, std::int64_t& total) {
  Queries& q = queries();
  const storage_sql::StatusPairs wanted = storage_sql::pairs_of(request.filter);
  storage_sql::StatusPairs present;
  total = 0;
  for (bool more = q.counts.first(); more; more = q.counts.next()) {
    const std::pair<std::int32_t, std::int32_t> pair{static_cast<std::int32_t>(q.state),
                                                     static_cast<std::int32_t>(q.status)};
    if (std::find(wanted.begin(), wanted.end(), pair) == wanted.end()) { continue; }
    present.push_back(pair);
    total += q.n;
  }
  const storage_sql::ListQuery query = storage_sql::list_query(request, present, kDialect);
  if (!query.count.text.empty()) {
    Page& count = kept(query.count.text, query.count.parameters.size());
    count.set(request, query.count);
    count.statement.execute(true);
    while (count.statement.fetch()) {}
    total = count.total;
  }
  Page& page = kept(query.page.text, query.page.parameters.size());
  page.set(request, query.page);
  bool wants_more = true;
  // Read to the end even when enough is enough: only then can the statement be run again.
  for (bool more = page.statement.execute(true); more; more = page.statement.fetch()) {
    wants_more = wants_more && rows.add(page.row.view());
  }
}

sdk::Stats Reader::stats(std::string_view lane) {
  Queries& q = queries();
  sdk::Stats stats;
  for (bool more = q.counts.first(); more; more = q.counts.next()) {
    stats.by_status[static_cast<std::size_t>(q.status)] += q.n;
  }
  q.text = lane;
  q.lane_stats.one();
  stats.active = q.active;
  stats.next_due_ms = q.due;
  stats.last_event = q.last;
  stats.lane_hold = static_cast<std::int32_t>(q.hold);
  stats.lane_max_active = static_cast<std::int32_t>(q.max_active);
  return stats;
}

void Reader::events_since(std::int64_t after, std::int32_t limit, sdk::EventSink& events) {
  Queries& q = queries();
  q.settled.one();  // into q.last, in a statement of its own: the events are read at a later moment
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
    wanted = wanted && events.add(event);
  }
}

bool Reader::metainfo(std::int64_t id, sdk::ByteSink& bytes) {
  return session_.raw().get_bytes(sql::kMetainfo, id, bytes).has_value();
}

}  // namespace quarry::storage_postgres
