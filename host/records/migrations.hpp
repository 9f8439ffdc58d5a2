// SPDX-License-Identifier: MIT
// How the records of an older host become those of this one.
//
// Fields and indexes that are added to collections.cpp appear by themselves. Whatever else changes is a migration: a
// numbered step that each storage goes through once, also when several hosts start at the same moment.
//
// First the steps of all missing migrations change the tables; then the collections are declared; then the data steps
// run, in their order. So a data step sees the records as this host declares them. A field whose values it moves is
// dropped by a later release only, and that release says that an upgrade passes through this one.
#pragma once

#include "records/record_client.hpp"

#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace quarry::records {

struct Migration {
  std::int64_t number = 0;             ///< 1, 2, 3 …
  std::vector<sdk::SchemaStep> steps;  ///< may be empty
  /// Changes records; empty: nothing to do. It may be broken off anywhere and then runs again, and several hosts may
  /// run it at once: a second run must do no harm.
  std::function<sdk::Done(const RecordClient&)> data;
};

/// Those of this host, numbered from 1 without a gap.
[[nodiscard]] std::span<const Migration> migrations();

/// Opens the store, brings what it holds up to `wanted` and declares `collections`. Called once for a store, after the
/// open() of the queue. `conflict`: the storage is newer than this host, or holds something else under these names;
/// nothing was changed. OpenFault::damaged: what is kept of the data steps is no number, or more than this host has, so
/// nobody knows which of them were carried out; none is run on a guess. Other failures are those of the storage.
[[nodiscard]] sdk::Done open_records(const RecordClient& client, std::span<const sdk::CollectionSpec> collections,
                                     std::span<const Migration> wanted);

}  // namespace quarry::records
