// SPDX-License-Identifier: MIT
// The writer's prepared statements, each with the variables it reads and writes. The variables stand
// before their statement, since it is bound to them for life.
#pragma once

#include "connection.hpp"
#include "statements.hpp"
#include "writer.hpp"

namespace quarry::storage_sqlite {

struct InsertDownload {
  explicit InsertDownload(Connection& c)
      : statement(c, sql::kInsertDownload,
                  in(flags, ready, rank, due, now, max_retries, priority, movie, size, lane, command, release_key, v1,
                     v2, category, title, indexer, guid, url, magnet),
                  out(id)) {}
  Integer flags = 0, ready = 0, rank = 0, due = 0, now = 0, max_retries = 0, priority = 0, movie = 0, size = 0;
  std::string lane, command, release_key, v1, v2, category, title, indexer, guid, url, magnet;
  Integer id = 0;
  Statement statement;
};

struct AppendEvent {
  explicit AppendEvent(Connection& c)
      : statement(c, sql::kAppendEvent, in(id, at, epoch, from, to, actor, command, reason)) {}
  Integer id = 0, at = 0, epoch = 0, from = 0, to = 0, actor = 0;
  std::string command, reason;
  Statement statement;
};

struct FindCreatedBy {
  explicit FindCreatedBy(Connection& c) : statement(c, sql::kFindCreatedBy, in(command), out(id, epoch, version)) {}
  std::string command;
  Integer id = 0, epoch = 0, version = 0;
  Statement statement;
};

struct FindHolder {
  explicit FindHolder(Connection& c) : statement(c, sql::kFindHolder, in(self, release_key, v1, v2), out(id)) {}
  Integer self = 0;
  std::string release_key, v1, v2;
  Integer id = 0;
  Statement statement;
};

struct LaneQuery {
  explicit LaneQuery(Connection& c)
      : settings(c, sql::kLane, in(lane), out(max_active, hold)),
        slots(c, sql::kSlotCount, in(lane), out(active)),
        set(c, sql::kSetLane, in(lane, max_active, hold)) {}
  std::string lane;
  Integer max_active = 0, hold = 0, active = 0;
  Statement settings;
  Statement slots;
  Statement set;
};

struct DutyQuery {
  explicit DutyQuery(Connection& c)
      : read(c, sql::kDuty, in(name), out(owner, epoch, lease_until)),
        write(c, sql::kSetDuty, in(name, owner, epoch, lease_until)) {}
  std::string name, owner;
  Integer epoch = 0, lease_until = 0;
  Statement read;
  Statement write;
};

struct ClaimQuery {
  explicit ClaimQuery(Connection& c)
      : before(c, sql::kClaimedBefore, in(lane, command, owner), out(id)),
        promote(c, sql::kPromote, in(lane, now, most)),
        claim(c, sql::kClaim, in(lane, now, limit, owner, lease_until, command), out(id)) {}
  std::string lane, command, owner;
  Integer now = 0, most = 0, limit = 0, lease_until = 0, id = 0;
  Statement before;
  Statement promote;
  Statement claim;
};

/// A row as commands need it: judged, patched and written back.
struct Facts {
  explicit Facts(Connection& c)
      : read(c, sql::kFacts, in(id),
             out(state, flags, ready, epoch, version, due, lease_until, enqueued_at, size, done_bytes, attempts,
                 cleanup, error_code, priority, rank, progress, lane, lease_owner, last_command, release_key, v1, v2,
                 client, client_item_id, due_reason, error, output_path, category)),
        write(c, sql::kTransition,
              in(id, state, flags, ready, epoch, version, due, now, ended_at, size, done_bytes, attempts, cleanup,
                 error_code, progress, last_command, client, client_item_id, due_reason, error, output_path)),
        write_live(c, sql::kTransitionLive,
                   in(id, state, flags, ready, epoch, version, due, now, ended_at, size, done_bytes, attempts, cleanup,
                      error_code, progress, last_command, client, client_item_id, due_reason, error, output_path, live,
                      v1, v2)),
        edit(c, sql::kEdit, in(id, now, last_command, flags, ready, priority, rank, category, cleanup)),
        heartbeat(c, sql::kHeartbeat, in(id, lease_until, now)) {}
  Integer id = 0, state = 0, flags = 0, ready = 0, epoch = 0, version = 0, due = 0, lease_until = 0, enqueued_at = 0;
  Integer size = 0, done_bytes = 0, attempts = 0, cleanup = 0, error_code = 0, priority = 0, rank = 0;
  double progress = 0;
  std::string lane, lease_owner, last_command, release_key, v1, v2, client, client_item_id, due_reason, error;
  std::string output_path, category;
  Integer now = 0, ended_at = 0, live = 0;
  Statement read;
  Statement write;
  Statement write_live;
  Statement edit;
  Statement heartbeat;
};

struct IntentQuery {
  explicit IntentQuery(Connection& c)
      : write(c, sql::kIntent, in(id, now, command, client, v1, v2, magnet, size)),
        metainfo(c.raw(), sql::kPutMetainfo) {}
  Integer id = 0, now = 0, size = 0;
  std::string command, client, v1, v2, magnet;
  Statement write;
  RawStatement metainfo;
};

struct ProgressQuery {
  explicit ProgressQuery(Connection& c)
      : write(c, sql::kProgress,
              in(id, flags, seeders, leechers, size, done, down, up, eta, progress, ratio, now, client_state, output)),
        same_flags(
            c, sql::kProgressSameFlags,
            in(id, flags, seeders, leechers, size, done, down, up, eta, progress, ratio, now, client_state, output)) {}
  Integer id = 0, flags = 0, seeders = 0, leechers = 0, size = 0, done = 0, down = 0, up = 0, eta = 0, now = 0;
  double progress = 0, ratio = 0;
  std::string client_state, output;
  Statement write;
  Statement same_flags;
};

struct LeastRank {
  explicit LeastRank(Connection& c) : statement(c, sql::kLeastRank, in(lane), out(rank)) {}
  std::string lane;
  Integer rank = 0;
  Statement statement;
};

struct LostLeases {
  explicit LostLeases(Connection& c) : statement(c, sql::kLostLeases, in(now, owner, limit), out(id)) {}
  Integer now = 0, limit = 0, id = 0;
  std::string owner;
  Statement statement;
};

struct PruneQuery {
  explicit PruneQuery(Connection& c) : statement(c, sql::kPrune, in(before, states, limit), out(id)) {}
  Integer before = 0, states = 0, limit = 0, id = 0;
  Statement statement;
};

struct Writer::Queries {
  explicit Queries(Connection& c)
      : connection(c),
        insert(c),
        event(c),
        created_by(c),
        holder(c),
        lane(c),
        duty(c),
        claim(c),
        facts(c),
        intent(c),
        progress(c),
        least_rank(c),
        lost(c),
        prune(c),
        row(c.raw(), sql::kRowById) {}

  Connection& connection;
  InsertDownload insert;
  AppendEvent event;
  FindCreatedBy created_by;
  FindHolder holder;
  LaneQuery lane;
  DutyQuery duty;
  ClaimQuery claim;
  Facts facts;
  IntentQuery intent;
  ProgressQuery progress;
  LeastRank least_rank;
  LostLeases lost;
  PruneQuery prune;
  RawStatement row;
};

}  // namespace quarry::storage_sqlite
