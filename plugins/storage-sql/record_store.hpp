// SPDX-License-Identifier: MIT
// quarry.record_store/1 on an SQL database: everything that does not depend on which one.
#pragma once

#include "record_catalog.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>

namespace quarry::storage_sql {

/// What a store gives to its records. [thread-safe]
class RecordBackend {
 public:
  /// False: roll back.
  using Work = std::function<bool(RecordSession&)>;
  using Look = std::function<void(RecordSession&)>;

  /// Throws sdk::Error when the storage has not been opened.
  virtual void check_open() const = 0;
  /// Runs `work` in a transaction, and commits. It may run more than once: what it leaves behind must be that of its
  /// last run. Throws when nothing was committed, or, with kMaybeApplied, when nobody knows. `rows`: about how many
  /// it writes.
  virtual void write(sdk::CallContext& ctx, std::size_t rows, const Work& work) = 0;
  /// Runs `look` on a connection that reads; `one_moment`: all its statements see the same. It may run more than once.
  virtual void read(sdk::CallContext& ctx, bool one_moment, const Look& look) = 0;
  /// What a failure means to whoever called.
  [[nodiscard]] virtual sdk::Failure explain(const std::exception& error) const = 0;
  /// Whether a statement named a table or column that is not there.
  [[nodiscard]] virtual bool is_unknown_name(const std::exception& error) const noexcept = 0;
  /// A sentence for people, in the log.
  virtual void warn(const std::string& text) const noexcept = 0;

 protected:
  ~RecordBackend() = default;
};

class SqlRecordStore final : public sdk::RecordStore {
 public:
  /// Both must outlive the store.
  SqlRecordStore(RecordBackend& backend, const RecordDialect& dialect) : backend_(backend), dialect_(dialect) {}

  sdk::Status open(sdk::CallContext& ctx) noexcept override;
  sdk::Status declare(sdk::CallContext& ctx, std::span<const sdk::CollectionSpec> collections) noexcept override;
  sdk::Status schema_version(sdk::CallContext& ctx, std::int64_t& version) noexcept override;
  sdk::Status change_schema(sdk::CallContext& ctx, std::int64_t version,
                            std::span<const sdk::SchemaStep> steps) noexcept override;
  sdk::Status collections(sdk::CallContext& ctx, sdk::CollectionSink& collections) noexcept override;
  sdk::Status get(sdk::CallContext& ctx, std::string_view collection, std::int64_t id,
                  sdk::RecordSink& record) noexcept override;
  sdk::Status find(sdk::CallContext& ctx, const sdk::FindRecords& request, sdk::RecordSink& records) noexcept override;
  sdk::Status count(sdk::CallContext& ctx, std::string_view collection, std::span<const sdk::Condition> where,
                    std::int64_t& count) noexcept override;
  sdk::Status write(sdk::CallContext& ctx, std::span<const sdk::RecordWrite> writes,
                    sdk::WriteSink& outcomes) noexcept override;

 private:
  using Collections = sdk::record_rules::Collections;
  using OwnedCollection = sdk::record_rules::OwnedCollection;

  template <class Body>
  sdk::Status guarded(sdk::CallContext& ctx, const Body& body) noexcept;
  /// What this process has declared; throws `invalid` before that.
  [[nodiscard]] std::shared_ptr<const Collections> declared() const;
  /// What is held, as last seen.
  [[nodiscard]] std::shared_ptr<const Catalog> catalog() const;
  void remember(std::shared_ptr<const Catalog> catalog);
  /// The same, as it is now.
  [[nodiscard]] std::shared_ptr<const Catalog> fresh_catalog(RecordSession& session);
  void change(sdk::CallContext& ctx, const std::function<void(SchemaChange&)>& how);
  /// All writes, or none: the answer. `outcomes` has one for each.
  [[nodiscard]] bool write_all(RecordSession& session, const Collections& mine,
                               std::span<const sdk::RecordWrite> writes, std::vector<sdk::WriteOutcome>& outcomes);

  RecordBackend& backend_;
  const RecordDialect& dialect_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Collections> declared_;
  std::shared_ptr<const Catalog> catalog_;
};

/// For a queue whose downloads refer to a collection: throws `invalid` with the first of these that names a record
/// which is not there.
void check_movies(RecordSession& session, const RecordDialect& dialect, std::span<const sdk::NewDownload> downloads);

}  // namespace quarry::storage_sql
