// SPDX-License-Identifier: MIT
#include "sql_texts.h"

#include <storage-sqlite/statements.hpp>

#include <array>
#include <iterator>

namespace sql = quarry::storage_sqlite::sql;

namespace {

constexpr auto kPragmas = [] {
  std::array<const char*, std::size(sql::kPragmas) + 1> all{};
  for (std::size_t i = 0; i < std::size(sql::kPragmas); ++i) { all[i] = sql::kPragmas[i]; }
  return all;
}();

}  // namespace

const char* const* const bench_sql_pragmas = kPragmas.data();
const char* const bench_sql_begin = sql::kBegin;
const char* const bench_sql_commit = sql::kCommit;
const char* const bench_sql_insert = sql::kInsertDownload;
const char* const bench_sql_event = sql::kAppendEvent;
const char* const bench_sql_claimed_before = sql::kClaimedBefore;
const char* const bench_sql_promote = sql::kPromote;
const char* const bench_sql_lane = sql::kLane;
const char* const bench_sql_slots = sql::kSlotCount;
const char* const bench_sql_claim = sql::kClaim;
const char* const bench_sql_row = sql::kRowById;
const char* const bench_sql_facts = sql::kFacts;
const char* const bench_sql_transition_live = sql::kTransitionLive;
