/* SPDX-License-Identifier: MIT */
/* The SQL of the plugin storage-sqlite, for a program in C: the very texts, not copies of them. */
#ifndef QUARRY_BENCH_STORE_SQL_TEXTS_H
#define QUARRY_BENCH_STORE_SQL_TEXTS_H

#ifdef __cplusplus
extern "C" {
#endif

extern const char* const* const bench_sql_pragmas; /* ended by a null pointer */
extern const char* const bench_sql_begin;
extern const char* const bench_sql_commit;
extern const char* const bench_sql_insert;
extern const char* const bench_sql_event;
extern const char* const bench_sql_claimed_before;
extern const char* const bench_sql_promote;
extern const char* const bench_sql_lane;
extern const char* const bench_sql_slots;
extern const char* const bench_sql_claim;
extern const char* const bench_sql_row;
extern const char* const bench_sql_facts;
extern const char* const bench_sql_transition_live;

#ifdef __cplusplus
}
#endif
#endif
