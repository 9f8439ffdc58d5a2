// SPDX-License-Identifier: MIT
#pragma once

#include "session.hpp"

#include <string>

namespace quarry::storage_postgres {

/// Brings the schema up to sql::kSchemaVersion, each version in one transaction; one host at a time, the others wait.
/// Throws sdk::Error(conflict) when the database is newer than this plugin, (unavailable) when the server is older
/// than PostgreSQL 13 or does not speak UTF-8.
void migrate(Session& session, const std::string& place);

}  // namespace quarry::storage_postgres
