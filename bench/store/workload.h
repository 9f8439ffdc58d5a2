/* SPDX-License-Identifier: MIT */
/* What the store's program and the floor's have in common, so that they differ only in what is measured:
 * the rows, the names of commands, the clock, and how figures are printed. C, for the floor's sake. */
#ifndef QUARRY_BENCH_STORE_WORKLOAD_H
#define QUARRY_BENCH_STORE_WORKLOAD_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_LANE "downloads"
#define BENCH_OWNER "bench-owner-0123456789abcdef"
#define BENCH_REASON "measured"
#define BENCH_LEASE_MS 30000
#define BENCH_BATCH 1000
#define BENCH_MAX_ACTIVE 1000

/* One download, about 300 bytes of text. */
struct bench_row {
  char command[32];
  char key[64];
  char title[96];
  char guid[24];
  char url[96];
  int64_t size;
  int priority;       /* 0 low to 3 very high */
  int64_t rank_bonus; /* ms, as the host gives it for that priority */
};

static inline void bench_make_row(struct bench_row* row, int64_t number) {
  const int64_t week_ms = 7LL * 24 * 3600 * 1000;
  /* Keys come in no order, as hashes do; the multiplier makes a different key of each number. */
  const uint64_t mixed = (uint64_t)number * 0x9E3779B97F4A7C15u;
  snprintf(row->command, sizeof row->command, "enqueue-%016llx", (unsigned long long)number);
  snprintf(row->key, sizeof row->key, "url:%016llx%016llx", (unsigned long long)mixed, (unsigned long long)~mixed);
  snprintf(row->title, sizeof row->title, "The.Measured.Film.%lld.%d.1080p.BluRay.DTS.x264-BENCH", (long long)number,
           1950 + (int)(number % 75));
  snprintf(row->guid, sizeof row->guid, "%lld", (long long)number);
  snprintf(row->url, sizeof row->url, "https://indexer.invalid/download/%lld?key=0123456789abcdef0123456789abcdef",
           (long long)number);
  row->size = 1000000000 + (int64_t)(mixed % 40000000000u);
  row->priority = (int)(mixed % 4);
  row->rank_bonus = (row->priority - 1) * week_ms;
}

static inline void bench_claim_command(char out[32], int64_t number) {
  snprintf(out, 32, "claim-%016llx", (unsigned long long)number);
}
static inline void bench_finish_command(char out[32], int64_t number) {
  snprintf(out, 32, "finish-%016llx", (unsigned long long)number);
}

static inline double bench_now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}
static inline int64_t bench_wall_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline int bench_compare(const void* a, const void* b) {
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}
/* Moves what is not 0 to the front; how many there are. */
static inline int64_t bench_drop_zeros(double* values, int64_t count) {
  int64_t kept = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (values[i] > 0) { values[kept++] = values[i]; }
  }
  return kept;
}
/* Sorts `values`; prints "NAME.p50" and "NAME.p99" in microseconds. */
static inline void bench_print_latency(const char* name, double* values, int64_t count) {
  if (count == 0) { return; }
  qsort(values, (size_t)count, sizeof *values, bench_compare);
  printf("%s.p50 %.3f\n%s.p99 %.3f\n", name, values[count / 2], name, values[count * 99 / 100]);
}
static inline void bench_print_rate(const char* name, int64_t count, double us) {
  printf("%s %.3f\n", name, us > 0 ? (double)count * 1e6 / us : 0.0);
}

#endif
