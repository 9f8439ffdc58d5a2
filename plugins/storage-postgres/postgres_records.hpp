// SPDX-License-Identifier: MIT
// quarry.record_store/1 beside the queue, in its database.
#pragma once

#include "postgres_queue_store.hpp"
#include "session.hpp"

#include <storage-sql/pool.hpp>
#include <storage-sql/record_store.hpp>

namespace quarry::storage_postgres {

/// Writes go over connections of their own, at most two at a time, each batch a transaction: who waits for a lock of
/// another host's record does not hold up the queue. PostgreSQL itself flushes for those together that commit together.
class PostgresRecords final : private storage_sql::RecordBackend {
 public:
  /// `queue` must outlive the records, and be opened before them. Without `log` nobody is warned.
  explicit PostgresRecords(PostgresQueueStore& queue, sdk::Log* log = nullptr);

  [[nodiscard]] sdk::RecordStore& store() noexcept { return store_; }

 private:
  void check_open() const override { queue_.check_open(); }
  void write(sdk::CallContext& ctx, std::size_t rows, const Work& work) override;
  void read(sdk::CallContext& ctx, bool one_moment, const Look& look) override;
  [[nodiscard]] sdk::Failure explain(const std::exception& error) const override;
  [[nodiscard]] bool is_unknown_name(const std::exception& error) const noexcept override;
  void warn(const std::string& text) const noexcept override {
    if (log_ != nullptr) { log_->write(sdk::LogLevel::warning, text); }
  }

  /// False: two writers were in each other's way, or the connection was lost before anything was committed.
  [[nodiscard]] bool try_write(sdk::CallContext& ctx, const Work& work, bool last_try);

  PostgresQueueStore& queue_;
  sdk::Log* log_;
  storage_sql::Pool<Session> writers_;
  storage_sql::SqlRecordStore store_{*this, storage_sql::kPostgresRecords};
};

}  // namespace quarry::storage_postgres
