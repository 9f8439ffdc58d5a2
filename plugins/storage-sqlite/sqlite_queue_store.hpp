// SPDX-License-Identifier: MIT
// quarry.queue_store/1 in one SQLite file. What it promises beyond the interface stands in README.md.
#pragma once

#include "commit_queue.hpp"
#include "file_guard.hpp"
#include "reader.hpp"
#include "writer.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/plugin.hpp>
#include <storage-sql/pool.hpp>

#include <functional>
#include <memory>
#include <string>

namespace quarry::storage_sqlite {

struct Options {
  std::string file;  ///< see file_of()
  Synchronous synchronous = Synchronous::full;
  std::size_t readers = 2;
};

/// The JSON Schema of the configuration.
extern const char kConfigSchema[];

class SqliteQueueStore final : public sdk::Plugin<sdk::QueueStore> {
 public:
  /// Touches no file before open(). Throws sdk::Error(invalid) for an unusable path.
  SqliteQueueStore(sdk::HostServices& services, const sdk::Config& config);

  sdk::Status open(sdk::CallContext& ctx) noexcept override;
  sdk::Status enqueue(sdk::CallContext& ctx, std::span<const sdk::NewDownload> items,
                      sdk::OutcomeSink& outcomes) noexcept override;
  sdk::Status claim(sdk::CallContext& ctx, const sdk::ClaimRequest& request, sdk::DownloadSink& rows) noexcept override;
  sdk::Status heartbeat(sdk::CallContext& ctx, std::string_view owner, std::int64_t lease_ms,
                        std::span<const sdk::LeaseRef> leases, sdk::OutcomeSink& outcomes) noexcept override;
  sdk::Status record_intent(sdk::CallContext& ctx, const sdk::Intent& intent,
                            sdk::OutcomeSink& outcome) noexcept override;
  sdk::Status metainfo(sdk::CallContext& ctx, std::int64_t id, sdk::ByteSink& bytes) noexcept override;
  sdk::Status transition(sdk::CallContext& ctx, std::span<const sdk::Transition> changes,
                         sdk::OutcomeSink& outcomes) noexcept override;
  sdk::Status edit(sdk::CallContext& ctx, const sdk::Edit& edit, sdk::OutcomeSink& outcome) noexcept override;
  sdk::Status rescue(sdk::CallContext& ctx, std::string_view command_id, std::string_view owner, std::int32_t limit,
                     sdk::DownloadSink& rows) noexcept override;
  sdk::Status record_progress(sdk::CallContext& ctx, std::span<const sdk::Progress> items,
                              sdk::OutcomeSink& outcomes) noexcept override;
  sdk::Status find(sdk::CallContext& ctx, const sdk::FindRequest& request, sdk::DownloadSink& row) noexcept override;
  sdk::Status list(sdk::CallContext& ctx, const sdk::ListRequest& request, sdk::DownloadSink& rows,
                   std::int64_t& total) noexcept override;
  sdk::Status set_lane(sdk::CallContext& ctx, const sdk::LaneSettings& settings) noexcept override;
  sdk::Status stats(sdk::CallContext& ctx, std::string_view lane, sdk::Stats& out) noexcept override;
  sdk::Status events_since(sdk::CallContext& ctx, std::int64_t after, std::int32_t limit,
                           sdk::EventSink& events) noexcept override;
  sdk::Status prune(sdk::CallContext& ctx, std::uint32_t states, std::int64_t before_ms, std::int32_t limit,
                    std::int64_t& removed) noexcept override;
  sdk::Status take_duty(sdk::CallContext& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept override;

  // For what else lives in the file. As in the queue's own methods, exceptions of SQLite come out. [thread-safe]

  /// Throws sdk::Error(invalid) when the file is not open.
  void check_open() const { static_cast<void>(opened()); }
  /// Runs `work` in the line of writers, see CommitQueue::run().
  void write_with(sdk::CallContext& ctx, std::size_t rows, const std::function<void(Connection&)>& work);
  /// Throws sdk::Error with kMaybeApplied when a commit is not known to have failed.
  void check_known(bool known) const;
  /// Runs `look` on a connection that reads, until the time of `ctx` is over.
  void read_with(sdk::CallContext& ctx, const std::function<void(Connection&)>& look);
  [[nodiscard]] const sdk::Clock& clock() const noexcept { return clock_; }
  [[nodiscard]] const std::string& file() const noexcept { return options_.file; }

  /// Transactions begun since open(), for tests and figures. [thread-safe]
  [[nodiscard]] std::int64_t transactions() const;

 private:
  /// What exists while the file is open, in the order in which it is made.
  struct Opened {
    explicit Opened(const Options& options);
    FileGuard guard;
    Connection connection;
    Writer writer;
    CommitQueue commits;
    storage_sql::Pool<Reader> readers;
  };

  [[nodiscard]] Opened& opened() const;
  /// Runs `command(writer, item, now)` for each item, commits, and gives the outcomes to the sink.
  template <class Item, class Command>
  void write_each(sdk::CallContext& ctx, std::span<const Item> items, sdk::OutcomeSink& outcomes,
                  const Command& command);
  /// The same for `command(writer, now)`, which answers rows.
  template <class Command>
  void write_rows(sdk::CallContext& ctx, std::int32_t at_most, sdk::DownloadSink& rows, const Command& command);
  /// As sdk::guard, with the failures of SQLite explained.
  template <class Body>
  sdk::Status guarded(sdk::CallContext& ctx, const Body& body) noexcept;

  /// Throws `invalid` with a sentence when one of the items names a film that is not there.
  void explain_missing_movie(sdk::CallContext& ctx, std::span<const sdk::NewDownload> items);

  Options options_;
  const sdk::Clock& clock_;
  std::unique_ptr<Opened> opened_;
};

}  // namespace quarry::storage_sqlite
