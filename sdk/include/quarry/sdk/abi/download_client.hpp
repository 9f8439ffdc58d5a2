// SPDX-License-Identifier: MIT
// quarry.download_client/1: something that downloads, such as a BitTorrent client.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>

namespace quarry::sdk {

/// Levels of urgency, for the queue and for clients that have their own.
enum class Priority : std::int32_t { low = 0, normal = 1, high = 2, very_high = 3 };

/// What a client says of an item. Values are frozen; new ones are appended.
enum class ItemState : std::int32_t {
  unknown = 0,
  queued = 1,    ///< the client itself keeps it waiting
  metadata = 2,  ///< a magnet whose metadata has not come yet: its size is unknown
  downloading = 3,
  stalled = 4,         ///< nobody sends data at the moment; no failure
  paused = 5,          ///< stopped before all data was there
  checking = 6,        ///< verifying data on disk: progress may read 0
  moving = 7,          ///< complete, but the files are not in their final place yet
  seeding = 8,         ///< complete and sharing
  finished = 9,        ///< complete and stopped
  missing_files = 10,  ///< the client lost the data
  error = 11,          ///< the client gave up; see ItemView::error
};

/// Names an item by whatever is known. A field that is not known is empty; an item matches when its
/// id or either hash is equal. Hashes are lower-case hex: 40 digits (v1), 64 digits (v2).
struct ItemKey {
  std::uint32_t struct_size = sizeof(ItemKey);
  std::uint32_t reserved = 0;
  std::string_view id;  ///< the client's own, from ItemView::id
  std::string_view infohash_v1;
  std::string_view infohash_v2;
};

struct ItemView {
  std::uint32_t struct_size = sizeof(ItemView);
  ItemState state = ItemState::unknown;
  std::string_view id;           ///< the client's own, stable while the item exists
  std::string_view infohash_v1;  ///< empty when there is none
  std::string_view infohash_v2;
  std::string_view name;
  std::string_view category;
  std::string_view tags;          ///< separated by commas, no blanks around them
  std::string_view save_path;     ///< folder the item was told to use, as the client sees it
  std::string_view content_path;  ///< file or folder of this item; empty while unknown
  std::string_view state_text;    ///< the client's own word, for people
  std::string_view error;         ///< why, when state is error or missing_files
  std::int64_t size_bytes = -1;   ///< of the files wanted; -1 unknown
  std::int64_t done_bytes = 0;
  std::int64_t down_bps = 0;  ///< bytes per second
  std::int64_t up_bps = 0;
  std::int64_t eta_s = -1;       ///< seconds; -1 unknown or never
  std::int64_t added_at_ms = 0;  ///< epoch milliseconds; 0 unknown
  std::int32_t seeders = -1;     ///< -1 unknown
  std::int32_t leechers = -1;
  double progress = 0;  ///< 0…1; 1 means every wanted byte is there and checked
  double ratio = 0;
};

/// Receives a listing. It counts only when finish() was called with complete = true: an answer that
/// broke off says nothing about the items it did not name.
struct ItemSink {
  virtual bool add(const ItemView& item) noexcept = 0;
  /// `cursor` can be handed to the next list(); empty when the client has none.
  virtual void finish(bool complete, std::string_view cursor) noexcept = 0;

 protected:
  ~ItemSink() = default;
};

enum class ListScope : std::int32_t {
  keys = 0,     ///< only the items named in ListQuery::keys; cost must not grow with other items
  all = 1,      ///< every item of the client, whoever added it
  changes = 2,  ///< what changed since ListQuery::cursor; only with ClientCapability kListsChanges
};

struct ListQuery {
  std::uint32_t struct_size = sizeof(ListQuery);
  ListScope scope = ListScope::keys;
  std::span<const ItemKey> keys;
  std::string_view cursor;
};

struct AddRequest {
  std::uint32_t struct_size = sizeof(AddRequest);
  Priority priority = Priority::normal;
  std::span<const std::byte> metainfo;  ///< a .torrent file; empty: use magnet
  std::string_view magnet;              ///< used when metainfo is empty
  ItemKey key;                          ///< the hashes, computed by the host from metainfo or magnet
  std::string_view category;            ///< made when it does not exist; empty: none
  std::string_view save_path;           ///< empty: the client's default
  std::span<const std::string_view> tags;
  std::int32_t paused = 0;  ///< not 0: add without starting it
};

/// Bits of ClientCapabilities::flags.
enum ClientCapability : std::uint32_t {
  kListsChanges = 1U << 0,
  kHasPriority = 1U << 1,
  kHasCategories = 1U << 2,
  kHasTags = 1U << 3,
  kHasLimits = 1U << 4,
  kTakesMagnets = 1U << 5,
  kTakesV2 = 1U << 6,  ///< BitTorrent v2 and hybrid torrents
};

struct ClientCapabilities {
  std::uint32_t struct_size = sizeof(ClientCapabilities);
  std::uint32_t flags = 0;
};

/// Facts from test(). The views live until the call returns: the sink copies what it keeps.
struct TestSink {
  virtual void fact(std::string_view name, std::string_view value) noexcept = 0;

 protected:
  ~TestSink() = default;
};

struct ClientLimits {
  std::uint32_t struct_size = sizeof(ClientLimits);
  std::uint32_t reserved = 0;
  std::int64_t down_bps = -1;  ///< bytes per second; 0 none, -1 leave as it is
  std::int64_t up_bps = -1;
  std::int64_t seed_minutes = -1;  ///< stop seeding after; -1 leave as it is
  double ratio = -1;               ///< stop seeding at; -1 leave as it is
};

struct FileView {
  std::uint32_t struct_size = sizeof(FileView);
  std::uint32_t reserved = 0;
  std::string_view path;  ///< relative, '/' between parts
  std::int64_t size_bytes = 0;
  std::int64_t done_bytes = 0;
};
struct FileSink {
  virtual bool add(const FileView& file) noexcept = 0;

 protected:
  ~FileSink() = default;
};

/// Frozen under this id. All methods [any-worker]; each may take as long as ctx.remaining_ms().
/// Failures: `unauthenticated` credentials refused (do not log in again by yourself), `unavailable`
/// the client does not answer (kNotStarted when the request certainly was not seen), `deadline`.
struct DownloadClient {
  static constexpr std::string_view kId = "quarry.download_client/1";

  virtual Status capabilities(CallContext& ctx, ClientCapabilities& out) noexcept = 0;
  /// Reaches the client and checks that the credentials work. Changes nothing there.
  virtual Status test(CallContext& ctx, TestSink& facts) noexcept = 0;
  /// Adds one item. Idempotent by info-hash: an item that is already there is left as it is and
  /// answered with ok or `conflict`; never a second one. `invalid`: the client refuses this torrent
  /// for good. After any other failure the caller reads back by hash to learn the outcome.
  virtual Status add(CallContext& ctx, const AddRequest& request) noexcept = 0;
  virtual Status list(CallContext& ctx, const ListQuery& query, ItemSink& sink) noexcept = 0;
  /// pause … set_limits: an item that does not exist is no error.
  virtual Status pause(CallContext& ctx, std::span<const ItemKey> keys) noexcept = 0;
  virtual Status resume(CallContext& ctx, std::span<const ItemKey> keys) noexcept = 0;
  /// Removes items, and their data when delete_data is not 0.
  virtual Status remove(CallContext& ctx, std::span<const ItemKey> keys, std::int32_t delete_data) noexcept = 0;
  virtual Status set_priority(CallContext& ctx, std::span<const ItemKey> keys, Priority priority) noexcept = 0;
  virtual Status set_category(CallContext& ctx, std::span<const ItemKey> keys, std::string_view category) noexcept = 0;
  virtual Status set_limits(CallContext& ctx, std::span<const ItemKey> keys, const ClientLimits& limits) noexcept = 0;
  /// The files of one item; `not_found` when it does not exist, no file while metadata is missing.
  virtual Status files(CallContext& ctx, const ItemKey& key, FileSink& sink) noexcept = 0;

 protected:
  ~DownloadClient() = default;
};

}  // namespace quarry::sdk
