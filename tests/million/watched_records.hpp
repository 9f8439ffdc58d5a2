// SPDX-License-Identifier: MIT
// A record store on PostgreSQL whose every statement is followed by how the server carried it out.
#pragma once

#include <storage-postgres/session.hpp>
#include <storage-postgres/test_planner.hpp>
#include <storage-sql/record_store.hpp>

#include <string>
#include <vector>

namespace quarry::million {

struct Watched {
  std::string text;
  storage_postgres::testing::Plan plan;
};

/// One connection for reads and one for writes, set up as those of the store. Used by one thread.
class WatchedRecords final : private storage_sql::RecordBackend {
 public:
  explicit WatchedRecords(const std::string& url);
  WatchedRecords(const WatchedRecords&) = delete;
  WatchedRecords& operator=(const WatchedRecords&) = delete;

  [[nodiscard]] sdk::RecordStore& store() noexcept { return store_; }
  /// The statements that were sent since the last call.
  [[nodiscard]] std::vector<Watched> take() { return std::exchange(watched_, {}); }

 private:
  void check_open() const override {}
  void write(sdk::CallContext& ctx, std::size_t rows, const Work& work) override;
  void read(sdk::CallContext& ctx, bool one_moment, const Look& look) override;
  [[nodiscard]] sdk::Failure explain(const std::exception& error) const override;
  [[nodiscard]] bool is_unknown_name(const std::exception& error) const noexcept override;
  void warn(const std::string& text) const noexcept override;

  class Watch;

  storage_postgres::Session reader_;
  storage_postgres::Session writer_;
  std::string told_;  ///< by the server, of the statement that runs
  std::vector<Watched> watched_;
  storage_sql::SqlRecordStore store_;
};

}  // namespace quarry::million
