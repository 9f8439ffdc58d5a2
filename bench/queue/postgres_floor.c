/* SPDX-License-Identifier: MIT */
/* The floor: what is left when nothing but the database is paid for. The same statements as the plugin
 * storage-postgres, prepared, with the same settings, in a plain loop over libpq: no SDK, no checks, no
 * group commit, no copies of rows. Each thread has a connection of its own.
 *
 *   quarry-bench-postgres-floor enqueue|claim COUNT SECONDS FIRST THREADS PER
 *
 * DATABASE_URL was filled by the store. COUNT rows are written, or claimed and finished, PER in a
 * statement, for at most SECONDS. FIRST numbers the first row or command. */
#include "postgres_texts.h"
#include "workload.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

enum { ENQUEUE_PARAMETERS = 18, TRANSITION_PARAMETERS = 27, ID = 0, EPOCH = 2 };

static struct {
  int claiming;
  int64_t count, first, per;
  double until;
  atomic_llong next, done;
  double *claims, *finishes;
} job;

static void fail(PGconn* db, const char* what) {
  fprintf(stderr, "quarry-bench-postgres-floor: %s: %s\n", what, PQerrorMessage(db));
  exit(1);
}
static void* must(void* pointer) {
  if (pointer == NULL) { abort(); }
  return pointer;
}
static PGresult* good(PGconn* db, PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) { fail(db, "statement"); }
  return result;
}
/* The store numbers parameters ":1", libpq "$1". */
static void prepare(PGconn* db, const char* name, const char* sql) {
  char* const text = must(strdup(sql));
  for (char* c = text; *c != '\0'; ++c) {
    if (*c == ':' && c[1] >= '1' && c[1] <= '9') { *c = '$'; }
  }
  PQclear(good(db, PQprepare(db, name, text, 0, NULL)));
  free(text);
}
static PGconn* open_database(void) {
  PGconn* const db = PQconnectdb(getenv("DATABASE_URL"));
  if (PQstatus(db) != CONNECTION_OK) { fail(db, "connect"); }
  PQclear(good(db, PQexec(db, bench_pg_session)));
  PQclear(good(db, PQexec(db, bench_pg_writer_session)));
  prepare(db, "enqueue", bench_pg_enqueue);
  prepare(db, "one", bench_pg_enqueue_one);
  prepare(db, "claim", bench_pg_claim);
  prepare(db, "transition", bench_pg_transition);
  return db;
}

/* A parameter: one value, or an array under way. No text of the workload needs escapes. */
struct text {
  char* bytes;
  size_t length, room;
};
static void add(struct text* to, const char* format, ...) {
  va_list values;
  if (to->room - to->length < 256) {
    to->room = to->room * 2 + 1024;
    to->bytes = must(realloc(to->bytes, to->room));
  }
  va_start(values, format);
  to->length += (size_t)vsnprintf(to->bytes + to->length, to->room - to->length, format, values);
  va_end(values);
}
static void start(struct text* texts, int count) {
  for (int i = 0; i < count; ++i) { texts[i].length = 0; }
}
/* `i`: which element, counted from 0; -1: the parameter is no array. */
static void add_text(struct text* to, int64_t i, const char* value) {
  if (i < 0) {
    add(to, "%s", value);
  } else {
    add(to, i == 0 ? "{\"%s\"" : ",\"%s\"", value);
  }
}
static void add_number(struct text* to, int64_t i, int64_t value) {
  add(to, i < 0 ? "%lld" : i == 0 ? "{%lld" : ",%lld", (long long)value);
}
static PGresult* run(PGconn* db, const char* name, const struct text* texts, int count) {
  const char* values[TRANSITION_PARAMETERS];
  for (int i = 0; i < count; ++i) { values[i] = texts[i].bytes; }
  return good(db, PQexecPrepared(db, name, count, values, NULL, NULL, 0));
}

static void enqueue(PGconn* db, struct text* p, int64_t first, int64_t count) {
  start(p, ENQUEUE_PARAMETERS);
  for (int64_t n = 0; n < count; ++n) {
    const int64_t i = job.per == 1 ? -1 : n;
    struct bench_row r;
    bench_make_row(&r, first + n);
    const char* const texts[] = {r.command, BENCH_LANE, r.key, r.title, "bench", r.guid, r.url, "", "", "", ""};
    const int64_t numbers[] = {0, 0, r.size, 0, r.rank_bonus, r.priority, 3};
    for (int k = 0; k < 11; ++k) { add_text(p + k, i, texts[k]); }
    for (int k = 0; k < 7; ++k) { add_number(p + 11 + k, i, numbers[k]); }
  }
  for (int k = 0; job.per > 1 && k < ENQUEUE_PARAMETERS; ++k) { add(p + k, "}"); }
  PGresult* const result = run(db, job.per == 1 ? "one" : "enqueue", p, ENQUEUE_PARAMETERS);
  if (PQntuples(result) != count) { fail(db, "enqueue: some rows are in the queue already"); }
  PQclear(result);
}

/* Looks at every column, as whoever wants the rows must. */
static PGresult* claim(PGconn* db, int64_t n) {
  char command[32];
  char commands[40];
  char limits[24];
  char lease[24];
  bench_claim_command(command, n);
  snprintf(commands, sizeof commands, "{%s}", command);
  snprintf(limits, sizeof limits, "{%lld}", (long long)job.per);
  snprintf(lease, sizeof lease, "%d", BENCH_LEASE_MS);
  const char* const values[] = {limits, commands, BENCH_LANE, BENCH_OWNER, lease, "1000"};
  PGresult* const rows = good(db, PQexecPrepared(db, "claim", 6, values, NULL, NULL, 0));
  volatile size_t bytes = 0;
  for (int row = 0; row < PQntuples(rows); ++row) {
    for (int column = 0; column < PQnfields(rows); ++column) { bytes += strlen(PQgetvalue(rows, row, column)); }
  }
  return rows;
}

static void finish(PGconn* db, struct text* p, int64_t first, const PGresult* rows) {
  /* :5 to :27: from dispatching to failed by a worker, with an error of the code "internal". */
  static const char* const all[] = {"1", "7",  "0", "0", BENCH_REASON, "2", "0", "",  BENCH_REASON, "", "", "",
                                    "",  "-1", "0", "0", "10",         "0", "0", "0", "0",          "", "0"};
  start(p, TRANSITION_PARAMETERS);
  for (int i = 0; i < PQntuples(rows); ++i) {
    char command[32];
    bench_finish_command(command, first + i);
    add_number(p, i, atoll(PQgetvalue(rows, i, ID)));
    add_number(p + 1, i, atoll(PQgetvalue(rows, i, EPOCH)));
    add_number(p + 2, i, -1);
    add_text(p + 3, i, command);
  }
  for (int k = 0; k < 4; ++k) { add(p + k, "}"); }
  for (int k = 4; k < TRANSITION_PARAMETERS; ++k) { add(p + k, "%s", all[k - 4]); }
  PGresult* const result = run(db, "transition", p, TRANSITION_PARAMETERS);
  if (PQntuples(result) != PQntuples(rows)) { fail(db, "transition: the row was refused"); }
  PQclear(result);
}

static int claim_and_finish(PGconn* db, struct text* p, int64_t n) {
  const double before = bench_now_us();
  PGresult* const rows = claim(db, job.first + n);
  const int found = PQntuples(rows);
  if (found > 0) {
    const double between = bench_now_us();
    finish(db, p, (job.first + n) * job.per, rows);
    job.claims[n] = between - before;
    job.finishes[n] = bench_now_us() - between;
  }
  PQclear(rows);
  return found;
}

static void* work(void* connection) {
  PGconn* const db = connection;
  struct text p[TRANSITION_PARAMETERS] = {0};
  while (bench_now_us() < job.until) {
    const int64_t n = atomic_fetch_add(&job.next, 1);
    if (n * job.per >= job.count) { break; }
    int64_t done = job.count - n * job.per < job.per ? job.count - n * job.per : job.per;
    if (job.claiming) {
      done = claim_and_finish(db, p, n);
      if (done == 0) { break; }
    } else {
      enqueue(db, p, job.first + n * job.per, done);
    }
    atomic_fetch_add(&job.done, done);
  }
  for (int i = 0; i < TRANSITION_PARAMETERS; ++i) { free(p[i].bytes); }
  return NULL;
}

int main(int argc, char** argv) {
  enum { MOST_THREADS = 64 };
  pthread_t threads[MOST_THREADS];
  PGconn* connections[MOST_THREADS];
  const int count = argc == 7 ? atoi(argv[5]) : 0;
  if (count < 1 || count > MOST_THREADS || getenv("DATABASE_URL") == NULL) {
    fprintf(stderr,
            "usage: DATABASE_URL=… quarry-bench-postgres-floor enqueue|claim COUNT SECONDS FIRST THREADS PER\n");
    return 2;
  }
  job.claiming = strcmp(argv[1], "claim") == 0;
  job.count = atoll(argv[2]);
  job.first = atoll(argv[4]);
  job.per = atoll(argv[6]);
  job.claims = must(calloc((size_t)job.count, sizeof(double)));
  job.finishes = must(calloc((size_t)job.count, sizeof(double)));
  for (int i = 0; i < count; ++i) { connections[i] = open_database(); }
  const double begin = bench_now_us();
  job.until = begin + atof(argv[3]) * 1e6;
  for (int i = 0; i < count; ++i) { pthread_create(&threads[i], NULL, work, connections[i]); }
  for (int i = 0; i < count; ++i) { pthread_join(threads[i], NULL); }
  bench_print_rate("rate", job.done, bench_now_us() - begin);
  printf("count %lld\n", (long long)job.done);
  bench_print_latency("claim", job.claims, bench_drop_zeros(job.claims, job.count));
  bench_print_latency("finish", job.finishes, bench_drop_zeros(job.finishes, job.count));
  for (int i = 0; i < count; ++i) { PQfinish(connections[i]); }
  return 0;
}
