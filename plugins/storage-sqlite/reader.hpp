// SPDX-License-Identifier: MIT
// Reading: connections that see the last committed state and never wait for a writer.
#pragma once

#include "connection.hpp"
#include "list_query.hpp"

#include <quarry/sdk/abi/queue_store.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace quarry::storage_sqlite {

/// Used by one thread at a time. Each call sees one moment of the database. A sink is called while
/// that snapshot is held. Throws soci::soci_error, SqliteFailure or sdk::Error.
class Reader {
 public:
  Reader(const std::string& path, Synchronous synchronous);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// False: there is no such row.
  [[nodiscard]] bool find(const sdk::FindRequest& request, sdk::DownloadSink& row);
  void list(const sdk::ListRequest& request, sdk::DownloadSink& rows, std::int64_t& total);
  [[nodiscard]] sdk::Stats stats(std::string_view lane);
  void events_since(std::int64_t after, std::int32_t limit, sdk::EventSink& events);
  /// False: there is no such download.
  [[nodiscard]] bool metainfo(std::int64_t id, sdk::ByteSink& bytes);

  /// Statements end soon after `ctx` is over; null: no such watch.
  void watch(const sdk::CallContext* ctx) noexcept;

 private:
  struct Queries;
  [[nodiscard]] std::int64_t present_pairs(const sdk::ListFilter& filter, StatusPairs& present);
  [[nodiscard]] std::int64_t counted(const sdk::ListRequest& request, const std::string& count);

  std::unique_ptr<Queries> queries_;
};

/// A few readers, handed out one call at a time. [thread-safe]
class ReaderPool {
 public:
  ReaderPool(const std::string& path, Synchronous synchronous, std::size_t size);

  /// A reader for one call, watching its deadline; given back on destruction.
  class Lease {
   public:
    Lease(ReaderPool& pool, const sdk::CallContext& ctx);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Reader* operator->() const noexcept { return reader_; }

   private:
    ReaderPool& pool_;
    Reader* reader_;
  };

 private:
  /// Waits until one is free; throws Error(deadline) when the caller's time is over before.
  [[nodiscard]] Reader* take(const sdk::CallContext& ctx);
  void give_back(Reader* reader) noexcept;

  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::vector<Reader*> free_;
};

}  // namespace quarry::storage_sqlite
