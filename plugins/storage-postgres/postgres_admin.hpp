// SPDX-License-Identifier: MIT
// quarry.storage_admin/1 for a PostgreSQL database.
#pragma once

#include "canceller.hpp"
#include "row_mover.hpp"
#include "session.hpp"

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/abi/storage_admin.hpp>
#include <quarry/sdk/helpers/config.hpp>

#include <memory>
#include <string>

namespace quarry::storage_postgres {

class PostgresAdmin final : public sdk::StorageAdmin {
 public:
  /// Connects to nothing. Throws sdk::Error(invalid) for an url that cannot be read.
  PostgresAdmin(sdk::HostServices& services, const sdk::Config& config);
  PostgresAdmin(const PostgresAdmin&) = delete;
  PostgresAdmin& operator=(const PostgresAdmin&) = delete;
  virtual ~PostgresAdmin() = default;

  sdk::Status status(sdk::CallContext& ctx, sdk::StorageStatus& out) noexcept override;
  sdk::Status open(sdk::CallContext& ctx) noexcept override;
  sdk::Status backup(sdk::CallContext& ctx, std::string_view path, sdk::ProgressSink& progress) noexcept override;
  sdk::Status restore(sdk::CallContext& ctx, std::string_view path, sdk::ProgressSink& progress) noexcept override;
  sdk::Status check(sdk::CallContext& ctx, sdk::FindingSink& findings, sdk::ProgressSink& progress) noexcept override;
  sdk::Status tables(sdk::CallContext& ctx, sdk::TableSink& tables) noexcept override;
  sdk::Status collections(sdk::CallContext& ctx, sdk::CollectionSink& collections) noexcept override;
  sdk::Status read_rows(sdk::CallContext& ctx, std::string_view table, const sdk::Value& after, std::int32_t limit,
                        sdk::RowSink& rows) noexcept override;
  sdk::Status begin_copy(sdk::CallContext& ctx, std::string_view source, std::int64_t record_version,
                         std::span<const sdk::CollectionSpec> collections) noexcept override;
  sdk::Status write_rows(sdk::CallContext& ctx, std::string_view table, std::span<const std::string_view> columns,
                         std::span<const sdk::Value> rows) noexcept override;
  sdk::Status last_key(sdk::CallContext& ctx, std::string_view table, sdk::RowSink& key) noexcept override;
  sdk::Status finish_copy(sdk::CallContext& ctx, std::span<const sdk::UsedNumbers> used) noexcept override;

 private:
  /// What exists while the database is open.
  struct Opened {
    /// Throws when a host works on it.
    Opened(const Server& server, Canceller& canceller, const sdk::CallContext& ctx);
    Session session;
    RowMover rows;
  };

  template <class Body>
  sdk::Status guarded(sdk::CallContext& ctx, const Body& body) noexcept;
  /// Runs `body(session)` on a session of its own, whose statements see one moment.
  template <class Body>
  sdk::Status looking(sdk::CallContext& ctx, const Body& body) noexcept;
  /// Runs `body(rows)` on the opened database.
  template <class Body>
  sdk::Status moving(sdk::CallContext& ctx, const Body& body) noexcept;

  const Server server_;
  Canceller canceller_;
  std::unique_ptr<Opened> opened_;
};

}  // namespace quarry::storage_postgres
