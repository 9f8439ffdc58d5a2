// SPDX-License-Identifier: MIT
// What the files that speak to libpq directly share. Types by their numbers, which are the same in every database,
// and their binary form: https://www.postgresql.org/docs/15/protocol-overview.html#PROTOCOL-FORMAT-CODES
#pragma once

#include "raw_postgres.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <bit>
#include <cstdint>
#include <memory>

namespace quarry::storage_postgres {

struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ClearResult>;

inline constexpr Oid kBoolOid = 16;
inline constexpr Oid kByteaOid = 17;
inline constexpr Oid kInt8Oid = 20;
inline constexpr Oid kTextOid = 25;
inline constexpr Oid kFloat8Oid = 701;
inline constexpr int kBinaryFormat = 1;

/// The connection behind a handle kept as void*, so that headers need no libpq.
[[nodiscard]] inline PGconn* libpq(void* handle) noexcept { return static_cast<PGconn*>(handle); }
[[nodiscard]] inline PGconn* libpq(soci::session& session) {
  return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
}

/// To and from the order of bytes on the wire.
[[nodiscard]] inline std::uint64_t big_endian(std::uint64_t bits) noexcept {
  return std::endian::native == std::endian::little ? __builtin_bswap64(bits) : bits;
}

/// What went wrong, in the server's own words or, without a result, libpq's.
[[nodiscard]] inline PostgresFailure failure_of(PGconn* connection, const PGresult* result) {
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* text = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return {state == nullptr ? "" : state, text == nullptr ? PQerrorMessage(connection) : text};
}

}  // namespace quarry::storage_postgres
