/* SPDX-License-Identifier: MIT */
/* The SQL of the plugin storage-postgres, for a program in C: the very texts, not copies of them. */
#ifndef QUARRY_BENCH_QUEUE_POSTGRES_TEXTS_H
#define QUARRY_BENCH_QUEUE_POSTGRES_TEXTS_H

#ifdef __cplusplus
extern "C" {
#endif

extern const char* const bench_pg_session;
extern const char* const bench_pg_writer_session;
extern const char* const bench_pg_enqueue;
extern const char* const bench_pg_enqueue_one;
extern const char* const bench_pg_claim;
extern const char* const bench_pg_transition;

#ifdef __cplusplus
}
#endif
#endif
