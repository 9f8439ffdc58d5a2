// SPDX-License-Identifier: MIT
// The writer's prepared statements, each with the variables it reads and writes. The variables stand
// before their statement, since it is bound to them for life. Texts of arrays are filled by array_text.hpp.
#pragma once

#include "array_text.hpp"
#include "row_variables.hpp"
#include "session.hpp"
#include "statements.hpp"
#include "writer.hpp"

#include <array>

namespace quarry::storage_postgres {

/// The parameters of a statement that are `N` arrays of the same length.
template <std::size_t N>
class Columns {
 public:
  void clear() {
    for (std::string& array : arrays_) { start(array); }
  }
  /// One element for each array, in their order.
  template <class... T>
  void row(const T&... values) {
    static_assert(sizeof...(T) == N);
    std::size_t i = 0;
    (add(arrays_[i++], values), ...);
  }
  void close() {
    for (std::string& array : arrays_) { finish(array); }
  }
  /// The values alone, for a statement on one row.
  template <class... T>
  void only(const T&... values) {
    static_assert(sizeof...(T) == N);
    std::size_t i = 0;
    (write(arrays_[i++], values), ...);
  }
  [[nodiscard]] auto bound() { return storage_sql::tie_all(arrays_); }

 private:
  std::array<std::string, N> arrays_;
};

/// What a batch answers for each row that it changed.
struct Changed {
  Integer id = 0, epoch = 0, version = 0;
  [[nodiscard]] auto columns() { return out(id, epoch, version); }
};

struct EnqueueQuery {
  explicit EnqueueQuery(Session& s)
      : many(s.soci(), sql::kEnqueue, rows.bound(), out(id, command)),
        one(s.soci(), sql::kEnqueueOne, rows.bound(), out(id, command)) {}
  Columns<18> rows;
  Integer id = 0;
  std::string command;
  Statement many, one;
};
struct CreatedByQuery {
  explicit CreatedByQuery(Session& s) : statement(s.soci(), sql::kFindCreatedBy, in(command), found.columns()) {}
  std::string command;
  Changed found;
  Statement statement;
};
struct HolderQuery {
  explicit HolderQuery(Session& s) : statement(s.soci(), sql::kFindHolder, in(self, release_key, v1, v2), out(id)) {}
  Integer self = 0, id = 0;
  std::string release_key, v1, v2;
  Statement statement;
};
struct ClaimQuery {
  explicit ClaimQuery(Session& s)
      : statement(s.soci(), sql::kClaim, std::tuple_cat(claims.bound(), in(lane, owner, lease_ms, most_due)),
                  std::tuple_cat(row.columns(), out(command))) {}
  Columns<2> claims;
  std::string lane, owner, command;
  Integer lease_ms = 0, most_due = 0;
  RowVariables row;
  Statement statement;
};
struct HeartbeatQuery {
  explicit HeartbeatQuery(Session& s)
      : statement(s.soci(), sql::kHeartbeat, std::tuple_cat(rows.bound(), in(owner, lease_ms)), changed.columns()) {}
  Columns<2> rows;
  std::string owner;
  Integer lease_ms = 0;
  Changed changed;
  Statement statement;
};
struct IntentQuery {
  explicit IntentQuery(Session& s)
      : statement(s.soci(), sql::kIntent, in(id, epoch, command, client, v1, v2, magnet, size), changed.columns()) {}
  Integer id = 0, epoch = 0, size = 0;
  std::string command, client, v1, v2, magnet;
  Changed changed;
  Statement statement;
};
struct TransitionQuery {
  explicit TransitionQuery(Session& s)
      : statement(s.soci(), sql::kTransition,
                  std::tuple_cat(rows.bound(), in(from, to, raises_epoch, actor, reason, fields, due, due_reason, error,
                                                  client_item, output, v1, v2, size, done, progress, error_code,
                                                  cleanup, attempts, set, clear, duty, duty_epoch)),
                  changed.columns()) {}
  void set_all(const sdk::Transition& of, bool raises) {
    const sdk::Patch& p = of.patch;
    const bool flags = (p.fields & sdk::kPatchFlags) != 0;
    from = static_cast<Integer>(of.from);
    to = static_cast<Integer>(of.to);
    raises_epoch = raises ? 1 : 0;
    actor = static_cast<Integer>(of.actor);
    reason = of.reason;
    duty = of.duty;
    duty_epoch = of.duty_epoch;
    fields = p.fields;
    due = p.due_at_ms;
    due_reason = p.due_reason;
    error = p.error;
    client_item = p.client_item_id;
    output = p.output_path;
    v1 = p.infohash_v1;
    v2 = p.infohash_v2;
    size = p.size_bytes;
    done = p.done_bytes;
    write(progress, p.progress);
    error_code = static_cast<Integer>(p.error_code);
    cleanup = p.cleanup;
    attempts = p.attempts;
    set = flags ? p.set_flags : 0;
    clear = flags ? p.clear_flags : 0;
  }
  Columns<4> rows;
  Integer from = 0, to = 0, raises_epoch = 0, actor = 0, fields = 0, due = 0, size = 0, done = 0, error_code = 0,
          cleanup = 0, attempts = 0, set = 0, clear = 0, duty_epoch = 0;
  std::string reason, due_reason, error, client_item, output, v1, v2, progress, duty;
  Changed changed;
  Statement statement;
};
struct EditQuery {
  explicit EditQuery(Session& s)
      : statement(s.soci(), sql::kEdit,
                  in(id, version, command, fields, hold, set, clear, priority, bonus, category, cleanup),
                  changed.columns()) {}
  Integer id = 0, version = 0, fields = 0, hold = 0, set = 0, clear = 0, priority = 0, bonus = 0, cleanup = 0;
  std::string command, category;
  Changed changed;
  Statement statement;
};
struct RescueQuery {
  explicit RescueQuery(Session& s)
      : statement(s.soci(), sql::kRescue, in(command, limit, wait_ms, wait_reason, reason), row.columns()) {}
  std::string command, wait_reason, reason;
  Integer limit = 0, wait_ms = 0;
  RowVariables row;
  Statement statement;
};
struct ProgressQuery {
  explicit ProgressQuery(Session& s) : statement(s.soci(), sql::kProgress, rows.bound(), changed.columns()) {}
  Columns<15> rows;
  Changed changed;
  Statement statement;
};
struct DutyQuery {
  explicit DutyQuery(Session& s)
      : take(s.soci(), sql::kTakeDuty, in(name, owner, lease_ms), out(holder, epoch, lease_until)),
        give_up(s.soci(), sql::kGiveUpDuty, in(name, owner)),
        read(s.soci(), sql::kDuty, in(name), out(holder, epoch, lease_until)) {}
  std::string name, owner, holder;
  Integer lease_ms = 0, epoch = 0, lease_until = 0;
  Statement take, give_up, read;
};
struct FactsQuery {
  explicit FactsQuery(Session& s)
      : statement(s.soci(), sql::kFacts, ids.bound(),
                  out(id, epoch, version, state, lease_until, owner, command, release_key, v1, v2, now)) {}
  Columns<1> ids;
  Integer id = 0, epoch = 0, version = 0, state = 0, lease_until = 0, now = 0;
  std::string owner, command, release_key, v1, v2;
  Statement statement;
};
struct SetLaneQuery {
  explicit SetLaneQuery(Session& s) : statement(s.soci(), sql::kSetLane, in(lane, max_active, hold)) {}
  std::string lane;
  Integer max_active = 0, hold = 0;
  Statement statement;
};
struct PruneQuery {
  explicit PruneQuery(Session& s) : statement(s.soci(), sql::kPrune, in(states, before, limit), out(count)) {}
  Integer states = 0, before = 0, limit = 0, count = 0;
  Statement statement;
};

struct Writer::Queries {
  explicit Queries(Session& s)
      : session(s),
        enqueue(s),
        created_by(s),
        holder(s),
        claim(s),
        heartbeat(s),
        intent(s),
        transition(s),
        edit(s),
        rescue(s),
        progress(s),
        duty(s),
        facts(s),
        set_lane(s),
        prune(s) {}

  Session& session;
  EnqueueQuery enqueue;
  CreatedByQuery created_by;
  HolderQuery holder;
  ClaimQuery claim;
  HeartbeatQuery heartbeat;
  IntentQuery intent;
  TransitionQuery transition;
  EditQuery edit;
  RescueQuery rescue;
  ProgressQuery progress;
  DutyQuery duty;
  FactsQuery facts;
  SetLaneQuery set_lane;
  PruneQuery prune;
};

}  // namespace quarry::storage_postgres
