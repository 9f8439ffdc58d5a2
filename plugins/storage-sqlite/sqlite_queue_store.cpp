// SPDX-License-Identifier: MIT
#include "sqlite_queue_store.hpp"

#include "failures.hpp"
#include "looker.hpp"
#include "record_session.hpp"

#include <quarry/sdk/helpers/queue_store_rules.hpp>
#include <storage-sql/record_store.hpp>

namespace quarry::storage_sqlite {
namespace {

namespace rules = sdk::queue_rules;
using sdk::CallContext;
using sdk::Code;
using sdk::Error;
using sdk::Outcome;
using sdk::Status;

Options options_of(const sdk::Config& config) {
  Options options;
  options.file = file_of(config);
  options.synchronous = config.text("synchronous", "full") == "normal" ? Synchronous::normal : Synchronous::full;
  options.readers = static_cast<std::size_t>(config.integer("readers", 2));
  return options;
}

const sdk::Clock& clock_of(sdk::HostServices& services) {
  const auto* clock = sdk::get<sdk::Clock>(services);
  if (clock == nullptr) { throw Error(Code::unsupported, "the host offers no quarry.clock/1"); }
  return *clock;
}

Outcome unknown_commit() {
  Outcome outcome;
  outcome.result = sdk::CommandResult::unknown_commit;
  return outcome;
}

/// A reader for one call, watching its deadline.
class ReaderLease {
 public:
  ReaderLease(storage_sql::Pool<Reader>& pool, const CallContext& ctx) : lease_(pool, ctx) { lease_->watch(&ctx); }
  ~ReaderLease() { lease_->watch(nullptr); }
  ReaderLease(const ReaderLease&) = delete;
  ReaderLease& operator=(const ReaderLease&) = delete;
  Reader* operator->() const noexcept { return lease_.operator->(); }

 private:
  storage_sql::Pool<Reader>::Lease lease_;
};

}  // namespace

const char kConfigSchema[] = R"({
  "type": "object",
  "properties": {
    "url": {"type": "string", "minLength": 1, "description": "File of the queue: sqlite:PATH, sqlite:///absolute/path or a path"},
    "path": {"type": "string", "minLength": 1, "description": "The same, when there is no url"},
    "synchronous": {"enum": ["full", "normal"], "description": "full (default): what is acknowledged survives a power cut; normal: a crash of the program only"},
    "readers": {"type": "integer", "minimum": 1, "maximum": 16, "description": "Connections that read at the same time, default 2"}
  },
  "oneOf": [{"required": ["url"]}, {"required": ["path"]}],
  "additionalProperties": false
})";

SqliteQueueStore::Opened::Opened(const Options& options)
    : guard(options.file),
      connection(guard.path(), Access::writer, options.synchronous),
      writer((migrate(connection, guard.path()), refuse_unfinished_copy(connection.raw(), guard.path()), connection)),
      commits(writer, guard.path()),
      readers(options.readers, [path = guard.path(), synchronous = options.synchronous] {
        return std::make_unique<Reader>(path, synchronous);
      }) {}

SqliteQueueStore::SqliteQueueStore(sdk::HostServices& services, const sdk::Config& config)
    : options_(options_of(config)), clock_(clock_of(services)) {}

SqliteQueueStore::Opened& SqliteQueueStore::opened() const {
  if (opened_ == nullptr) { throw Error(Code::invalid, "the queue database has not been opened"); }
  return *opened_;
}

template <class Body>
Status SqliteQueueStore::guarded(CallContext& ctx, const Body& body) noexcept {
  return sdk::guard(ctx, [&] {
    try {
      body();
    } catch (const Error&) { throw; } catch (const std::exception& error) {
      if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) { throw; }
      const sdk::Failure failure = explain(error, options_.file);
      // A statement is interrupted for either reason.
      if (failure.status.code == Code::deadline) { sdk::check_cancelled(ctx); }
      throw Error(failure);
    }
  });
}

template <class Item, class Command>
void SqliteQueueStore::write_each(CallContext& ctx, std::span<const Item> items, sdk::OutcomeSink& outcomes,
                                  const Command& command) {
  std::vector<Outcome> done;
  done.reserve(items.size());
  if (!items.empty()) {
    const bool known = opened().commits.run(ctx, items.size(), [&](Writer& writer) {
      const std::int64_t moment = clock_.wall_ms();
      for (const Item& item : items) { done.push_back(command(writer, item, moment)); }
    });
    if (!known) { done.assign(items.size(), unknown_commit()); }
  }
  for (const Outcome& outcome : done) { outcomes.add(outcome); }
}

template <class Command>
void SqliteQueueStore::write_rows(CallContext& ctx, std::int32_t at_most, sdk::DownloadSink& rows,
                                  const Command& command) {
  std::vector<OwnedRow> done;
  check_known(opened().commits.run(ctx, static_cast<std::size_t>(at_most),
                                   [&](Writer& writer) { done = command(writer, clock_.wall_ms()); }));
  for (const OwnedRow& row : done) {
    if (!rows.add(row.view())) { return; }
  }
}

Status SqliteQueueStore::open(CallContext& ctx) noexcept {
  return guarded(ctx, [&] {
    if (opened_ != nullptr) { throw Error(Code::conflict, "the queue database is open already"); }
    opened_ = std::make_unique<Opened>(options_);
  });
}

Status SqliteQueueStore::enqueue(CallContext& ctx, std::span<const sdk::NewDownload> items,
                                 sdk::OutcomeSink& outcomes) noexcept {
  return guarded(ctx, [&] {
    for (const sdk::NewDownload& item : items) { rules::check(item); }
    try {
      write_each(ctx, items, outcomes, [](Writer& writer, const sdk::NewDownload& item, std::int64_t moment) {
        return writer.enqueue(item, moment);
      });
    } catch (const Error& error) {
      if (error.status().vendor_code == kConstraintForeignKey) { explain_missing_movie(ctx, items); }
      throw;
    }
  });
}

Status SqliteQueueStore::claim(CallContext& ctx, const sdk::ClaimRequest& request, sdk::DownloadSink& rows) noexcept {
  return guarded(ctx, [&] {
    rules::check(request);
    write_rows(ctx, request.limit, rows,
               [&](Writer& writer, std::int64_t moment) { return writer.claim(request, moment); });
  });
}

Status SqliteQueueStore::heartbeat(CallContext& ctx, std::string_view owner, std::int64_t lease_ms,
                                   std::span<const sdk::LeaseRef> leases, sdk::OutcomeSink& outcomes) noexcept {
  return guarded(ctx, [&] {
    rules::check_lease(owner, lease_ms);
    write_each(ctx, leases, outcomes, [&](Writer& writer, const sdk::LeaseRef& lease, std::int64_t moment) {
      return writer.heartbeat(owner, lease_ms, lease, moment);
    });
  });
}

Status SqliteQueueStore::record_intent(CallContext& ctx, const sdk::Intent& intent,
                                       sdk::OutcomeSink& outcome) noexcept {
  return guarded(ctx, [&] {
    rules::check(intent);
    write_each(ctx, std::span(&intent, 1), outcome, [](Writer& writer, const sdk::Intent& one, std::int64_t moment) {
      return writer.record_intent(one, moment);
    });
  });
}

Status SqliteQueueStore::transition(CallContext& ctx, std::span<const sdk::Transition> changes,
                                    sdk::OutcomeSink& outcomes) noexcept {
  return guarded(ctx, [&] {
    rules::check(changes);
    write_each(ctx, changes, outcomes, [](Writer& writer, const sdk::Transition& change, std::int64_t moment) {
      return writer.transition(change, moment);
    });
  });
}

Status SqliteQueueStore::edit(CallContext& ctx, const sdk::Edit& edit, sdk::OutcomeSink& outcome) noexcept {
  return guarded(ctx, [&] {
    rules::check(edit);
    write_each(ctx, std::span(&edit, 1), outcome,
               [](Writer& writer, const sdk::Edit& one, std::int64_t moment) { return writer.edit(one, moment); });
  });
}

Status SqliteQueueStore::rescue(CallContext& ctx, std::string_view command_id, std::string_view owner,
                                std::int32_t limit, sdk::DownloadSink& rows) noexcept {
  return guarded(ctx, [&] {
    rules::check_rescue(command_id, owner, limit);
    write_rows(ctx, limit, rows,
               [&](Writer& writer, std::int64_t moment) { return writer.rescue(command_id, owner, limit, moment); });
  });
}

Status SqliteQueueStore::record_progress(CallContext& ctx, std::span<const sdk::Progress> items,
                                         sdk::OutcomeSink& outcomes) noexcept {
  return guarded(ctx, [&] {
    rules::check(items);
    write_each(ctx, items, outcomes, [](Writer& writer, const sdk::Progress& item, std::int64_t moment) {
      return writer.record_progress(item, moment);
    });
  });
}

Status SqliteQueueStore::set_lane(CallContext& ctx, const sdk::LaneSettings& settings) noexcept {
  return guarded(ctx, [&] {
    rules::check(settings);
    check_known(opened().commits.run(ctx, 1, [&](Writer& writer) { writer.set_lane(settings); }));
  });
}

Status SqliteQueueStore::prune(CallContext& ctx, std::uint32_t states, std::int64_t before_ms, std::int32_t limit,
                               std::int64_t& removed) noexcept {
  return guarded(ctx, [&] {
    rules::check_prune(limit);
    std::int64_t gone = 0;
    check_known(opened().commits.run(ctx, static_cast<std::size_t>(limit),
                                     [&](Writer& writer) { gone = writer.prune(states, before_ms, limit); }));
    removed = gone;
  });
}

Status SqliteQueueStore::take_duty(CallContext& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept {
  return guarded(ctx, [&] {
    rules::check(request);
    sdk::Duty duty;
    check_known(
        opened().commits.run(ctx, 1, [&](Writer& writer) { duty = writer.take_duty(request, clock_.wall_ms()); }));
    out = duty;
  });
}

Status SqliteQueueStore::find(CallContext& ctx, const sdk::FindRequest& request, sdk::DownloadSink& row) noexcept {
  return guarded(ctx, [&] {
    const ReaderLease reader(opened().readers, ctx);
    if (!reader->find(request, row)) { throw Error(Code::not_found, "there is no such download"); }
  });
}

Status SqliteQueueStore::metainfo(CallContext& ctx, std::int64_t id, sdk::ByteSink& bytes) noexcept {
  return guarded(ctx, [&] {
    const ReaderLease reader(opened().readers, ctx);
    if (!reader->metainfo(id, bytes)) { throw Error(Code::not_found, "there is no download " + std::to_string(id)); }
  });
}

Status SqliteQueueStore::list(CallContext& ctx, const sdk::ListRequest& request, sdk::DownloadSink& rows,
                              std::int64_t& total) noexcept {
  return guarded(ctx, [&] {
    rules::check(request);
    const ReaderLease reader(opened().readers, ctx);
    reader->list(request, rows, total);
  });
}

Status SqliteQueueStore::stats(CallContext& ctx, std::string_view lane, sdk::Stats& out) noexcept {
  return guarded(ctx, [&] {
    const ReaderLease reader(opened().readers, ctx);
    out = reader->stats(lane);
  });
}

Status SqliteQueueStore::events_since(CallContext& ctx, std::int64_t after, std::int32_t limit,
                                      sdk::EventSink& events) noexcept {
  return guarded(ctx, [&] {
    rules::check_events(limit);
    const ReaderLease reader(opened().readers, ctx);
    reader->events_since(after, limit, events);
  });
}

void SqliteQueueStore::explain_missing_movie(CallContext& ctx, std::span<const sdk::NewDownload> items) {
  read_with(ctx, [&](Connection& connection) {
    SqliteRecordSession session(connection.raw(), clock_);
    storage_sql::check_movies(session, storage_sql::kSqliteRecords, items);
  });
}

void SqliteQueueStore::check_known(bool known) const {
  if (known) { return; }
  throw Error({Code::unavailable, sdk::kRetryable | sdk::kMaybeApplied, 0, 0},
              "the queue database " + options_.file +
                  " met an I/O error while a change was committed, and nobody knows whether it will be there after a "
                  "crash");
}
void SqliteQueueStore::write_with(CallContext& ctx, std::size_t rows, const std::function<void(Connection&)>& work) {
  check_known(opened().commits.run(ctx, rows, [&](Writer& writer) { work(writer.connection()); }));
}
void SqliteQueueStore::read_with(CallContext& ctx, const std::function<void(Connection&)>& look) {
  const ReaderLease reader(opened().readers, ctx);
  look(reader->connection());
}

std::int64_t SqliteQueueStore::transactions() const { return opened().commits.transactions(); }

}  // namespace quarry::storage_sqlite
