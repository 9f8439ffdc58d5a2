// SPDX-License-Identifier: MIT
// quarry.queue_store/1: where the queue lives. Every command is one atomic unit.
//
// Fencing. Each row has an `epoch`, raised whenever the right to work on the row changes hands
// (claim, rescue, cancel, retry: the raises_epoch column of kStateChanges), and a `version`, raised
// by every write but record_progress. Whoever writes names the row's id, epoch and expected state;
// if any differs, nothing is changed.
//
// Idempotence. Each command carries a `command_id` (1–64 bytes of printable ASCII, made by the
// caller, never used for two different commands). A store remembers with each row the command that
// last changed it and the one that made it, so a command sent again answers `already_applied`, unless
// another command changed the row in between: whoever may resend then names the expected version or epoch.
//
// Leases. claim() gives the caller a lease on the row, measured by the store's own clock. Only rows
// in a leased state (is_leased) have one; leaving that state ends it.
//
// Duties. What only one host at a time may do (reading a download client and judging what it shows) is a
// duty with a name. take_duty() grants it under a lease of the store's clock; its epoch rises with each
// new holder, and a transition that names a duty is applied only for who holds it now.
//
// Events. Every change of state appends one event in the same transaction: the audit log.
//
// Time is epoch milliseconds. Text is UTF-8 without NUL. All methods [thread-safe]: they are called
// on the caller's own thread, and hand ctx.remaining_ms() on to the database.
//
// The Status of a method says whether the command was carried out as a unit; what became of each
// row comes through the sink, in the order of the input. `unavailable` (disk full, locked, down):
// nothing was changed, the outcomes are not to be read. When a connection breaks in COMMIT, each
// outcome is `unknown_commit`: sending the same command again resolves it.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/abi/queue_states.hpp>

namespace quarry::sdk {

enum class CommandResult : std::int32_t {
  applied = 0,
  already_applied = 1,
  stale_epoch = 2,    ///< somebody else owns the row now
  stale_version = 3,  ///< the row was changed since it was read
  wrong_state = 4,    ///< the row is not in the expected state, or the change is not in the table
  not_found = 5,
  conflict = 6,  ///< another live row stands in the way: Outcome::existing_id
  unavailable = 7,
  unknown_commit = 8,
};

struct Outcome {
  std::uint32_t struct_size = sizeof(Outcome);
  CommandResult result = CommandResult::unavailable;
  std::int64_t id = 0;           ///< of the row; 0 when there is none
  std::int64_t existing_id = 0;  ///< with conflict: the row in the way
  std::int64_t epoch = 0;        ///< the row's, after the command
  std::int64_t version = 0;
};
struct OutcomeSink {
  virtual void add(const Outcome& outcome) noexcept = 0;

 protected:
  ~OutcomeSink() = default;
};

/// A new row, in state queued.
struct NewDownload {
  std::uint32_t struct_size = sizeof(NewDownload);
  std::uint32_t flags = 0;  ///< kHold or 0
  std::string_view command_id;
  std::string_view lane;         ///< "downloads"
  std::string_view release_key;  ///< equal for the same release; unique among live rows
  std::string_view title;
  std::string_view indexer;       ///< instance id, or the name the caller gave; may be empty
  std::string_view guid;          ///< with it the indexer hands out the release; may be empty
  std::string_view download_url;  ///< may hold a secret: never shown, never logged
  std::string_view magnet;
  std::string_view category;
  std::string_view infohash_v1;  ///< when known already, else empty
  std::string_view infohash_v2;
  std::int64_t movie_id = 0;       ///< 0: none
  std::int64_t size_bytes = -1;    ///< -1 unknown
  std::int64_t due_at_ms = 0;      ///< 0: at once
  std::int64_t rank_bonus_ms = 0;  ///< rank = now - rank_bonus_ms; the smallest rank is claimed first
  Priority priority = Priority::normal;
  std::int32_t max_retries = 3;
};

/// One row. Views are valid during DownloadSink::add.
struct DownloadView {
  std::uint32_t struct_size = sizeof(DownloadView);
  std::uint32_t flags = 0;  ///< DownloadFlag bits
  std::int64_t id = 0;      ///< given by the store, > 0, rising
  std::int64_t epoch = 0;
  std::int64_t version = 0;
  DownloadState state = DownloadState::queued;
  Priority priority = Priority::normal;
  std::string_view lane;
  std::string_view release_key;
  std::string_view title;
  std::string_view indexer;
  std::string_view guid;
  std::string_view download_url;
  std::string_view magnet;
  std::string_view category;
  std::string_view client;  ///< instance id of the client that has it; empty before the intent
  std::string_view client_item_id;
  std::string_view infohash_v1;
  std::string_view infohash_v2;
  std::string_view output_path;  ///< file or folder, as the client sees it
  std::string_view lease_owner;
  std::string_view due_reason;    ///< why due_at_ms lies in the future
  std::string_view error;         ///< the last failure, for people
  std::string_view client_state;  ///< the client's own word
  std::int64_t movie_id = 0;
  std::int64_t size_bytes = -1;
  std::int64_t rank = 0;
  std::int64_t due_at_ms = 0;
  std::int64_t lease_until_ms = 0;
  std::int64_t enqueued_at_ms = 0;
  std::int64_t updated_at_ms = 0;  ///< of the last command; progress does not count
  std::int64_t ended_at_ms = 0;    ///< 0 unless is_ended(state)
  std::int64_t done_bytes = 0;
  std::int64_t down_bps = 0;
  std::int64_t up_bps = 0;
  std::int64_t eta_s = -1;
  std::int64_t progress_at_ms = 0;
  std::int32_t attempts = 0;  ///< dispatches that counted; a claim adds one
  std::int32_t max_retries = 3;
  std::int32_t seeders = -1;
  std::int32_t leechers = -1;
  std::int32_t cleanup = 0;  ///< still to do in the client: 0 nothing, 1 remove, 2 remove with data
  Code error_code = Code::ok;
  double progress = 0;
  double ratio = 0;
};
struct DownloadSink {
  virtual bool add(const DownloadView& row) noexcept = 0;

 protected:
  ~DownloadSink() = default;
};

/// Bits of Patch::fields: which members are to be written.
enum PatchField : std::uint32_t {
  kPatchDue = 1U << 0,         ///< due_at_ms, due_reason
  kPatchError = 1U << 1,       ///< error_code, error
  kPatchClientItem = 1U << 2,  ///< client_item_id
  kPatchOutput = 1U << 3,      ///< output_path
  kPatchSize = 1U << 4,        ///< size_bytes
  kPatchCleanup = 1U << 5,     ///< cleanup
  kPatchFlags = 1U << 6,       ///< flags = (flags & ~clear_flags) | set_flags
  kPatchAttempts = 1U << 7,    ///< attempts
  kPatchNoIntent = 1U << 8,    ///< forget client, client_item_id (the stored metainfo stays)
  kPatchHashes = 1U << 9,      ///< infohash_v1, infohash_v2 (a magnet's metadata came)
  kPatchDone = 1U << 10,       ///< done_bytes, progress
};
struct Patch {
  std::uint32_t struct_size = sizeof(Patch);
  std::uint32_t fields = 0;
  std::int64_t due_at_ms = 0;
  std::string_view due_reason;
  std::string_view error;
  std::string_view client_item_id;
  std::string_view output_path;
  std::string_view infohash_v1;
  std::string_view infohash_v2;
  std::int64_t size_bytes = -1;
  std::int64_t done_bytes = 0;
  double progress = 0;
  Code error_code = Code::ok;
  std::int32_t cleanup = 0;
  std::int32_t attempts = 0;
  std::uint32_t set_flags = 0;
  std::uint32_t clear_flags = 0;
  std::uint32_t reserved = 0;
};

/// One change of state, fenced by id, epoch and `from`. `expected_version` -1: any.
struct Transition {
  std::uint32_t struct_size = sizeof(Transition);
  Actor actor = Actor::worker;
  std::string_view command_id;
  std::int64_t id = 0;
  std::int64_t epoch = 0;
  std::int64_t expected_version = -1;
  DownloadState from = DownloadState::queued;
  DownloadState to = DownloadState::queued;
  std::string_view reason;  ///< for the event; no secret
  /// When not empty: applied only while this duty has the epoch `duty_epoch` and its lease has not run out,
  /// else stale_epoch. So a host that slept over its lease judges nothing by what it read before.
  std::string_view duty;
  std::int64_t duty_epoch = 0;
  Patch patch;
};

struct ClaimRequest {
  std::uint32_t struct_size = sizeof(ClaimRequest);
  std::int32_t limit = 1;  ///< 1–500
  std::string_view command_id;
  std::string_view lane;
  std::string_view owner;  ///< random, new at each start of a host
  std::int64_t lease_ms = 30000;
};

/// What a worker is about to do, committed before a byte is sent to a client.
struct Intent {
  std::uint32_t struct_size = sizeof(Intent);
  std::uint32_t reserved = 0;
  std::string_view command_id;
  std::int64_t id = 0;
  std::int64_t epoch = 0;
  std::string_view client;       ///< instance id
  std::string_view infohash_v1;  ///< unique among live rows, each of the two
  std::string_view infohash_v2;
  std::string_view magnet;              ///< what will be sent when metainfo is empty
  std::span<const std::byte> metainfo;  ///< kept, so that a retry never fetches again
  std::int64_t size_bytes = -1;
};

struct LeaseRef {
  std::int64_t id = 0;
  std::int64_t epoch = 0;
};

/// What a host asks for: to be the one that carries out a duty, or no longer to be.
struct DutyRequest {
  std::uint32_t struct_size = sizeof(DutyRequest);
  std::int32_t give_up = 0;  ///< 1: the holder lets go at once
  std::string_view name;     ///< "client:qbittorrent"; 1–128 bytes of printable ASCII
  std::string_view owner;    ///< random, new at each start of a host
  std::int64_t lease_ms = 30000;
};
/// A duty as it stands after the request. All 0 for one that nobody ever held.
struct Duty {
  std::uint32_t struct_size = sizeof(Duty);
  std::int32_t held = 0;            ///< 1: the caller holds it
  std::int64_t epoch = 0;           ///< rises whenever the holder changes
  std::int64_t lease_until_ms = 0;  ///< by the store's clock, of the caller or of who holds it instead; 0: given up
};

/// Bits of Edit::fields.
enum EditField : std::uint32_t {
  kEditHold = 1U << 0,      ///< hold
  kEditPriority = 1U << 1,  ///< priority, rank_bonus_ms: rank = enqueued_at - rank_bonus_ms
  kEditTop = 1U << 2,       ///< rank = least rank of the lane - 1
  kEditCategory = 1U << 3,  ///< category
  kEditFlags = 1U << 4,     ///< set_flags, clear_flags (not kHold)
  kEditCleanup = 1U << 5,   ///< cleanup
};
/// A change that is no change of state. `expected_version` -1: any. Does not raise the epoch.
struct Edit {
  std::uint32_t struct_size = sizeof(Edit);
  std::uint32_t fields = 0;
  std::string_view command_id;
  std::int64_t id = 0;
  std::int64_t expected_version = -1;
  std::string_view category;
  std::int64_t rank_bonus_ms = 0;
  Priority priority = Priority::normal;
  std::int32_t hold = 0;
  std::uint32_t set_flags = 0;
  std::uint32_t clear_flags = 0;
  std::int32_t cleanup = 0;
  std::uint32_t reserved = 0;
};

/// What the client last said. Written only where the epoch matches and the state is downloading,
/// missing or completed. Changes neither version nor state and makes no event.
struct Progress {
  std::uint32_t struct_size = sizeof(Progress);
  std::uint32_t set_flags = 0;  ///< kStalled, kSeeding, kClientPaused
  std::uint32_t clear_flags = 0;
  std::int32_t seeders = -1;
  std::int32_t leechers = -1;
  std::uint32_t reserved = 0;
  std::int64_t id = 0;
  std::int64_t epoch = 0;
  std::int64_t size_bytes = -1;  ///< -1: leave as it is
  std::int64_t done_bytes = 0;
  std::int64_t down_bps = 0;
  std::int64_t up_bps = 0;
  std::int64_t eta_s = -1;
  double progress = 0;
  double ratio = 0;
  std::string_view client_state;
  std::string_view output_path;  ///< empty: leave as it is
};

enum class SortKey : std::int32_t {
  id = 0,
  rank = 1,
  title = 2,
  size = 3,
  progress = 4,
  status = 5,
  timeleft = 6,
  added = 7,
};

/// Fields that are empty, 0 or -1 do not restrict.
struct ListFilter {
  std::uint32_t struct_size = sizeof(ListFilter);
  std::uint32_t states = 0;    ///< bit per DownloadState; 0: all
  std::uint32_t statuses = 0;  ///< bit per PublicStatus; 0: all
  std::int32_t cleanup = 0;    ///< 1: only rows with work left in the client
  std::int64_t movie_id = 0;
  std::int64_t after_id = 0;  ///< keyset: only ids above this one; with SortKey::id ascending
  std::string_view client;
};
struct ListRequest {
  std::uint32_t struct_size = sizeof(ListRequest);
  SortKey sort = SortKey::id;  ///< ties by id in the same direction
  ListFilter filter;
  std::int32_t descending = 0;
  std::int32_t limit = 50;  ///< 1–1000
  std::int64_t offset = 0;
};

enum class FindBy : std::int32_t { id = 0, infohash = 1, release_key = 2, command = 3 };
struct FindRequest {
  std::uint32_t struct_size = sizeof(FindRequest);
  FindBy by = FindBy::id;
  std::int64_t id = 0;
  std::string_view text;  ///< hash (either version), release key or command; hash and key find live rows only
};

inline constexpr std::int32_t kKeepLimit = -1;
struct LaneSettings {
  std::uint32_t struct_size = sizeof(LaneSettings);
  std::int32_t max_active = 3;  ///< rows that take a slot: takes_slot(state, flags); kKeepLimit leaves it, 3 if new
  std::string_view lane;
  std::int32_t hold = -1;  ///< 1 nothing is claimed, 0 go on, -1 leave as it is
  std::int32_t reserved = 0;
};
struct Stats {
  std::uint32_t struct_size = sizeof(Stats);
  std::uint32_t reserved = 0;
  std::int64_t by_status[kPublicStatuses] = {};  ///< kept, not counted: cheap at any size
  std::int64_t active = 0;                       ///< rows of the lane that take a slot: takes_slot(state, flags)
  std::int64_t next_due_ms = 0;                  ///< earliest due time of a claimable row; 0 none
  std::int64_t last_event = 0;                   ///< highest sequence number
  std::int32_t lane_hold = 0;
  std::int32_t lane_max_active = 0;
};

struct EventView {
  std::uint32_t struct_size = sizeof(EventView);
  Actor actor = Actor::worker;
  std::int64_t sequence = 0;  ///< rising, without reuse
  std::int64_t download_id = 0;
  std::int64_t at_ms = 0;
  std::int64_t epoch = 0;  ///< after the change
  std::int32_t from = -1;  ///< DownloadState; -1 for the enqueue
  std::int32_t to = 0;
  std::string_view command_id;
  std::string_view reason;
};
struct EventSink {
  virtual bool add(const EventView& event) noexcept = 0;

 protected:
  ~EventSink() = default;
};

/// What stands in the way of open(), in Status::vendor_code: only the host can tell people what to do about a start
/// that failed, and a service manager whether to try again. The numbers lie where no errno, SQLite or HTTP code does;
/// any other number means that the store cannot tell. Values are frozen; new ones are appended.
enum class OpenFault : std::int32_t {
  unreachable = 510'001,  ///< down, starting, or out of connections: it may come by itself
  credentials = 510'002,  ///< password or user refused
  rights = 510'003,       ///< this user may not do, write or make what the store needs
  tls = 510'004,          ///< no encrypted connection that both sides accept
  read_only = 510'005,    ///< nothing can be written there: a standby, or a read-only mount
  full = 510'006,         ///< no space left
  damaged = 510'007,      ///< what is kept there cannot be read
  file_system = 510'008,  ///< it lies on a file system that cannot keep it safe
  in_use = 510'009,       ///< another process owns it
  newer = 510'010,        ///< written by a newer store than this one
  missing = 510'011,      ///< there is no such database or folder
  foreign = 510'012,      ///< something else than a store of ours, or on a server that does not suit
};

/// Frozen under this id. What each method promises beyond the head of this file stands beside it.
struct QueueStore {
  static constexpr std::string_view kId = "quarry.queue_store/1";

  /// Opens the storage and brings its schema up to date. Called before anything else; after a failure it may be called
  /// again, after a success never.
  /// `unavailable`: cannot be opened; `conflict`: another process owns it, or it is newer than this store. With
  /// kRetryable and no OpenFault but `unreachable` the host waits and calls it again.
  virtual Status open(CallContext& ctx) noexcept = 0;

  /// Makes rows in state queued. A live row with an equal release_key (or hash): conflict.
  virtual Status enqueue(CallContext& ctx, std::span<const NewDownload> items, OutcomeSink& outcomes) noexcept = 0;

  /// Takes up to `limit` due rows without hold, smallest (rank, id) first, never more than the lane's
  /// max_active allows, none while the lane is on hold; sets dispatching, owner and lease, raises
  /// epoch and attempts. A repeated command_id answers the rows it took that are still so leased.
  virtual Status claim(CallContext& ctx, const ClaimRequest& request, DownloadSink& rows) noexcept = 0;

  /// Extends leases; stale_epoch for a row that is no longer the owner's.
  virtual Status heartbeat(CallContext& ctx, std::string_view owner, std::int64_t lease_ms,
                           std::span<const LeaseRef> leases, OutcomeSink& outcomes) noexcept = 0;

  /// dispatching only, lease still valid. conflict: a live row has one of the hashes.
  virtual Status record_intent(CallContext& ctx, const Intent& intent, OutcomeSink& outcome) noexcept = 0;

  /// The metainfo kept by record_intent, or nothing.
  virtual Status metainfo(CallContext& ctx, std::int64_t id, ByteSink& bytes) noexcept = 0;

  /// Changes of state, at most 500. A retry by the user (failed or blocked to queued) that would
  /// make two live rows with one release key or hash: conflict.
  virtual Status transition(CallContext& ctx, std::span<const Transition> changes, OutcomeSink& outcomes) noexcept = 0;

  virtual Status edit(CallContext& ctx, const Edit& edit, OutcomeSink& outcome) noexcept = 0;

  /// Rows whose lease ran out, or belongs to another owner where only one process can own the
  /// storage: with an intent (client set) to verifying, else to queued, attempt not counted, due in 5 s (so that
  /// a row that ends its host is not the first again and again). `rows` receives them.
  virtual Status rescue(CallContext& ctx, std::string_view command_id, std::string_view owner, std::int32_t limit,
                        DownloadSink& rows) noexcept = 0;

  virtual Status record_progress(CallContext& ctx, std::span<const Progress> items, OutcomeSink& outcomes) noexcept = 0;

  /// At most one row; `not_found` when there is none.
  virtual Status find(CallContext& ctx, const FindRequest& request, DownloadSink& row) noexcept = 0;

  /// A page. `total`: rows that match the filter.
  virtual Status list(CallContext& ctx, const ListRequest& request, DownloadSink& rows,
                      std::int64_t& total) noexcept = 0;

  /// Makes the lane when it does not exist.
  virtual Status set_lane(CallContext& ctx, const LaneSettings& settings) noexcept = 0;
  virtual Status stats(CallContext& ctx, std::string_view lane, Stats& out) noexcept = 0;

  /// Events with sequence > `after`, in order, at most `limit` (1–1000).
  virtual Status events_since(CallContext& ctx, std::int64_t after, std::int32_t limit, EventSink& events) noexcept = 0;

  /// Deletes ended rows of these states (bit per DownloadState) that ended before `before_ms` and
  /// need no cleanup, at most `limit` (1–1000); their events stay. `removed`: how many.
  virtual Status prune(CallContext& ctx, std::uint32_t states, std::int64_t before_ms, std::int32_t limit,
                       std::int64_t& removed) noexcept = 0;

  /// Grants the duty when nobody holds it, when its lease ran out, when its holder is another owner where only
  /// one process can own the storage, or when the caller holds it already (the lease then begins anew). Else
  /// held = 0, and `out` says what the holder has. The epoch rises when the owner is not the last one.
  /// give_up = 1 ends the caller's lease; of a duty that is not the caller's it changes nothing.
  virtual Status take_duty(CallContext& ctx, const DutyRequest& request, Duty& out) noexcept = 0;

 protected:
  ~QueueStore() = default;
};

}  // namespace quarry::sdk
