// SPDX-License-Identifier: MIT
#include "app/instances.hpp"

#include <algorithm>

namespace quarry::app {
namespace {

using plugins::InstanceInfo;
using plugins::InstanceState;

constexpr std::string_view kIndexer = "indexer";
constexpr std::string_view kClient = "download-client";

bool is(const InstanceInfo& instance, std::string_view kind) {
  return std::find(instance.kinds.begin(), instance.kinds.end(), kind) != instance.kinds.end();
}

bool any_runs(const std::vector<InstanceInfo>& instances, std::string_view kind) {
  return std::any_of(instances.begin(), instances.end(), [&](const InstanceInfo& instance) {
    return instance.state == InstanceState::ok && is(instance, kind);
  });
}

/// As Radarr names the checks that find the like: of one that cannot be used as it is configured …
const char* use_check(const InstanceInfo& instance) {
  if (is(instance, kIndexer)) { return "IndexerStatusCheck"; }
  return is(instance, kClient) ? "DownloadClientCheck" : "PluginStatusCheck";
}

/// … and of one that fails at present.
const char* status_check(const InstanceInfo& instance) {
  if (is(instance, kIndexer)) { return "IndexerStatusCheck"; }
  return is(instance, kClient) ? "DownloadClientStatusCheck" : "PluginStatusCheck";
}

constexpr std::size_t kMostRowNotes = 10;

std::string left_alone(const InstanceInfo& instance) {
  const std::string when = instance.retry_after_ms > 0
                               ? "in " + std::to_string((instance.retry_after_ms + 999) / 1000) + " s"
                               : "by the next call";
  return "the plugin \"" + instance.id + "\" failed too often and is left alone; it is tried again " + when +
         ": see its failures in the log";
}

std::string refused(const InstanceInfo& instance) {
  const std::string where = instance.line == 0 ? "" : " (line " + std::to_string(instance.line) + " of the manifest)";
  return "the credentials of the plugin \"" + instance.id + "\"" + where +
         " are refused; correct them in the manifest and start Quarry again. It says: " + instance.refusal;
}

}  // namespace

std::vector<search::NamedIndexer> named_indexers(const std::vector<InstanceInfo>& instances,
                                                 const std::function<sdk::Indexer*(std::string_view)>& indexer) {
  std::vector<search::NamedIndexer> named;
  for (const InstanceInfo& instance : instances) {
    if (is(instance, kIndexer)) { named.push_back({instance.id, indexer(instance.id)}); }
  }
  return named;
}

std::vector<api::HealthNote> health_of(const std::vector<InstanceInfo>& instances,
                                       const std::vector<std::string>& last_crash) {
  std::vector<api::HealthNote> notes;
  for (const InstanceInfo& instance : instances) {
    if (instance.state == InstanceState::failed) {
      notes.push_back({"PluginCheck", "error", "the plugin \"" + instance.id + "\" failed: " + instance.error});
    } else if (!instance.refusal.empty()) {
      notes.push_back({use_check(instance), "error", refused(instance)});
    } else if (instance.breaker != plugins::BreakerState::closed) {
      notes.push_back({status_check(instance), "warning", left_alone(instance)});
    }
  }
  if (!any_runs(instances, kClient)) {
    notes.push_back({"DownloadClientCheck", "warning",
                     "no download client runs, so downloads wait in the queue: add a [[plugin]] with one to the "
                     "manifest, or correct the one that failed"});
  }
  if (!any_runs(instances, kIndexer)) {
    notes.push_back({"IndexerSearchCheck", "warning",
                     "no indexer runs, so nothing can be searched: add a [[plugin]] with one to the manifest, or "
                     "correct the one that failed"});
  }
  for (const std::string& id : last_crash) {
    notes.push_back({"PluginCrashCheck", "warning",
                     "Quarry ended without warning while it called the plugin \"" + id +
                         "\", before it was started this time: the plugin may be the cause"});
  }
  return notes;
}

void add_set_aside(const RowsSetAside& rows, std::vector<api::HealthNote>& notes) {
  const std::size_t shown = std::min(kMostRowNotes, rows.sentences.size());
  for (std::size_t i = 0; i < shown; ++i) { notes.push_back({rows.source, "warning", rows.sentences[i]}); }
  if (rows.sentences.size() > shown) {
    notes.push_back(
        {rows.source, "warning",
         "so are " + std::to_string(rows.sentences.size() - shown) + " more " + rows.what + "; the log names them"});
  }
}

api::HealthNote no_records_note() {
  return {"StorageCheck", "warning",
          "the storage in the manifest does not offer quarry.record_store/1, so there are no films, history, blocklist "
          "and tags; downloads work without them"};
}

}  // namespace quarry::app
