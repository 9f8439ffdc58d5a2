// SPDX-License-Identifier: MIT
#include "record_store.hpp"

#include "record_query.hpp"
#include "record_tables.hpp"
#include "record_writer.hpp"

#include <quarry/sdk/helpers/barrier.hpp>
#include <quarry/sdk/helpers/record_store_rules.hpp>

#include <algorithm>

namespace quarry::storage_sql {
namespace {

namespace rules = sdk::record_rules;
using rules::OwnedCollection;
using sdk::CallContext;
using sdk::Code;
using sdk::Error;
using sdk::Status;
using sdk::WriteOutcome;
using sdk::WriteResult;

constexpr char kStartAnew[] = "another host has dropped or renamed parts of it; start this one anew";

/// Throws `conflict` where this process knows fields that are held no more.
void check_whole(const Catalog& catalog, const OwnedCollection& mine) {
  const auto held = catalog.held.find(mine.name);
  const bool whole = held != catalog.held.end() &&
                     std::all_of(mine.fields.begin(), mine.fields.end(),
                                 [&](const auto& field) { return held->second.field(field.name) != nullptr; });
  if (!whole) { throw Error(Code::conflict, "collection \"" + mine.name + "\": " + kStartAnew); }
}

sdk::RecordView view_of(RecordSession::Row row) {
  sdk::RecordView view;
  view.id = row[0].integer;
  view.version = row[1].integer;
  view.created_at_ms = row[2].integer;
  view.updated_at_ms = row[3].integer;
  view.values = row.subspan(kRecordColumns);
  return view;
}

}  // namespace

template <class Body>
Status SqlRecordStore::guarded(CallContext& ctx, const Body& body) noexcept {
  return sdk::guard(ctx, [&] {
    sdk::check_cancelled(ctx);
    backend_.check_open();
    try {
      body();
    } catch (const Error&) { throw; } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      if (backend_.is_unknown_name(error)) { throw Error(Code::conflict, std::string("a collection: ") + kStartAnew); }
      const sdk::Failure failure = backend_.explain(error);
      // A statement is interrupted for either reason.
      if (failure.status.code == Code::deadline) { sdk::check_cancelled(ctx); }
      throw Error(failure);
    }
  });
}

std::shared_ptr<const rules::Collections> SqlRecordStore::declared() const {
  const std::lock_guard lock(mutex_);
  if (declared_ == nullptr) { throw Error(Code::invalid, "declare() comes before the first request"); }
  return declared_;
}
std::shared_ptr<const Catalog> SqlRecordStore::catalog() const {
  const std::lock_guard lock(mutex_);
  return catalog_;
}
void SqlRecordStore::remember(std::shared_ptr<const Catalog> catalog) {
  const std::lock_guard lock(mutex_);
  // Calls overtake each other.
  if (catalog_ == nullptr || catalog_->generation <= catalog->generation) { catalog_ = std::move(catalog); }
}
std::shared_ptr<const Catalog> SqlRecordStore::fresh_catalog(RecordSession& session) {
  std::shared_ptr<const Catalog> known = catalog();
  if (known->generation == generation_of(session)) { return known; }
  known = std::make_shared<const Catalog>(load_catalog(session));
  remember(known);
  return known;
}

Status SqlRecordStore::open(CallContext& ctx) noexcept {
  return guarded(ctx, [&] {
    std::shared_ptr<const Catalog> held;
    backend_.read(ctx, true,
                  [&](RecordSession& session) { held = std::make_shared<const Catalog>(load_catalog(session)); });
    remember(held);
  });
}

void SqlRecordStore::change(CallContext& ctx, const std::function<void(SchemaChange&)>& how) {
  std::shared_ptr<const Catalog> held;
  std::vector<std::string> warnings;
  backend_.write(ctx, 1, [&](RecordSession& session) {
    if (*dialect_.schema_lock != '\0') { session.exec(dialect_.schema_lock); }
    SchemaChange change(session, dialect_);
    how(change);
    warnings = change.warnings();
    held = std::make_shared<const Catalog>(change.take());
    return true;
  });
  for (const std::string& text : warnings) { backend_.warn(text); }
  remember(held);
}

Status SqlRecordStore::declare(CallContext& ctx, std::span<const sdk::CollectionSpec> collections) noexcept {
  return guarded(ctx, [&] {
    rules::check_declaration(collections);
    auto mine = std::make_shared<const Collections>(rules::owned(collections));
    change(ctx, [&](SchemaChange& change) { change.declare(*mine); });
    const std::lock_guard lock(mutex_);
    declared_ = std::move(mine);
  });
}

Status SqlRecordStore::schema_version(CallContext& ctx, std::int64_t& version) noexcept {
  return guarded(ctx, [&] {
    backend_.read(ctx, false,
                  [&](RecordSession& session) { version = session.number("SELECT version FROM record_schema", {}); });
  });
}

Status SqlRecordStore::change_schema(CallContext& ctx, std::int64_t version,
                                     std::span<const sdk::SchemaStep> steps) noexcept {
  return guarded(ctx, [&] {
    rules::check_steps(version, steps);
    change(ctx, [&](SchemaChange& change) { change.migrate(version, steps); });
  });
}

Status SqlRecordStore::collections(CallContext& ctx, sdk::CollectionSink& collections) noexcept {
  return guarded(ctx, [&] {
    Catalog now;
    backend_.read(ctx, true, [&](RecordSession& session) { now = load_catalog(session); });
    tell_collections(now, collections);
  });
}

Status SqlRecordStore::get(CallContext& ctx, std::string_view collection, std::int64_t id,
                           sdk::RecordSink& record) noexcept {
  return guarded(ctx, [&] {
    const auto all = declared();
    const OwnedCollection& mine = rules::find_declared(*all, collection);
    check_whole(*catalog(), mine);
    const RecordStatement query = get_query(mine, id, dialect_);
    const std::vector<sdk::FieldType> types = column_types(mine);
    bool found = false;
    backend_.read(ctx, false, [&](RecordSession& session) {
      session.run(query.text, query.parameters, types, [&](RecordSession::Row row) {
        found = true;
        return record.add(view_of(row));
      });
    });
    if (!found) {
      throw Error(Code::not_found, "collection \"" + mine.name + "\" has no record " + std::to_string(id));
    }
  });
}

Status SqlRecordStore::find(CallContext& ctx, const sdk::FindRecords& request, sdk::RecordSink& records) noexcept {
  return guarded(ctx, [&] {
    const auto all = declared();
    const OwnedCollection& mine = rules::find_declared(*all, request.collection);
    rules::check(mine, request);
    check_whole(*catalog(), mine);
    std::vector<RecordStatement> pieces = find_queries(mine, request, dialect_);
    const std::vector<sdk::FieldType> types = column_types(mine);
    std::int64_t left = request.limit;
    bool wanted = true;
    backend_.read(ctx, pieces.size() > 1, [&](RecordSession& session) {
      if (left != request.limit) {
        throw Error(Code::unavailable, "the connection broke in the middle of a page; ask for it again");
      }
      for (RecordStatement& piece : pieces) {
        if (left == 0 || !wanted) { return; }
        piece.parameters.back() = value_of(left);
        session.run(piece.text, piece.parameters, types, [&](RecordSession::Row row) {
          --left;
          return wanted = records.add(view_of(row));
        });
      }
    });
  });
}

Status SqlRecordStore::count(CallContext& ctx, std::string_view collection, std::span<const sdk::Condition> where,
                             std::int64_t& count) noexcept {
  return guarded(ctx, [&] {
    const auto all = declared();
    const OwnedCollection& mine = rules::find_declared(*all, collection);
    rules::check_where(mine, where);
    check_whole(*catalog(), mine);
    const RecordStatement query = count_query(mine, where, dialect_);
    backend_.read(ctx, false, [&](RecordSession& session) { count = session.number(query.text, query.parameters); });
  });
}

Status SqlRecordStore::write(CallContext& ctx, std::span<const sdk::RecordWrite> writes,
                             sdk::WriteSink& outcomes) noexcept {
  return guarded(ctx, [&] {
    const auto all = declared();
    rules::check(*all, writes);
    std::vector<WriteOutcome> done;
    backend_.write(ctx, writes.size(), [&](RecordSession& session) { return write_all(session, *all, writes, done); });
    for (const WriteOutcome& outcome : done) { outcomes.add(outcome); }
  });
}

bool SqlRecordStore::write_all(RecordSession& session, const Collections& mine,
                               std::span<const sdk::RecordWrite> writes, std::vector<WriteOutcome>& outcomes) {
  outcomes.assign(writes.size(), WriteOutcome());
  const std::shared_ptr<const Catalog> held = fresh_catalog(session);
  RecordWriter writer(session, dialect_, *held, session.now_ms());
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const OwnedCollection& collection = rules::find_declared(mine, writes[i].collection);
    check_whole(*held, collection);
    outcomes[i] = writer.write(collection, writes[i]);
    if (outcomes[i].result == WriteResult::applied) { continue; }
    std::fill_n(outcomes.begin(), i, WriteOutcome());
    return false;
  }
  return true;
}

void check_movies(RecordSession& session, const RecordDialect& dialect, std::span<const sdk::NewDownload> downloads) {
  const Catalog catalog = load_catalog(session);
  const auto movies = std::find_if(catalog.held.begin(), catalog.held.end(),
                                   [](const auto& entry) { return (entry.second.flags & sdk::kQueueRefersTo) != 0; });
  if (movies == catalog.held.end()) { return; }
  const std::string look =
      "SELECT \"id\" FROM " + table_of(movies->first) + " WHERE \"id\" = " + dialect.placeholder + "1";
  for (const sdk::NewDownload& download : downloads) {
    const sdk::Value id = value_of(download.movie_id);
    if (download.movie_id == 0 || session.number(look, std::span(&id, 1)) != 0) { continue; }
    throw Error(Code::invalid, "a download names record " + std::to_string(download.movie_id) + " of collection \"" +
                                   movies->first + "\", and there is none; make the record first");
  }
}

}  // namespace quarry::storage_sql
