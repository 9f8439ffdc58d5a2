// SPDX-License-Identifier: MIT
// Reading: a session of its own, so that nobody waits for a writer.
#pragma once

#include "session.hpp"

#include <quarry/sdk/abi/queue_store.hpp>

#include <memory>
#include <string_view>

namespace quarry::storage_postgres {

/// Used by one thread at a time, inside Session::read(); list() at one moment. Throws soci::soci_error, PostgresFailure
/// or sdk::Error; after a failure of the connection it is of no more use.
class Reader {
 public:
  explicit Reader(const Server& server);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] Session& session() noexcept { return session_; }

  /// False: there is no such row.
  [[nodiscard]] bool find(const sdk::FindRequest& request, sdk::DownloadSink& row);
  void list(const sdk::ListRequest& request, sdk::DownloadSink& rows, std::int64_t& total);
  [[nodiscard]] sdk::Stats stats(std::string_view lane);
  void events_since(std::int64_t after, std::int32_t limit, sdk::EventSink& events);
  /// False: there is no such download.
  [[nodiscard]] bool metainfo(std::int64_t id, sdk::ByteSink& bytes);

 private:
  struct Queries;
  struct Page;
  /// Prepared in the first call: to prepare may wait for a lock, as long as that call may.
  [[nodiscard]] Queries& queries();
  [[nodiscard]] Page& kept(const std::string& text, std::size_t parameters);

  Session session_;
  std::unique_ptr<Queries> queries_;
};

}  // namespace quarry::storage_postgres
