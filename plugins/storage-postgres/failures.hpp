// SPDX-License-Identifier: MIT
// What a failure of PostgreSQL means to whoever called: a code of the SDK and a sentence.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace quarry::storage_postgres {

// SQLSTATEs that are looked at by name: https://www.postgresql.org/docs/15/errcodes-appendix.html
inline constexpr std::string_view kForeignKeyViolation = "23503";
inline constexpr std::string_view kUniqueViolation = "23505";
inline constexpr std::string_view kSerializationFailure = "40001";
inline constexpr std::string_view kDeadlockDetected = "40P01";
/// By statement_timeout, or on request.
inline constexpr std::string_view kQueryCanceled = "57014";

/// The SQLSTATE that `error` carries; empty when it is not from PostgreSQL, or is about the connection itself.
[[nodiscard]] std::string sqlstate(const std::exception& error);

/// The connection is gone, or the server is on its way down: a new one may work.
[[nodiscard]] bool is_connection_loss(const std::exception& error);
/// The same transaction may well succeed the next time: two writers met. (Of a unique key, the one who comes later
/// then finds the other and answers conflict.)
[[nodiscard]] bool is_worth_repeating(const std::exception& error);

/// The storage is reached through something that gives each transaction another session, and was not told so.
[[nodiscard]] sdk::Failure pooled(const std::string& place);

/// Server down, disk full, read-only, too many connections: `unavailable`, worth another try. Wrong password, unknown
/// database, missing rights or TLS: `unavailable`, not worth one. Anything else of PostgreSQL: `internal`. An
/// sdk::Error stays itself. The vendor code is an sdk::OpenFault where one fits, else 0. `place`: see place_of(). No
/// sentence holds a password.
[[nodiscard]] sdk::Failure explain(const std::exception& error, const std::string& place);

}  // namespace quarry::storage_postgres
