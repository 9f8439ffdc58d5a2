// SPDX-License-Identifier: MIT
#include "postgres_queue_store.hpp"

#include "failures.hpp"
#include "migrate.hpp"
#include "pooler.hpp"
#include "record_session.hpp"
#include "row_mover.hpp"

#include <quarry/sdk/helpers/queue_store_rules.hpp>
#include <storage-sql/record_store.hpp>

namespace quarry::storage_postgres {
namespace {

namespace rules = sdk::queue_rules;
using sdk::CallContext;
using sdk::Code;
using sdk::Error;
using sdk::Outcome;
using sdk::Status;

constexpr std::int64_t kDefaultReaders = 2;

std::string unknown_commit(const std::string& place) {
  return "the connection to PostgreSQL (" + place + ") broke while a change was committed, and could not be made again";
}

/// Text with a NUL cannot be kept by PostgreSQL; said before a statement fails for it.
void check_texts(std::initializer_list<std::string_view> texts, const char* what) {
  for (const std::string_view text : texts) { rules::check_that(text.find('\0') == text.npos, what); }
}

}  // namespace

PostgresQueueStore::PostgresQueueStore(sdk::HostServices&, const sdk::Config& config)
    : server_(Server::of(config)),
      sessions_(server_),
      readers_(static_cast<std::size_t>(config.integer("readers", kDefaultReaders)),
               [this] { return std::make_unique<Reader>(server_); }) {}

void PostgresQueueStore::check_open() const {
  if (!opened_) { throw Error(Code::invalid, "the queue database has not been opened"); }
}

template <class Body>
Status PostgresQueueStore::guarded(CallContext& ctx, const Body& body) noexcept {
  return sdk::guard(ctx, [&] {
    try {
      body();
    } catch (const Error&) { throw; } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      if (ctx.cancelled()) { check_given_up(error, ctx); }  // out of time is `unavailable`, as a start expects it
      throw Error(explain(error, server_.place));
    }
  });
}

template <class Run>
void PostgresQueueStore::answer(std::size_t count, sdk::OutcomeSink& outcomes, const Run& run) {
  check_open();
  if (count == 0) { return; }
  Outcomes done;
  if (!run(done)) {
    Outcome unknown;
    unknown.result = sdk::CommandResult::unknown_commit;
    done.assign(count, unknown);
  }
  for (const Outcome& outcome : done) { outcomes.add(outcome); }
}

template <class Command>
void PostgresQueueStore::write(CallContext& ctx, std::size_t count, sdk::OutcomeSink& outcomes, bool one_statement,
                               const Command& command) {
  answer(count, outcomes, [&](Outcomes& done) {
    return writes_.run(ctx, count, {one_statement, {}}, [&](Writer& writer) { done = command(writer); });
  });
}

void PostgresQueueStore::check_known(bool known) const {
  if (!known) { throw Error({Code::unavailable, sdk::kRetryable, 0, 0}, unknown_commit(server_.place)); }
}

template <class Answer, class Command>
Answer PostgresQueueStore::ask(CallContext& ctx, std::size_t count, const Command& command) {
  check_open();
  Answer answer{};
  check_known(writes_.run(ctx, count, {true, {}}, [&](Writer& writer) { answer = command(writer); }));
  return answer;
}

template <class Body>
void PostgresQueueStore::read(CallContext& ctx, Sees sees, const Body& body) {
  check_open();
  for (bool again = false;; again = true) {
    storage_sql::Pool<Reader>::Lease reader(readers_, ctx);
    Canceller::Watch watch(canceller_, reader->session().cancel_request(), ctx);
    try {
      reader->session().keep_to(ctx);
      reader->session().read(sees, [&] { body(*reader); });
      if (watch.end()) { reader.drop(); }
      return;
    } catch (const std::exception& error) {
      // SOCI loses the memory of a failed statement's parameters when it runs again.
      if (watch.end() || dynamic_cast<const Error*>(&error) == nullptr) { reader.drop(); }
      check_given_up(error, ctx);
      // A result comes whole or not at all, so nothing was answered yet.
      if (again || !is_connection_loss(error)) { throw; }
    }
  }
}

void PostgresQueueStore::read_with(CallContext& ctx, Sees sees, const std::function<void(Session&)>& look) {
  read(ctx, sees, [&](Reader& reader) { look(reader.session()); });
}

void PostgresQueueStore::explain_missing_movie(CallContext& ctx, std::span<const sdk::NewDownload> items) {
  read_with(ctx, Sees::each_its_own_moment, [&](Session& session) {
    PostgresRecordSession records(session);
    storage_sql::check_movies(records, storage_sql::kPostgresRecords, items);
  });
}

Status PostgresQueueStore::open(CallContext& ctx) noexcept {
  return guarded(ctx, [&] {
    if (opened_) { throw Error(Code::conflict, "the queue database is open already"); }
    if (!server_.pooler) { refuse_pooler(server_); }
    Session session(server_, Access::writer);
    session.keep_to(ctx);
    const Canceller::Watch watch(canceller_, session.cancel_request(), ctx);
    migrate(session, server_.place);
    session.read(Sees::each_its_own_moment, [&] { refuse_unfinished_copy(session, server_.place); });
    opened_ = true;
  });
}

Status PostgresQueueStore::enqueue(CallContext& ctx, std::span<const sdk::NewDownload> items,
                                   sdk::OutcomeSink& outcomes) noexcept {
  return guarded(ctx, [&] {
    for (const sdk::NewDownload& item : items) {
      rules::check(item);
      check_texts({item.lane, item.release_key, item.title, item.indexer, item.guid, item.download_url, item.magnet,
                   item.category},
                  "a download has a NUL byte in one of its texts");
    }
    try {
      answer(items.size(), outcomes, [&](Outcomes& done) { return enqueues_.run(ctx, items.size(), items, done); });
    } catch (const Error& error) {
      if (error.status().code == Code::invalid) { explain_missing_movie(ctx, items); }
      throw;
    }
  });
}

Status PostgresQueueStore::claim(CallContext& ctx, const sdk::ClaimRequest& request, sdk::DownloadSink& rows) noexcept {
  return guarded(ctx, [&] {
    rules::check(request);
    check_open();
    std::vector<Rows> taken;
    const auto limit = static_cast<std::size_t>(request.limit);
    // Whoever waits for the lock of a lane may hold nothing that the host with the lock wants next: a deadlock. So
    // claims share a transaction only with claims of their lane.
    check_known(claims_.run(ctx, limit, std::span(&request, 1), taken, request.lane));
    for (const auto& row : taken.front()) {
      if (!rows.add(row.view())) { return; }
    }
  });
}

Status PostgresQueueStore::heartbeat(CallContext& ctx, std::string_view owner, std::int64_t lease_ms,
                                     std::span<const sdk::LeaseRef> leases, sdk::OutcomeSink& outcomes) noexcept {
  return guarded(ctx, [&] {
    rules::check_lease(owner, lease_ms);
    write(ctx, leases.size(), outcomes, true,
          [&](Writer& writer) { return writer.heartbeat(owner, lease_ms, leases); });
  });
}

Status PostgresQueueStore::record_intent(CallContext& ctx, const sdk::Intent& intent,
                                         sdk::OutcomeSink& outcome) noexcept {
  return guarded(ctx, [&] {
    rules::check(intent);
    check_texts({intent.magnet}, "an intent has a NUL byte in its magnet");
    write(ctx, 1, outcome, intent.metainfo.empty(),
          [&](Writer& writer) { return Outcomes{writer.record_intent(intent)}; });
  });
}

Status PostgresQueueStore::transition(CallContext& ctx, std::span<const sdk::Transition> changes,
                                      sdk::OutcomeSink& outcomes) noexcept {
  return guarded(ctx, [&] {
    rules::check(changes);
    for (const sdk::Transition& change : changes) {
      check_texts({change.reason, change.patch.due_reason, change.patch.error, change.patch.client_item_id,
                   change.patch.output_path},
                  "a transition has a NUL byte in one of its texts");
    }
    answer(changes.size(), outcomes,
           [&](Outcomes& done) { return transitions_.run(ctx, changes.size(), changes, done); });
  });
}

Status PostgresQueueStore::edit(CallContext& ctx, const sdk::Edit& edit, sdk::OutcomeSink& outcome) noexcept {
  return guarded(ctx, [&] {
    rules::check(edit);
    check_texts({edit.category}, "a category has a NUL byte in it");
    write(ctx, 1, outcome, true, [&](Writer& writer) { return Outcomes{writer.edit(edit)}; });
  });
}

Status PostgresQueueStore::rescue(CallContext& ctx, std::string_view command_id, std::string_view owner,
                                  std::int32_t limit, sdk::DownloadSink& rows) noexcept {
  return guarded(ctx, [&] {
    rules::check_rescue(command_id, owner, limit);
    const auto saved = ask<Rows>(ctx, static_cast<std::size_t>(limit),
                                 [&](Writer& writer) { return writer.rescue(command_id, limit); });
    for (const auto& row : saved) {
      if (!rows.add(row.view())) { return; }
    }
  });
}

Status PostgresQueueStore::record_progress(CallContext& ctx, std::span<const sdk::Progress> items,
                                           sdk::OutcomeSink& outcomes) noexcept {
  return guarded(ctx, [&] {
    rules::check(items);
    for (const sdk::Progress& item : items) {
      check_texts({item.client_state, item.output_path}, "progress has a NUL byte in one of its texts");
    }
    write(ctx, items.size(), outcomes, true, [&](Writer& writer) { return writer.record_progress(items); });
  });
}

Status PostgresQueueStore::set_lane(CallContext& ctx, const sdk::LaneSettings& settings) noexcept {
  return guarded(ctx, [&] {
    rules::check(settings);
    static_cast<void>(ask<bool>(ctx, 1, [&](Writer& writer) {
      writer.set_lane(settings);
      return true;
    }));
  });
}

Status PostgresQueueStore::prune(CallContext& ctx, std::uint32_t states, std::int64_t before_ms, std::int32_t limit,
                                 std::int64_t& removed) noexcept {
  return guarded(ctx, [&] {
    rules::check_prune(limit);
    removed = ask<std::int64_t>(ctx, static_cast<std::size_t>(limit),
                                [&](Writer& writer) { return writer.prune(states, before_ms, limit); });
  });
}

Status PostgresQueueStore::take_duty(CallContext& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept {
  return guarded(ctx, [&] {
    rules::check(request);
    check_texts({request.owner}, "the owner of a duty has a NUL byte in it");
    out = ask<sdk::Duty>(ctx, 1, [&](Writer& writer) { return writer.take_duty(request); });
  });
}

Status PostgresQueueStore::find(CallContext& ctx, const sdk::FindRequest& request, sdk::DownloadSink& row) noexcept {
  return guarded(ctx, [&] {
    bool found = false;
    read(ctx, Sees::each_its_own_moment, [&](Reader& reader) { found = reader.find(request, row); });
    if (!found) { throw Error(Code::not_found, "there is no such download"); }
  });
}

Status PostgresQueueStore::metainfo(CallContext& ctx, std::int64_t id, sdk::ByteSink& bytes) noexcept {
  return guarded(ctx, [&] {
    bool found = false;
    read(ctx, Sees::each_its_own_moment, [&](Reader& reader) { found = reader.metainfo(id, bytes); });
    if (!found) { throw Error(Code::not_found, "there is no download " + std::to_string(id)); }
  });
}

Status PostgresQueueStore::list(CallContext& ctx, const sdk::ListRequest& request, sdk::DownloadSink& rows,
                                std::int64_t& total) noexcept {
  return guarded(ctx, [&] {
    rules::check(request);
    read(ctx, Sees::one_moment, [&](Reader& reader) { reader.list(request, rows, total); });
  });
}

Status PostgresQueueStore::stats(CallContext& ctx, std::string_view lane, sdk::Stats& out) noexcept {
  return guarded(ctx, [&] { read(ctx, Sees::each_its_own_moment, [&](Reader& reader) { out = reader.stats(lane); }); });
}

Status PostgresQueueStore::events_since(CallContext& ctx, std::int64_t after, std::int32_t limit,
                                        sdk::EventSink& events) noexcept {
  return guarded(ctx, [&] {
    rules::check_events(limit);
    read(ctx, Sees::each_its_own_moment, [&](Reader& reader) { reader.events_since(after, limit, events); });
  });
}

}  // namespace quarry::storage_postgres
