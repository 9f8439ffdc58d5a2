// SPDX-License-Identifier: MIT
// A release of a search as JSON, with its score and the reasons for it.
#pragma once

#include "search/search.hpp"

#include <quarry/sdk/helpers/json.hpp>

namespace quarry::api {

/// Writes one object. Members whose value is unknown are left out.
void write_release(sdk::JsonWriter& w, const search::Release& release);

/// [{"indexer", "message", "code"}]: the indexers that did not answer.
void write_problems(sdk::JsonWriter& w, const std::vector<search::IndexerProblem>& problems);

}  // namespace quarry::api
