// SPDX-License-Identifier: MIT
// Reading: connections that see the last committed state and never wait for a writer.
#pragma once

#include "connection.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <storage-sql/list_query.hpp>

#include <memory>
#include <string>

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

  [[nodiscard]] Connection& connection() noexcept;

  /// Statements end soon after `ctx` is over; null: no such watch.
  void watch(const sdk::CallContext* ctx) noexcept;

 private:
  struct Queries;
  [[nodiscard]] std::int64_t present_pairs(const sdk::ListFilter& filter, storage_sql::StatusPairs& present);
  [[nodiscard]] std::int64_t counted(const sdk::ListRequest& request, const storage_sql::ListStatement& count);

  std::unique_ptr<Queries> queries_;
};

}  // namespace quarry::storage_sqlite
