// SPDX-License-Identifier: MIT
// The collections as storage_admin/1 shows them: a table "record.NAME" for each.
#pragma once

#include "moving_tables.hpp"
#include "record_catalog.hpp"

#include <span>
#include <vector>

namespace quarry::storage_sql {

/// One table for each collection that is held; what is referred to comes first, as far as references allow it.
[[nodiscard]] std::vector<MovingTable> record_tables(const Catalog& catalog);

/// Tells what is held, as record_store's collections(). Throws as refuse_unreadable(): nothing may be left out unseen.
void tell_collections(const Catalog& catalog, sdk::CollectionSink& sink);

/// Makes what `collections` has more than is held, and takes over the number of their last change; inside a transaction
/// of the caller. Throws sdk::Error(conflict) where they contradict what is held.
void take_collections(RecordSession& session, const RecordDialect& dialect, std::int64_t version,
                      std::span<const sdk::CollectionSpec> collections);

}  // namespace quarry::storage_sql
