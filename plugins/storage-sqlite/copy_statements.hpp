// SPDX-License-Identifier: MIT
// What a storage that takes a copy keeps until it is finished, beside its own tables: where the rows come from, and
// the indexes and triggers that wait until all rows are there.
#pragma once

namespace quarry::storage_sqlite::sql {

inline constexpr char kCopyUnfinished[] = "SELECT count(*) FROM sqlite_schema WHERE name = 'copy_source'";
inline constexpr char kCopySource[] = "SELECT source FROM copy_source";
inline constexpr char kMakeCopySource[] =
    "CREATE TABLE copy_source (source TEXT NOT NULL) STRICT; CREATE TABLE copy_later (number INTEGER PRIMARY KEY, text "
    "TEXT NOT NULL) STRICT; INSERT INTO copy_later (text) SELECT sql FROM sqlite_schema WHERE type IN ('index', "
    "'trigger') AND sql IS NOT NULL ORDER BY type, name";
inline constexpr char kSetCopySource[] = "INSERT INTO copy_source (source) VALUES (?1)";
inline constexpr char kLaterNames[] =
    "SELECT type || ' \"' || name || '\"' FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL";
inline constexpr char kLater[] = "SELECT text FROM copy_later ORDER BY number";
inline constexpr char kDropCopySource[] = "DROP TABLE copy_source; DROP TABLE copy_later";

inline constexpr char kRecount[] =
    "UPDATE status_count SET n = 0; INSERT INTO status_count (state, status, n) SELECT state, status, count(*) FROM "
    "download GROUP BY state, status ON CONFLICT (state, status) DO UPDATE SET n = excluded.n";

inline constexpr char kLastNumber[] = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
inline constexpr char kSetLastNumber[] = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";
inline constexpr char kAddLastNumber[] =
    "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = "
    "?1)";

}  // namespace quarry::storage_sqlite::sql
