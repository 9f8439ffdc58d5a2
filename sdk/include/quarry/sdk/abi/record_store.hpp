// SPDX-License-Identifier: MIT
// quarry.record_store/1: where everything but the queue lives: films, history, blocklist, tags, settings.
//
// The host declares its collections, and the store makes real tables of them, with columns, indexes, foreign keys and
// checks. A new kind of record is a new declaration, never a new interface.
//
// Records. Each has an `id` (given by the store, > 0, rising, never used twice), a `version` (1, then one more with
// each write), created_at_ms and updated_at_ms (by the store's clock), and the values of its declared fields. A field
// is named by its place in the declaration this process made, counted from 0; what every record has by a number below
// 0.
//
// Fencing. A write may name the version it expects; if the record was changed since, nothing of the batch is applied.
//
// Order. Text compares by its bytes. Null comes before every value. False comes before true.
//
// Text is UTF-8 without NUL, at most 1 MiB. All methods [thread-safe]: they are called on the caller's own thread, and
// hand ctx.remaining_ms() on to the database. Views live as in plugin.hpp: until the call, or the sink's add(),
// returns.
//
// Failures. `unavailable`: nothing was changed. With kMaybeApplied among its flags: the connection broke in COMMIT, and
// nobody knows; whoever may send a batch again writes it so that this does no harm (an expected version, an upsert).
// `invalid`: the request does not fit the declaration; the sentence says where.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>

namespace quarry::sdk {

enum class FieldType : std::int32_t { integer = 0, real = 1, text = 2, boolean = 3 };

/// One value of a field. Only the member of its kind is read. Frozen in size: it lies in spans.
struct Value {
  /// bytes: never in a record; for storage_admin/1.
  enum class Kind : std::int32_t { null = 0, integer = 1, real = 2, text = 3, boolean = 4, bytes = 5 };
  Kind kind = Kind::null;
  std::int32_t reserved = 0;
  std::int64_t integer = 0;  ///< of a boolean: 0 or 1
  double real = 0;           ///< finite
  std::string_view text;     ///< of bytes, too
};
static_assert(sizeof(Value) == 40);

enum FieldFlag : std::uint32_t {
  kRequired = 1U << 0,  ///< never null
  kUnique = 1U << 1,    ///< no two records have the same value; null may occur any number of times
  kIndexed = 1U << 2,   ///< looked up or sorted by: equal, in, at_least, below, prefix and pages are quick
};
/// What becomes of a record when the one it refers to is removed. A removal first takes along what refers by cascade,
/// and what refers to that by cascade; if a record that is left refers by restrict_it to one of these, nothing is
/// removed (`referred`).
enum class OnDelete : std::int32_t {
  restrict_it = 0,
  cascade = 1,
  set_null = 2,  ///< a write of that record: version and updated_at_ms follow
};

struct FieldSpec {
  std::string_view name;  ///< [a-z][a-z0-9_]{0,39}; not id, version, created_at_ms, updated_at_ms
  FieldType type = FieldType::text;
  std::uint32_t flags = 0;
  Value initial;  ///< taken when an insert names no value; null: none; a unique field or a reference has none
  std::string_view references;  ///< an integer field that holds ids of this collection; empty: no reference
  OnDelete on_delete = OnDelete::restrict_it;
  std::int32_t reserved = 0;
  std::span<const std::string_view> allowed;  ///< of a text field: the only values beside null; empty: any
};

/// An index over several fields, in this order.
struct IndexSpec {
  std::string_view name;                 ///< as a field's; unique within its collection, lasting
  std::span<const std::int32_t> fields;  ///< places, 2–4
  std::int32_t unique = 0;               ///< 1: no two records agree in all of them (null agrees with nothing)
  std::int32_t reserved = 0;
};

enum CollectionFlag : std::uint32_t {
  /// A download's movie_id refers to this collection (at most one has this flag). Where the queue lives in the same
  /// storage: a download whose movie_id is no record is not enqueued (`invalid`), and a record to which a download
  /// refers is not removed (`referred`).
  kQueueRefersTo = 1U << 0,
};
struct CollectionSpec {
  std::string_view name;  ///< as a field's
  std::uint32_t flags = 0;
  std::uint32_t reserved = 0;
  std::span<const FieldSpec> fields;   ///< 1–100
  std::span<const IndexSpec> indexes;  ///< at most 20
};
struct CollectionSink {
  virtual bool add(const CollectionSpec& collection) noexcept = 0;

 protected:
  ~CollectionSink() = default;
};

/// What every record has, where a field's place is asked for.
enum RecordField : std::int32_t {
  kFieldId = -1,
  kFieldVersion = -2,
  kFieldCreatedAt = -3,
  kFieldUpdatedAt = -4,
  kNoField = -100,
};

/// A record. `values` stand in the order of the fields declared by this process.
struct RecordView {
  std::uint32_t struct_size = sizeof(RecordView);
  std::uint32_t reserved = 0;
  std::int64_t id = 0;
  std::int64_t version = 0;
  std::int64_t created_at_ms = 0;
  std::int64_t updated_at_ms = 0;
  std::span<const Value> values;
};
struct RecordSink {
  virtual bool add(const RecordView& record) noexcept = 0;

 protected:
  ~RecordSink() = default;
};

enum class Match : std::int32_t {
  equal = 0,     ///< one value, not null
  in = 1,        ///< 1–500 values, none null
  at_least = 2,  ///< one value; null never matches
  below = 3,     ///< one value; null never matches
  prefix = 4,    ///< one text, not empty; by its bytes
  is_null = 5,   ///< no value
  not_null = 6,  ///< no value
};
struct Condition {
  std::int32_t field = 0;
  Match match = Match::equal;
  std::span<const Value> values;
};
struct SortField {
  std::int32_t field = kFieldId;
  std::int32_t descending = 0;
};
struct FindRecords {
  std::uint32_t struct_size = sizeof(FindRecords);
  std::int32_t limit = 50;  ///< 1–1000
  std::string_view collection;
  std::span<const Condition> where;  ///< all of them hold; at most 8
  /// At most 4, each field once. Ties are broken by id, in the direction of the last; empty: by id, rising.
  std::span<const SortField> order;
  /// The page after this record: its values of the fields of `order`, then its id. Empty: the first page. The record
  /// need not exist any more.
  std::span<const Value> after;
};

enum class WriteKind : std::int32_t {
  insert = 0,  ///< a new record; fields not named take their initial value, or null
  update = 1,  ///< the record with this id; fields not named stay
  upsert = 2,  ///< update of the record that has the assigned value of unique field `key`, insert when there is none
  remove = 3,  ///< the record with this id
};
struct Assignment {
  std::int32_t field = 0;
  std::int32_t reserved = 0;
  Value value;
};
struct RecordWrite {
  std::uint32_t struct_size = sizeof(RecordWrite);
  WriteKind kind = WriteKind::insert;
  std::string_view collection;
  std::int64_t id = 0;                 ///< of update and remove
  std::int64_t expected_version = -1;  ///< of update, upsert and remove; -1: any; an upsert's 0: there must be none yet
  std::int32_t key = kNoField;         ///< of an upsert: a field with kUnique, to which a value (not null) is assigned
  std::int32_t reserved = 0;
  std::span<const Assignment> values;  ///< each field once
};

/// Where several reasons hold, the outcome tells the first of: not_found, stale_version, missing or not_allowed (the
/// first field of the declaration), conflict (fields in the order of the declaration, then indexes), dangling.
enum class WriteResult : std::int32_t {
  applied = 0,
  not_applied = 1,    ///< another write of the batch stood in the way
  not_found = 2,      ///< of update and remove
  stale_version = 3,  ///< the record was changed since it was read
  conflict = 4,       ///< a unique value, or a unique index, belongs to `existing_id` already
  missing = 5,        ///< required field `field` has no value
  not_allowed = 6,    ///< the value of `field` is none of the allowed
  dangling = 7,       ///< `field` refers to a record that does not exist
  referred = 8,       ///< cannot be removed: another record, or a download, refers to it
};
struct WriteOutcome {
  std::uint32_t struct_size = sizeof(WriteOutcome);
  WriteResult result = WriteResult::not_applied;
  std::int64_t id = 0;       ///< of the record written; of a remove, too
  std::int64_t version = 0;  ///< after the write (removed: 0); with stale_version: what it is now (0: there is none)
  std::int64_t existing_id = 0;   ///< with conflict
  std::int32_t field = kNoField;  ///< with conflict of one field, missing, not_allowed, dangling
  std::int32_t created = 0;       ///< 1: the write made the record
};
struct WriteSink {
  virtual void add(const WriteOutcome& outcome) noexcept = 0;

 protected:
  ~WriteSink() = default;
};

enum class SchemaStepKind : std::int32_t {
  rename_field = 0,     ///< `field` of `collection` becomes `to`; indexes and references go along
  drop_field = 1,       ///< with its values, and the indexes it is part of; the last one stays: `conflict`
  drop_collection = 2,  ///< with its records; `conflict` while another collection refers to it
};
struct SchemaStep {
  SchemaStepKind kind = SchemaStepKind::rename_field;
  std::int32_t reserved = 0;
  std::string_view collection;
  std::string_view field;
  std::string_view to;
};

/// Frozen under this id.
struct RecordStore {
  static constexpr std::string_view kId = "quarry.record_store/1";

  /// Opens the storage, brings the store's own tables up to date. Called before anything else; where the instance is a
  /// queue_store too, after that one's open(). May be called again until declare() has succeeded. Fails as that one
  /// does.
  virtual Status open(CallContext& ctx) noexcept = 0;

  /// Tells the store what this process works with: called once after open(), with all collections; until then every
  /// other method but schema_version(), change_schema() and collections() answers `invalid`. Makes what is missing:
  /// collections, fields, indexes, kIndexed of a field, allowed values. Fields and collections that it holds and this
  /// process does not know (a newer host's, or an older one's) stay as they are, and are not seen. Several processes
  /// may call it at the same moment. `conflict`: a declaration contradicts what is held (another type, flag, initial
  /// value, reference or on_delete; an index with other fields; a required field without initial value added where
  /// there are records; a unique index added where two records agree; fewer allowed values; another collection that
  /// downloads refer to). Then nothing is changed, and the sentence names collection, field and both sides.
  virtual Status declare(CallContext& ctx, std::span<const CollectionSpec> collections) noexcept = 0;

  /// The number of the last change_schema(); 0 when there was none.
  virtual Status schema_version(CallContext& ctx, std::int64_t& version) noexcept = 0;

  /// Applies the steps and sets the number to `version`, all or nothing, when the number is `version` - 1. Where it is
  /// `version` or more already (another host was faster), nothing is done and the answer is ok. Less than
  /// `version` - 1: `conflict`. A step that names nothing the store holds is skipped.
  virtual Status change_schema(CallContext& ctx, std::int64_t version, std::span<const SchemaStep> steps) noexcept = 0;

  /// What the store holds, whoever declared it, in the order of their names; fields in the order they were made.
  virtual Status collections(CallContext& ctx, CollectionSink& collections) noexcept = 0;

  /// `not_found` when there is no such record.
  virtual Status get(CallContext& ctx, std::string_view collection, std::int64_t id, RecordSink& record) noexcept = 0;

  /// A page, at one moment of the storage.
  virtual Status find(CallContext& ctx, const FindRecords& request, RecordSink& records) noexcept = 0;

  /// How many records match. Costs as much as reading them.
  virtual Status count(CallContext& ctx, std::string_view collection, std::span<const Condition> where,
                       std::int64_t& count) noexcept = 0;

  /// Carries out 1–500 writes in their order as one unit: all of them or none. The answer is ok in both cases; one
  /// outcome comes for each write, in their order: `applied` for all, or the reason of the first that could not be
  /// applied, and `not_applied` for the others.
  virtual Status write(CallContext& ctx, std::span<const RecordWrite> writes, WriteSink& outcomes) noexcept = 0;

 protected:
  ~RecordStore() = default;
};

}  // namespace quarry::sdk
