// SPDX-License-Identifier: MIT
// What the other parts of the host are told of the plugin instances.
#pragma once

#include "api/health.hpp"
#include "plugins/plugin_host.hpp"
#include "search/search.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::app {

/// Every instance that is an indexer, in manifest order; null for one that does not run, so that a search
/// says so. What failed before it could say what it is, is not among them: see health_of(). `indexer` gives
/// the interface of a running instance.
[[nodiscard]] std::vector<search::NamedIndexer> named_indexers(
    const std::vector<plugins::InstanceInfo>& instances,
    const std::function<sdk::Indexer*(std::string_view id)>& indexer);

/// What is wrong: instances that failed or whose credentials are refused (error) or that are left alone for a
/// while (warning), no download client or indexer that runs, and instances that were being called when the
/// process before this one died.
[[nodiscard]] std::vector<api::HealthNote> health_of(const std::vector<plugins::InstanceInfo>& instances,
                                                     const std::vector<std::string>& last_crash);

/// What is set aside in one part of the storage.
struct RowsSetAside {
  std::string source;                  ///< of the notes
  std::string what;                    ///< "downloads"
  std::vector<std::string> sentences;  ///< see queue::SetAside and records::SetAside
};
/// A note for each of the first ten, and one for the others.
void add_set_aside(const RowsSetAside& rows, std::vector<api::HealthNote>& notes);
/// For a storage that keeps no films, history, blocklist and tags.
[[nodiscard]] api::HealthNote no_records_note();

}  // namespace quarry::app
