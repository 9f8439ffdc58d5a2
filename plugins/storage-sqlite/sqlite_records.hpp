// SPDX-License-Identifier: MIT
// quarry.record_store/1 beside the queue, in its file and in its line of writers.
#pragma once

#include "sqlite_queue_store.hpp"

#include <storage-sql/record_store.hpp>

namespace quarry::storage_sqlite {

class SqliteRecords final : private storage_sql::RecordBackend {
 public:
  /// `queue` must outlive the records, and be opened before them. Without `log` nobody is warned.
  explicit SqliteRecords(SqliteQueueStore& queue, sdk::Log* log = nullptr) : queue_(queue), log_(log) {}

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

  SqliteQueueStore& queue_;
  sdk::Log* log_;
  storage_sql::SqlRecordStore store_{*this, storage_sql::kSqliteRecords};
};

}  // namespace quarry::storage_sqlite
