// SPDX-License-Identifier: MIT
// quarry.storage_admin/1: looking after a storage while no host works on it: its versions, a backup, a check, and
// moving everything from one storage to another of whatever kind. Optional; an instance offers it beside its
// queue_store/1 and record_store/1, whose open() and this one's are alternatives: one instance is opened for one of the
// two. Two storages may be looked after side by side: what a relative path in a configuration means is settled when the
// instance is created.
//
// Moving. A storage shows itself as tables of rows. The queue's tables and columns have the same names in every store
// (docs/storage.md lists them); each collection of record_store/1 is a table "record.NAME" with the columns id,
// version, created_at_ms, updated_at_ms and its fields. What follows from other rows (counters, index columns) is
// not shown, and made anew by the one that takes the rows. The first column of a table is its key, an integer or a
// text: unique, and rows come and go in its rising order (text by its bytes), so a copy that was cut off goes on after
// the last row that arrived.
//
// All methods [any-worker], one at a time. Failures as in queue_store.hpp.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>

namespace quarry::sdk {

struct StorageStatus {
  std::uint32_t struct_size = sizeof(StorageStatus);
  std::int32_t schema_version = 0;   ///< of the tables as they are; 0: there is nothing yet
  std::int32_t known_version = 0;    ///< the newest this store can work with; open() brings the tables up to it
  std::int32_t copy_unfinished = 0;  ///< 1: a copy into it was begun and not finished; no host may use it
  std::int64_t bytes = -1;           ///< that it takes; -1: unknown
  std::int64_t record_version = 0;   ///< see record_store's schema_version()
  std::int64_t downloads = 0;
  std::int64_t events = 0;
};

struct Finding {
  std::uint32_t struct_size = sizeof(Finding);
  std::int32_t harmful = 0;  ///< 1: something is lost or wrong; 0: worth knowing
  std::string_view where;    ///< table and key, or a file
  std::string_view text;     ///< what is wrong, and what to do
};
struct FindingSink {
  virtual bool add(const Finding& finding) noexcept = 0;

 protected:
  ~FindingSink() = default;
};

/// How far a long call is. False: stop; the call answers `cancelled`.
struct ProgressSink {
  virtual bool step(std::int64_t done, std::int64_t total) noexcept = 0;

 protected:
  ~ProgressSink() = default;
};

struct StorageTable {
  std::uint32_t struct_size = sizeof(StorageTable);
  std::uint32_t reserved = 0;
  std::string_view name;
  std::int64_t rows = 0;
  std::span<const std::string_view> columns;  ///< the key first
  /// The highest key the store has ever given to a row, also of rows that are gone; 0: it gives none to this table.
  std::int64_t last_number = 0;
};
struct TableSink {
  virtual bool add(const StorageTable& table) noexcept = 0;

 protected:
  ~TableSink() = default;
};
/// Up to which number the keys of a table are used up.
struct UsedNumbers {
  std::string_view table;
  std::int64_t last = 0;
};
struct RowSink {
  /// False: enough.
  virtual bool add(std::span<const Value> row) noexcept = 0;

 protected:
  ~RowSink() = default;
};

/// Frozen under this id.
struct StorageAdmin {
  static constexpr std::string_view kId = "quarry.storage_admin/1";

  /// What the storage is. Opens nothing for writing, changes nothing, needs no open().
  virtual Status status(CallContext& ctx, StorageStatus& out) noexcept = 0;

  /// Opens the storage and brings its tables up to date, as queue_store's open() does, but also when a copy into it is
  /// unfinished. `conflict`: a host works on it. Called once.
  virtual Status open(CallContext& ctx) noexcept = 0;

  /// Writes a complete copy of one moment into the new file `path`, also while a host works on the storage; needs no
  /// open(). The file is there under its name only when it is complete. `conflict`: it exists. `unsupported`: the
  /// sentence says which tool makes backups of this storage.
  virtual Status backup(CallContext& ctx, std::string_view path, ProgressSink& progress) noexcept = 0;
  /// Replaces everything by what backup() wrote, after checking that it is whole; needs no open(). `conflict`: a host
  /// works on the storage, or the backup is newer than this store. On failure the storage is as it was.
  virtual Status restore(CallContext& ctx, std::string_view path, ProgressSink& progress) noexcept = 0;

  /// Looks for damage: pages and indexes, counters that differ from a recount, rows in no known state, rows that
  /// refer to nothing. Reads everything, at one moment; needs no open(), also while a host works on the storage.
  virtual Status check(CallContext& ctx, FindingSink& findings, ProgressSink& progress) noexcept = 0;

  // What follows needs open(): from then until the end of the instance no host can work on the storage.

  /// All tables, in the order in which they can be written (what is referred to comes first).
  virtual Status tables(CallContext& ctx, TableSink& tables) noexcept = 0;
  /// What the collections are, as record_store's collections().
  virtual Status collections(CallContext& ctx, CollectionSink& collections) noexcept = 0;
  /// Rows of `table` after the key `after` (null: from the first) in the order of the key, at most `limit`
  /// (1–10,000), fewer where they are large; none: there are no more. Values in the order of its columns.
  virtual Status read_rows(CallContext& ctx, std::string_view table, const Value& after, std::int32_t limit,
                           RowSink& rows) noexcept = 0;

  /// Begins to take a copy: the storage must hold no downloads, events and records, or an unfinished copy of the same
  /// `source` (a text that names it without secrets), which then goes on. `conflict` otherwise. Makes the collections;
  /// `record_version`: see record_store's schema_version(). Until finish_copy() no host can use the storage.
  virtual Status begin_copy(CallContext& ctx, std::string_view source, std::int64_t record_version,
                            std::span<const CollectionSpec> collections) noexcept = 0;
  /// Adds rows behind those that are there, all or none. `columns` are those of the other side; one that is not known
  /// here, or misses here, is `invalid`: the two are of different versions. `rows` holds row after row.
  virtual Status write_rows(CallContext& ctx, std::string_view table, std::span<const std::string_view> columns,
                            std::span<const Value> rows) noexcept = 0;
  /// The key of the last row of `table`; a null when it is empty. The sink gets one row of one value.
  virtual Status last_key(CallContext& ctx, std::string_view table, RowSink& key) noexcept = 0;
  /// Makes what follows from the rows: indexes, counters. No row is ever given a key again that a row has, or that
  /// `used` says was given. From now on hosts may use the storage. `conflict`: the rows contradict each other (two
  /// live downloads of one release); nothing is changed.
  virtual Status finish_copy(CallContext& ctx, std::span<const UsedNumbers> used) noexcept = 0;

 protected:
  ~StorageAdmin() = default;
};

}  // namespace quarry::sdk
