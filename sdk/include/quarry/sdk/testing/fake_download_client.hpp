// SPDX-License-Identifier: MIT
// A download client in memory, with faults on demand and a journal of what really happened.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/services.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::sdk::testing {

/// What goes wrong with one call.
enum class Fault {
  none,
  refused,      ///< never reached the client: unavailable, kNotStarted
  error,        ///< the client answered an error and did nothing: unavailable
  lost_answer,  ///< done, but the answer never came: deadline
  half_answer,  ///< a listing that breaks off in the middle
  empty,        ///< a listing that is whole and empty although there are items
};

/// [thread-safe]
class FakeDownloadClient final : public DownloadClient {
 public:
  struct Item {
    std::string id, infohash_v1, infohash_v2, category, tags;
    std::int64_t size_bytes = 1000;
    std::int64_t done_bytes = 0;
    bool paused = false;
    bool error = false;             ///< until somebody resumes it
    bool only_by_id = false;        ///< no key finds it but its id
    std::string file = "film.mkv";  ///< its only file
    int stalled_steps = 0;
  };

  /// Asked before every call with the method's name ("add", "list" …).
  void on_call(std::function<Fault(std::string_view)> faults);
  /// Every running item gets so many bytes.
  void download(std::int64_t bytes);
  /// The size of what is added from now on.
  void set_size(std::int64_t bytes);
  /// As somebody does in the client's own window.
  void put(Item item);
  void lose(std::string_view infohash);
  void fail(std::string_view infohash);
  /// As a hybrid torrent added by one hash, once its metadata came: the item has another id, found by that alone.
  void rename(std::string_view infohash, std::string id);

  [[nodiscard]] std::vector<Item> items() const;
  /// How often an item with this hash was really made.
  [[nodiscard]] int times_added(std::string_view infohash) const;
  [[nodiscard]] int calls(std::string_view method) const;

  Status capabilities(CallContext& ctx, ClientCapabilities& out) noexcept override;
  Status test(CallContext& ctx, TestSink& facts) noexcept override;
  Status add(CallContext& ctx, const AddRequest& request) noexcept override;
  Status list(CallContext& ctx, const ListQuery& query, ItemSink& sink) noexcept override;
  Status pause(CallContext& ctx, std::span<const ItemKey> keys) noexcept override;
  Status resume(CallContext& ctx, std::span<const ItemKey> keys) noexcept override;
  Status remove(CallContext& ctx, std::span<const ItemKey> keys, std::int32_t delete_data) noexcept override;
  Status set_priority(CallContext& ctx, std::span<const ItemKey> keys, Priority priority) noexcept override;
  Status set_category(CallContext& ctx, std::span<const ItemKey> keys, std::string_view category) noexcept override;
  Status set_limits(CallContext& ctx, std::span<const ItemKey> keys, const ClientLimits& limits) noexcept override;
  Status files(CallContext& ctx, const ItemKey& key, FileSink& sink) noexcept override;

 private:
  Fault next_fault(std::string_view method);
  Status with_fault(CallContext& ctx, std::string_view method, const std::function<Status()>& effect);
  Status each(CallContext& ctx, std::string_view method, std::span<const ItemKey> keys,
              const std::function<void(const std::string&)>& effect);
  [[nodiscard]] std::string find(const ItemKey& key) const;
  /// False: the sink has had enough.
  static bool show(const Item& item, ItemSink& sink);

  mutable std::mutex mutex_;
  std::function<Fault(std::string_view)> faults_;
  std::map<std::string, Item> items_;
  std::map<std::string, int, std::less<>> added_;
  std::map<std::string, int, std::less<>> calls_;
  std::int64_t size_ = 1000;
};

}  // namespace quarry::sdk::testing
