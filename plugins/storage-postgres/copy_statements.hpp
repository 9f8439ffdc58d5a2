// SPDX-License-Identifier: MIT
// What a storage that takes a copy keeps until it is finished, beside its own tables: where the rows come from, and
// the indexes that wait until all rows are there. Texts for libpq alone, with $1 for parameters.
#pragma once

namespace quarry::storage_postgres::sql {

inline constexpr char kCopyUnfinished[] = "SELECT to_regclass('copy_source') IS NOT NULL";
inline constexpr char kCopySource[] = "SELECT source FROM copy_source";
inline constexpr char kMakeCopySource[] =
    "CREATE TABLE copy_source (source text NOT NULL); CREATE TABLE copy_later (number integer GENERATED ALWAYS AS "
    "IDENTITY, text text NOT NULL)";
inline constexpr char kSetCopySource[] = "INSERT INTO copy_source (source) VALUES ($1)";
/// The references of table $1: the statement that makes each, and the one that drops it.
inline constexpr char kReferences[] =
    "SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', cast(conrelid AS regclass), conname, "
    "pg_get_constraintdef(oid)), format('ALTER TABLE %s DROP CONSTRAINT %I', cast(conrelid AS regclass), conname) FROM "
    "pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'f' ORDER BY oid";
/// The same for the indexes of table $1 that are no constraint's.
inline constexpr char kIndexes[] =
    "SELECT pg_get_indexdef(indexrelid), format('DROP INDEX %s', cast(indexrelid AS regclass)) FROM pg_index WHERE "
    "indrelid = "
    "to_regclass($1) AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', "
    "'x')) ORDER BY indexrelid";
inline constexpr char kAddLater[] = "INSERT INTO copy_later (text) VALUES ($1)";
inline constexpr char kLater[] = "SELECT text FROM copy_later ORDER BY number DESC";
inline constexpr char kDropCopySource[] = "DROP TABLE copy_source; DROP TABLE copy_later";

inline constexpr char kRecount[] =
    "DELETE FROM status_count; INSERT INTO status_count (shard, state, status, n) SELECT 0, state, status, count(*) "
    "FROM download_state GROUP BY state, status";

/// The sequence that gives table $1 its column $2; null: none.
inline constexpr char kSequence[] = "SELECT pg_get_serial_sequence($1, $2)";

}  // namespace quarry::storage_postgres::sql
