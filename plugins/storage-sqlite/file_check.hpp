// SPDX-License-Identifier: MIT
// Looks for damage in the database, at one moment, also while a host works on it.
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/abi/storage_admin.hpp>

#include <string>

namespace quarry::storage_sqlite {

/// Throws sdk::Error or SqliteFailure when it cannot be read at all; a damaged page is a finding.
void check_file(sdk::CallContext& ctx, const std::string& path, const sdk::Clock& clock, sdk::FindingSink& findings,
                sdk::ProgressSink& progress);

}  // namespace quarry::storage_sqlite
