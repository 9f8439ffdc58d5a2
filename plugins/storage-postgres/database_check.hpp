// SPDX-License-Identifier: MIT
// Looks for damage in the database, at one moment, also while hosts work on it.
#pragma once

#include "session.hpp"

#include <quarry/sdk/abi/storage_admin.hpp>

#include <string>

namespace quarry::storage_postgres {

/// Inside Session::read(). Throws sdk::Error, PostgresFailure or soci::soci_error when it cannot be read at all;
/// damaged data is a finding.
void check_database(sdk::CallContext& ctx, Session& session, const std::string& place, sdk::FindingSink& findings,
                    sdk::ProgressSink& progress);

/// The schema's version; 0: there is none.
[[nodiscard]] int schema_version_of(Session& session);

}  // namespace quarry::storage_postgres
