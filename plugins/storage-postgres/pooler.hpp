// SPDX-License-Identifier: MIT
// Poolers between the host and the server. One that pools by transaction (PgBouncer: pool_mode = transaction) lends a
// connection to the server for the time of a transaction; whatever belongs to a session is lost or left behind on it.
#pragma once

namespace quarry::storage_postgres {

struct Server;

/// Throws sdk::Error(unavailable, OpenFault::foreign) when transactions of one connection run in several sessions of
/// the server. Sets nothing in any of them. Throws what a Session throws when the server cannot be asked.
void refuse_pooler(const Server& server);

}  // namespace quarry::storage_postgres
