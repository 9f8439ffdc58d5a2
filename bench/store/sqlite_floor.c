/* SPDX-License-Identifier: MIT */
/* The floor: what is left when nothing but the database is paid for. The same statements as the
 * plugin storage-sqlite in the same transactions, with the same settings, in a plain loop over the C
 * interface of SQLite: no SDK, no checks, no locks, no copies of rows.
 *
 *   quarry-bench-floor FILE enqueue|claim COUNT SECONDS full|normal FIRST PER
 *
 * FILE was made by the store. COUNT rows are written, or claimed and finished, PER in a transaction, for
 * at most SECONDS. FIRST numbers the first row or command.
 * The event of a claimed row names the same command as the store's would. */
#include "sql_texts.h"
#include "workload.h"

#include <sqlite3.h>

enum { QUEUED = 0, DISPATCHING = 1, FAILED = 7 };
enum { ACTOR_WORKER = 0, ACTOR_USER = 3, ACTOR_CLAIM = 4 };
enum { CODE_INTERNAL = 10, PROMOTED_PER_CLAIM = 1000, RANK_COLUMN = 8 };

static sqlite3* db;
static sqlite3_stmt *begin, *commit, *insert, *event, *before, *promote, *lane, *slots, *claim, *row, *facts, *change;

static void fail(const char* what) {
  fprintf(stderr, "quarry-bench-floor: %s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}
static void execute(const char* sql) {
  if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) { fail(sql); }
}
static sqlite3_stmt* prepare(const char* sql) {
  sqlite3_stmt* made = NULL;
  if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, NULL) != SQLITE_OK) { fail(sql); }
  return made;
}
static int step(sqlite3_stmt* statement) {
  const int result = sqlite3_step(statement);
  if (result != SQLITE_ROW && result != SQLITE_DONE) { fail(sqlite3_sql(statement)); }
  return result == SQLITE_ROW;
}
/* Runs a statement of which no row is wanted. */
static void run(sqlite3_stmt* statement) {
  while (step(statement)) {}
  sqlite3_reset(statement);
}
static void number(sqlite3_stmt* statement, int parameter, int64_t value) {
  if (sqlite3_bind_int64(statement, parameter, value) != SQLITE_OK) { fail("bind"); }
}
static void text(sqlite3_stmt* statement, int parameter, const char* value) {
  if (sqlite3_bind_text(statement, parameter, value, -1, SQLITE_STATIC) != SQLITE_OK) { fail("bind"); }
}
/* A text column of the row under `from`, for as long as `from` is not stepped or reset. */
static void pass_text(sqlite3_stmt* statement, int parameter, sqlite3_stmt* from, int column) {
  const char* value = (const char*)sqlite3_column_text(from, column);
  if (sqlite3_bind_text(statement, parameter, value, sqlite3_column_bytes(from, column), SQLITE_STATIC) != SQLITE_OK) {
    fail("bind");
  }
}

/* Looks at every column, as whoever wants the row must. */
static void read_columns(sqlite3_stmt* statement) {
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    switch (sqlite3_column_type(statement, i)) {
      case SQLITE_INTEGER:
        (void)sqlite3_column_int64(statement, i);
        break;
      case SQLITE_FLOAT:
        (void)sqlite3_column_double(statement, i);
        break;
      default:
        (void)sqlite3_column_text(statement, i);
        (void)sqlite3_column_bytes(statement, i);
    }
  }
}

static void open_database(const char* file, const char* synchronous) {
  if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) { fail(file); }
  sqlite3_busy_timeout(db, 5000);
  execute("PRAGMA journal_mode=WAL");
  for (const char* const* pragma = bench_sql_pragmas; *pragma != NULL; ++pragma) { execute(*pragma); }
  execute(strcmp(synchronous, "normal") == 0 ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL");
  begin = prepare(bench_sql_begin);
  commit = prepare(bench_sql_commit);
  insert = prepare(bench_sql_insert);
  event = prepare(bench_sql_event);
  before = prepare(bench_sql_claimed_before);
  promote = prepare(bench_sql_promote);
  lane = prepare(bench_sql_lane);
  slots = prepare(bench_sql_slots);
  claim = prepare(bench_sql_claim);
  row = prepare(bench_sql_row);
  facts = prepare(bench_sql_facts);
  change = prepare(bench_sql_transition_live);
}
static void close_database(void) {
  sqlite3_stmt* const all[] = {begin, commit, insert, event, before, promote, lane, slots, claim, row, facts, change};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) { sqlite3_finalize(all[i]); }
  if (sqlite3_close(db) != SQLITE_OK) { fail("close"); }
}

static void append_event(int64_t id, int64_t now, int64_t epoch, int from, int to, int actor, const char* command,
                         const char* reason) {
  number(event, 1, id);
  number(event, 2, now);
  number(event, 3, epoch);
  number(event, 4, from);
  number(event, 5, to);
  number(event, 6, actor);
  text(event, 7, command);
  text(event, 8, reason);
  run(event);
}

static void enqueue(int64_t n, int64_t now) {
  struct bench_row r;
  bench_make_row(&r, n);
  number(insert, 1, 0);
  number(insert, 2, 1);
  number(insert, 3, now - r.rank_bonus);
  number(insert, 4, now);
  number(insert, 5, now);
  number(insert, 6, 3);
  number(insert, 7, r.priority);
  number(insert, 8, 0);
  number(insert, 9, r.size);
  text(insert, 10, BENCH_LANE);
  text(insert, 11, r.command);
  text(insert, 12, r.key);
  text(insert, 13, "");
  text(insert, 14, "");
  text(insert, 15, "");
  text(insert, 16, r.title);
  text(insert, 17, "bench");
  text(insert, 18, r.guid);
  text(insert, 19, r.url);
  text(insert, 20, "");
  if (!step(insert)) { fail("insert"); }
  const int64_t id = sqlite3_column_int64(insert, 0);
  run(insert);
  append_event(id, now, 0, -1, QUEUED, ACTOR_USER, r.command, "");
}

static int64_t enqueue_many(int64_t first, int64_t count, int64_t per_transaction, double until) {
  int64_t done = 0;
  while (done < count && bench_now_us() < until) {
    run(begin);
    const int64_t now = bench_wall_ms();
    for (int64_t i = 0; i < per_transaction && done < count; ++i) { enqueue(first + done++, now); }
    run(commit);
  }
  return done;
}

struct claimed {
  int64_t id;
  int64_t epoch;
  int64_t rank;
};
static int in_order(const void* a, const void* b) {
  const struct claimed* const x = a;
  const struct claimed* const y = b;
  if (x->rank != y->rank) { return x->rank < y->rank ? -1 : 1; }
  return (x->id > y->id) - (x->id < y->id);
}

/* How many were claimed, in the order of the claim. */
static int64_t claim_some(int64_t n, int64_t per, struct claimed* out) {
  char command[32];
  bench_claim_command(command, n);
  run(begin);
  const int64_t now = bench_wall_ms();
  text(before, 1, BENCH_LANE);
  text(before, 2, command);
  text(before, 3, BENCH_OWNER);
  run(before);
  text(promote, 1, BENCH_LANE);
  number(promote, 2, now);
  number(promote, 3, PROMOTED_PER_CLAIM);
  run(promote);
  text(lane, 1, BENCH_LANE);
  run(lane);
  text(slots, 1, BENCH_LANE);
  run(slots);
  text(claim, 1, BENCH_LANE);
  number(claim, 2, now);
  number(claim, 3, per);
  text(claim, 4, BENCH_OWNER);
  number(claim, 5, now + BENCH_LEASE_MS);
  text(claim, 6, command);
  int64_t found = 0;
  while (step(claim)) { out[found++].id = sqlite3_column_int64(claim, 0); }
  sqlite3_reset(claim);
  for (int64_t i = 0; i < found; ++i) {
    number(row, 1, out[i].id);
    if (!step(row)) { fail("row"); }
    out[i].epoch = sqlite3_column_int64(row, 2);
    out[i].rank = sqlite3_column_int64(row, RANK_COLUMN);
    read_columns(row);
    sqlite3_reset(row);
  }
  qsort(out, (size_t)found, sizeof *out, in_order);
  for (int64_t i = 0; i < found; ++i) {
    append_event(out[i].id, now, out[i].epoch, QUEUED, DISPATCHING, ACTOR_CLAIM, command, "");
  }
  run(commit);
  return found;
}

static void finish_one(int64_t n, const struct claimed* claimed, int64_t now) {
  char command[32];
  bench_finish_command(command, n);
  number(facts, 1, claimed->id);
  if (!step(facts) || sqlite3_column_int64(facts, 3) != claimed->epoch) { fail("facts"); }
  number(change, 1, claimed->id);
  number(change, 2, FAILED);
  number(change, 3, sqlite3_column_int64(facts, 1));
  number(change, 4, 0);
  number(change, 5, claimed->epoch);
  number(change, 6, sqlite3_column_int64(facts, 4) + 1);
  number(change, 7, sqlite3_column_int64(facts, 5));
  number(change, 8, now);
  number(change, 9, now);
  number(change, 10, sqlite3_column_int64(facts, 8));
  number(change, 11, sqlite3_column_int64(facts, 9));
  number(change, 12, sqlite3_column_int64(facts, 10));
  number(change, 13, sqlite3_column_int64(facts, 11));
  number(change, 14, CODE_INTERNAL);
  sqlite3_bind_double(change, 15, sqlite3_column_double(facts, 15));
  text(change, 16, command);
  pass_text(change, 17, facts, 22);
  pass_text(change, 18, facts, 23);
  pass_text(change, 19, facts, 24);
  text(change, 20, BENCH_REASON);
  pass_text(change, 21, facts, 26);
  number(change, 22, 0);
  pass_text(change, 23, facts, 20);
  pass_text(change, 24, facts, 21);
  run(change);
  sqlite3_reset(facts);
  append_event(claimed->id, now, claimed->epoch, DISPATCHING, FAILED, ACTOR_WORKER, command, BENCH_REASON);
}

static void finish_some(int64_t first, const struct claimed* claimed, int64_t count) {
  run(begin);
  const int64_t now = bench_wall_ms();
  for (int64_t i = 0; i < count; ++i) { finish_one(first + i, claimed + i, now); }
  run(commit);
}

static void measure_claims(int64_t first, int64_t count, int64_t per, double until) {
  double* const claims = malloc(sizeof(double) * (size_t)count);
  double* const finishes = malloc(sizeof(double) * (size_t)count);
  struct claimed* const claimed = malloc(sizeof *claimed * (size_t)per);
  if (claims == NULL || finishes == NULL || claimed == NULL) { fail("memory"); }
  const double start = bench_now_us();
  double last = start;
  int64_t done = 0;
  int64_t n = 0;
  while (n * per < count && last < until) {
    const int64_t found = claim_some(first + n, per, claimed);
    if (found == 0) { break; }
    const double between = bench_now_us();
    finish_some((first + n) * per, claimed, found);
    claims[n] = between - last;
    last = bench_now_us();
    finishes[n++] = last - between;
    done += found;
  }
  printf("count %lld\n", (long long)done);
  bench_print_rate("rate", done, last - start);
  bench_print_latency("claim", claims, n);
  bench_print_latency("finish", finishes, n);
  free(claims);
  free(finishes);
  free(claimed);
}

int main(int argc, char** argv) {
  if (argc != 8) {
    fprintf(stderr, "usage: quarry-bench-floor FILE enqueue|claim COUNT SECONDS full|normal FIRST PER\n");
    return 2;
  }
  open_database(argv[1], argv[5]);
  const int64_t count = atoll(argv[3]);
  const int64_t first = atoll(argv[6]);
  const int64_t per = atoll(argv[7]);
  const double start = bench_now_us();
  const double until = start + atof(argv[4]) * 1e6;
  if (strcmp(argv[2], "claim") == 0) {
    measure_claims(first, count, per, until);
  } else {
    const int64_t done = enqueue_many(first, count, per, until);
    bench_print_rate("rate", done, bench_now_us() - start);
    printf("count %lld\n", (long long)done);
  }
  close_database();
  return 0;
}
