// SPDX-License-Identifier: MIT
#include "pooler.hpp"

#include "failures.hpp"
#include "libpq.hpp"
#include "raw_rows.hpp"
#include "session.hpp"

#include <quarry/sdk/helpers/result.hpp>

namespace quarry::storage_postgres {
namespace {

/// The session of the server that runs a statement now.
std::int64_t session_behind(Session& session) {
  return RawRows(session.soci()).ask("SELECT pg_backend_pid()").integer();
}

/// A pooler may happen to give the same session again.
constexpr int kLooks = 3;

}  // namespace

void refuse_pooler(const Server& server) {
  Session first(server, Access::look);
  std::int64_t its_own = session_behind(first);
  // A pooler makes up this number for those who connect.
  if (its_own == PQbackendPID(libpq(first.soci()))) { return; }
  Session second(server, Access::look);
  for (int look = 0; look < kLooks; ++look) {
    second.raw().exec("BEGIN");
    const bool shared = session_behind(second) == its_own || session_behind(first) != its_own;
    second.raw().exec("ROLLBACK");
    if (shared) { throw sdk::Error(pooled(server.place)); }
    its_own = session_behind(first);
  }
}

}  // namespace quarry::storage_postgres
