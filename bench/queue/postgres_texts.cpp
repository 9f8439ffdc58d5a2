// SPDX-License-Identifier: MIT
#include "postgres_texts.h"

#include <storage-postgres/session_settings.hpp>
#include <storage-postgres/statements.hpp>

namespace sql = quarry::storage_postgres::sql;

const char* const bench_pg_session = sql::kSession;
const char* const bench_pg_writer_session = sql::kWriterSession;
const char* const bench_pg_enqueue = sql::kEnqueue;
const char* const bench_pg_enqueue_one = sql::kEnqueueOne;
const char* const bench_pg_claim = sql::kClaim;
const char* const bench_pg_transition = sql::kTransition;
